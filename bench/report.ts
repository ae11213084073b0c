import type { MemoryPlan } from '../src/engine/memory.ts';
import type { BaseStep } from './base-step.ts';
import type { PytorchMeasure } from './pytorch.ts';
import type { ShapeMeasure, Skipped } from './shape.ts';
import type { SizeName } from './sizes.ts';

export interface PlanFigures extends MemoryPlan {
  dispatches: number;
  necessary_flops: number;
  executed_flops: number;
  /** executed / necessary. */
  flops_ratio: number;
}

export interface ShapeReport extends ShapeMeasure {
  size: SizeName;
  B: number;
  N: number;
  plan: PlanFigures;
  pytorch: PytorchMeasure | Skipped;
  /** --full, base: one step executed and compared with the composed form. */
  step: BaseStep | null;
}

const MIB = 2 ** 20;

/** One row per shape; "-" is not measured, never estimated. */
export function printTable(reports: readonly ShapeReport[]): void {
  const rows = reports.map((report) => {
    const { plan, kernels, composed, pytorch } = report;
    const { executed, recorded } = kernels;
    const faster = (other: { step_ms: number } | Skipped) =>
      executed && 'step_ms' in other ? (other.step_ms / executed.step_ms).toFixed(2) : '-';
    const time = (other: { step_ms: number } | Skipped | null) =>
      other && 'step_ms' in other ? other.step_ms.toFixed(1) : '-';
    return {
      shape: `${report.size} ${report.B} x ${report.N}`,
      step: executed ? 'executed' : 'recorded',
      'kernels ms': time(executed),
      'examples/s': executed?.examples_per_s.toPrecision(3) ?? '-',
      'tfjs ms': time(composed),
      'x faster': faster(composed),
      'torch ms': time(pytorch),
      'x torch': faster(pytorch),
      'dispatches/passes/submits': `${recorded.dispatches}/${recorded.passes}/${recorded.submits}`,
      pieces: kernels.pieces?.pieces.toFixed(1) ?? '-',
      'longest ms': kernels.pieces?.longestMs.toFixed(0) ?? '-',
      'cut longest': kernels.pieces?.longestCutMs.toFixed(0) ?? '-',
      'JS ms': executed?.js_ms.toFixed(2) ?? '-',
      'no submit': kernels.js_without_submit_ms.toFixed(2),
      fastest: kernels.js_without_submit_fastest_ms.toFixed(2),
      'peak MiB': (kernels.peak_bytes / MIB).toFixed(1),
      'of plan': (kernels.peak_bytes / plan.total).toFixed(4),
      'binding MiB': (plan.largestBinding / MIB).toFixed(1),
      'FLOP ratio': plan.flops_ratio.toFixed(4),
      'new buffers/pipelines': `${kernels.buffers_after_second_step}/${kernels.pipelines_after_second_step}`,
    };
  });
  console.log('\nB x N; step: executed, or recorded (everything but the kernels themselves)\n');
  print(rows);
  for (const { size, B, N, composed, pytorch } of reports) {
    for (const [name, other] of Object.entries({ tfjs: composed, torch: pytorch })) {
      if ('skipped' in other) console.log(`${size} ${B} x ${N}, no ${name}: ${other.skipped}`);
    }
  }
}

/** The kinds of dispatch that take most of an executed step, and how the step of --full agrees with the composed form. */
export function printKernels(reports: readonly ShapeReport[]): void {
  for (const { size, B, N, kernels, step } of reports) {
    if (kernels.kinds.length > 0) {
      console.log(`\n${size} ${B} x ${N}: time by kind of dispatch\n`);
      print(
        kernels.kinds.slice(0, 16).map(({ label, calls, ms, share, gflops }) => ({
          kernel: label,
          calls,
          ms: ms.toFixed(2),
          share: `${(100 * share).toFixed(1)} %`,
          GFLOPS: gflops?.toPrecision(3) ?? '-',
        })),
      );
    }
    if (step) {
      const { first_step_ms, loss, grad_norm, loss_error, grad_norm_error, layers } = step;
      console.log(`\n${size} ${B} x ${N}: one step executed in ${(first_step_ms / 1000).toFixed(1)} s,`);
      console.log(`loss ${loss} (${loss_error.toExponential(1)} from the composed form),`);
      console.log(`gradient norm ${grad_norm} (${grad_norm_error.toExponential(1)});`);
      console.log("gradients against the composed form, of the part's largest:\n");
      print(layers.map(({ part, error }) => ({ part, error: error.toExponential(1) })));
    }
  }
}

export function print(rows: readonly Record<string, string | number>[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const widths = columns.map((name) => Math.max(name.length, ...rows.map((row) => String(row[name]).length)));
  const line = (cells: readonly string[]) =>
    console.log(`| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`);
  line(columns);
  line(widths.map((width) => '-'.repeat(width)));
  for (const row of rows) line(columns.map((name) => String(row[name])));
}
