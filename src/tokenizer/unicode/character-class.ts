/** A test of code points that is asked once about each of the BMP. */
export function characterClass(test: (code: number) => boolean): (code: number) => boolean {
  const known = new Uint8Array(0x10000); // 0: not asked yet, 1: no, 2: yes
  return (code) => {
    if (code >= 0x10000) return test(code);
    if (known[code] === 0) known[code] = test(code) ? 2 : 1;
    return known[code] === 2;
  };
}
