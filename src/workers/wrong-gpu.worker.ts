// For the tests: the trainer on a GPU that computes wrong numbers and reports no error, as a driver may: those of our kernels, or (by the worker's name
// `all`) those of TensorFlow.js too.
import { startTrainer } from './start-trainer.ts';

const { prototype } = GPUDevice;
const { createShaderModule } = prototype;

prototype.createShaderModule = function (descriptor) {
  let code = descriptor.code.replace('state.loss += loss;', 'state.loss += 1.1 * loss;');
  if (self.name === 'all') code = code.replace(/\b(sqrt|inverseSqrt)\(/g, '1.1 * $1(');
  return createShaderModule.call(this, { ...descriptor, code });
};
await startTrainer();
