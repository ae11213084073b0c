/** Reads '21-2f 3a a1' (hexadecimal, ascending) into a test of membership. */
export function codePointTest(ranges: string): (code: number) => boolean {
  const bounds = ranges.split(' ').map((range) => range.split('-').map((hex) => parseInt(hex, 16)));
  const bmp = new Uint8Array(0x10000);
  const astral: number[][] = [];
  for (const [first, last = first] of bounds) {
    if (first < 0x10000) bmp.fill(1, first, last + 1);
    else astral.push([first, last]);
  }
  return (code) =>
    code < 0x10000 ? bmp[code] === 1 : astral.some(([first, last]) => code >= first && code <= last);
}
