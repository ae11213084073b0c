import { expose } from 'comlink';
import { runOnProcessor } from './processor-run.ts';

expose({ runOnProcessor });
