/**
 * The Mersenne Twister as torch.Generator (CPU) uses it, so that data orders equal PyTorch's for the same seed.
 * Matsumoto & Nishimura 1998; torch: aten/src/ATen/core/MT19937RNGEngine.h.
 */
export class Mt19937 {
  private readonly words = new Uint32Array(624);
  private next = 624;

  constructor(seed: number) {
    this.words[0] = seed >>> 0;
    for (let i = 1; i < 624; i++) {
      const previous = this.words[i - 1] ^ (this.words[i - 1] >>> 30);
      this.words[i] = Math.imul(1812433253, previous) + i;
    }
  }

  /** Next 32-bit unsigned integer. */
  uint32(): number {
    if (this.next === 624) this.refill();
    let y = this.words[this.next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** Uniform in [0, 1) with 53 bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    return (high * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  /** Standard normal (Box-Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  private refill() {
    const w = this.words;
    for (let i = 0; i < 624; i++) {
      const y = (w[i] & 0x80000000) | (w[(i + 1) % 624] & 0x7fffffff);
      w[i] = w[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.next = 0;
  }
}

/** torch.randperm(n, generator=Generator().manual_seed(seed)) on the CPU. */
export function randperm(n: number, seed: number): Int32Array {
  const generator = new Mt19937(seed);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = 0; i < n - 1; i++) {
    const j = i + (generator.uint32() % (n - i));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
