// For the tests: the trainer on a GPU that is lost whenever a test says so.
import { startTrainer } from './start-trainer.ts';

const { prototype } = GPUAdapter;
const { requestDevice } = prototype;
let newest: GPUDevice | null = null;
prototype.requestDevice = async function (...options) {
  newest = await requestDevice.apply(this, options);
  return newest;
};
new BroadcastChannel('lose-gpu').addEventListener('message', () => newest?.destroy());
await startTrainer();
