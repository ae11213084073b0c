// For the tests: the trainer on a GPU that is lost whenever a test says so.
const { prototype } = GPUAdapter;
const { requestDevice } = prototype;
let newest: GPUDevice | null = null;
prototype.requestDevice = async function (...options) {
  newest = await requestDevice.apply(this, options);
  return newest;
};
new BroadcastChannel('lose-gpu').addEventListener('message', () => newest?.destroy());
const messages: MessageEvent[] = [];
const keep = (event: MessageEvent) => void messages.push(event);
self.addEventListener('message', keep);
await import('./trainer.worker.ts');
self.removeEventListener('message', keep);
for (const { data, ports } of messages) {
  self.dispatchEvent(new MessageEvent('message', { data, ports: [...ports] }));
}
export {};
