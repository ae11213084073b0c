/** Collects the checks of a parity run: one line each with the figure measured and its bound. */
export class Report {
  passed = 0;
  failed = 0;

  constructor(private readonly print: (line: string) => void) {}

  /** Passes when the figure is a number and at most the bound. */
  atMost(name: string, figure: number, bound: number): void {
    this.line(figure <= bound, name, `${figure.toExponential(2)} (bound ${bound.toExponential(0)})`);
  }

  /** Passes when every case is equal; `firstBad` says where the first difference is. */
  allEqual(name: string, equal: number, total: number, firstBad = ''): void {
    const detail = equal < total && firstBad ? `; first difference: ${firstBad}` : '';
    this.line(total > 0 && equal === total, name, `${equal} of ${total} equal${detail}`);
  }

  that(name: string, ok: boolean, detail: string): void {
    this.line(ok, name, detail);
  }

  /** A part that the folder does not hold, or a file of no known part: named, neither passed nor failed. */
  note(text: string): void {
    this.print(`      ${text}`);
  }

  private line(ok: boolean, name: string, detail: string) {
    if (ok) this.passed++;
    else this.failed++;
    this.print(`${ok ? 'pass' : 'FAIL'}  ${name}: ${detail}`);
  }
}

/** Counts equal cases and remembers the first one that differs. */
export class Tally {
  equal = 0;
  total = 0;
  firstBad = '';

  add(ok: boolean, where: string): void {
    this.total++;
    if (ok) this.equal++;
    else if (this.firstBad === '') this.firstBad = where;
  }

  into(report: Report, name: string): void {
    report.allEqual(name, this.equal, this.total, this.firstBad);
  }
}
