// For the tests: the trainer in a browser that stores nothing for this page.
IDBFactory.prototype.open = () => {
  throw new DOMException('access is denied for this document', 'SecurityError');
};
const messages: MessageEvent[] = [];
const keep = (event: MessageEvent) => void messages.push(event);
self.addEventListener('message', keep);
await import('./trainer.worker.ts');
self.removeEventListener('message', keep);
for (const { data, ports } of messages) {
  self.dispatchEvent(new MessageEvent('message', { data, ports: [...ports] }));
}
export {};
