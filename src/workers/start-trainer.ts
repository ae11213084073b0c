/** For the tests: starts the trainer in a worker that has changed its browser before. What it is asked meanwhile waits. */
export async function startTrainer(): Promise<void> {
  const asked: MessageEvent[] = [];
  const keep = (event: MessageEvent) => void asked.push(event);
  self.addEventListener('message', keep);
  await import('./trainer.worker.ts');
  self.removeEventListener('message', keep);
  for (const { data, ports } of asked) {
    self.dispatchEvent(new MessageEvent('message', { data, ports: [...ports] }));
  }
}
