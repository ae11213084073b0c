import type { Progress } from '../training/train.ts';

const WIDTH = 24;

export interface ProgressBar {
  draw(progress: Progress, loss: number): void;
  /** A line of its own above the bar. */
  line(text: string): void;
}

/** A bar that redraws itself on a terminal; elsewhere (a log file) one line per twentieth of the run. */
export function progressBar(out: { write(text: string): unknown; isTTY?: boolean }): ProgressBar {
  let twentieth = -1;
  return {
    draw(progress, loss) {
      const text = barText(progress, loss);
      if (out.isTTY) {
        out.write(`\r\x1b[K${text}`);
        return;
      }
      const now = Math.floor((20 * progress.step) / progress.totalSteps);
      if (now !== twentieth) out.write(`${text}\n`);
      twentieth = now;
    },
    line(text) {
      out.write(out.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`);
    },
  };
}

/** A bar for bytes that redraws itself on a terminal; elsewhere one line per file. */
export function downloadBar(out: { write(text: string): unknown; isTTY?: boolean }) {
  let told = '';
  return {
    draw(file: string, loaded: number, total: number | null) {
      if (out.isTTY) out.write(`\r\x1b[K${downloadText(file, loaded, total)}`);
      else if (file !== told) out.write(`Downloading ${file}\n`);
      told = file;
    },
    end() {
      if (out.isTTY && told !== '') out.write('\r\x1b[K');
    },
  };
}

export function downloadText(file: string, loaded: number, total: number | null): string {
  const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  if (total === null || total === 0) return `${megabytes(loaded)} MB  ${file}`;
  const full = Math.min(WIDTH, Math.round((WIDTH * loaded) / total));
  return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${megabytes(loaded)}/${megabytes(total)} MB  ${file}`;
}

export function barText(
  { step, totalSteps, examplesPerSecond, secondsLeft }: Progress,
  loss: number,
): string {
  const full = Math.round((WIDTH * step) / totalSteps);
  const left = Math.round(secondsLeft);
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  const bar = '█'.repeat(full) + '░'.repeat(WIDTH - full);
  return `${bar} ${step}/${totalSteps}  loss ${loss.toFixed(4)}  ${examplesPerSecond.toFixed(1)} examples/s  ${clock} left`;
}
