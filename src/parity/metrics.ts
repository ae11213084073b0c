import { score } from '../squad/metrics.ts';
import { readJson } from './golden-folder.ts';
import type { Report } from './report.ts';
import type { Sources } from './sources.ts';

interface MetricCase {
  prediction: string;
  answers: string[];
  seed_correct: boolean;
  jglue_em: number;
  jglue_f1: number;
  squad_v1_em: number;
  squad_v1_f1: number;
  squad_v2_em: number;
  squad_v2_f1: number;
}

/** metrics.json: every score of every case. */
export async function checkMetrics({ folder }: Sources, report: Report): Promise<void> {
  const cases = await readJson<MetricCase[]>(folder, 'metrics.json');
  const worst = { jglue: 0, squad_v1: 0, squad_v2: 0 };
  let seedEqual = 0;
  for (const golden of cases) {
    const found = score(golden.prediction, golden.answers);
    seedEqual += Number(found.seed_correct === golden.seed_correct);
    for (const metric of ['jglue', 'squad_v1', 'squad_v2'] as const) {
      const em = Math.abs(found[metric].em - golden[`${metric}_em`]);
      const f1 = Math.abs(found[metric].f1 - golden[`${metric}_f1`]);
      worst[metric] = Math.max(worst[metric], em, f1);
    }
  }
  report.allEqual('metrics seed_correct', seedEqual, cases.length);
  for (const [metric, error] of Object.entries(worst)) report.atMost(`metrics ${metric}`, error, 1e-9);
}
