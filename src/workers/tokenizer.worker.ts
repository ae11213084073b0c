import { expose } from 'comlink';
import { answerCeiling } from '../answering/ceiling.ts';
import type { Feature } from '../features/feature.ts';
import { notebookFeature, windowFeatures } from '../features/features.ts';
import { describeSquad } from '../squad/describe.ts';
import { readSquadFile } from '../squad/parse.ts';
import { readTokenizer } from '../tokenizer/read.ts';
import { reply, type TokenizerWorker } from './protocol.ts';

const PROGRESS_EVERY = 50;

const worker: TokenizerWorker = {
  readSquad: (file) =>
    reply(async () => {
      const data = await readSquadFile(file);
      return { name: file.name, summary: describeSquad(data), examples: data.examples };
    }),

  prepare: (files, train, evaluation, args, onProgress) =>
    reply(async () => {
      const tokenizer = readTokenizer(files);
      const total = train.length + evaluation.length;
      let done = 0;
      const features = async (examples: typeof train) => {
        const rows: Feature[] = [];
        for (const example of examples) {
          if (args.return_overflowing_tokens) rows.push(...windowFeatures(tokenizer, example, args));
          else rows.push(notebookFeature(tokenizer, example, args));
          if (++done % PROGRESS_EVERY === 0 || done === total) await onProgress(done, total);
        }
        return rows;
      };
      const trainRows = await features(train);
      const evaluationRows = await features(evaluation);
      const first = evaluation.map((example) => notebookFeature(tokenizer, example, args));
      const lengths = trainRows.map((row) => row.inputIds.length);
      return {
        train: trainRows,
        evaluation: evaluationRows,
        evaluationExamples: evaluation,
        ceiling: answerCeiling(first, evaluation),
        lengths: {
          shortest: Math.min(...lengths),
          mean: lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length),
          longest: Math.max(...lengths),
        },
      };
    }),
};

expose(worker);
