// For the tests: the trainer in a browser that stores nothing for this page.
import { startTrainer } from './start-trainer.ts';

IDBFactory.prototype.open = () => {
  throw new DOMException('access is denied for this document', 'SecurityError');
};
await startTrainer();
