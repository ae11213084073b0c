import type { LogEntry } from '../../training/state.ts';
import type { Progress } from '../../training/train.ts';

/** What is told of a run by its last step: of one that trains, and of one that was opened. */
export interface RunFigures {
  step: number;
  totalSteps: number;
  epoch: number;
  loss: number | null;
  learningRate: number | null;
  gradNorm: number | null;
}

/** From the newest entries of the log; `progress` is how far a run is that does not train now. */
export function runFigures(
  log: readonly LogEntry[],
  progress: Pick<Progress, 'step' | 'totalSteps' | 'epoch'> | null,
): RunFigures {
  const last = log.findLast(({ loss }) => loss !== undefined);
  return {
    step: progress?.step ?? last?.step ?? 0,
    totalSteps: progress?.totalSteps ?? last?.step ?? 0,
    epoch: progress?.epoch ?? last?.epoch ?? 0,
    loss: last?.loss ?? null,
    learningRate: last?.learning_rate ?? null,
    gradNorm: last?.grad_norm ?? null,
  };
}
