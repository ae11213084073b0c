import type { ExportCheck } from '../../export/check-export.ts';

/** Loss of exact match that is told before saving. */
const MOST_POINTS = 2;
/** The difference of two shares of whole questions is not exact. */
const ROUNDING = 1e-9;

/** By how many points of exact match an ONNX file of a smaller type is below float32; null up to two points, and for float32 itself. */
export function pointsLost({ type, scores }: Pick<ExportCheck, 'type' | 'scores'>): number | null {
  const lost = 100 * (scores.engine.em - scores.onnx.em);
  return type !== 'fp32' && lost > MOST_POINTS + ROUNDING ? lost : null;
}
