/**
 * The project's one source of chance: a small seeded generator, so that a run is a function of its seed.
 * The same seed gives the same numbers on every machine; `Math.random` is used nowhere.
 */

/**
 * One step of splitmix32: a counter goes in, a well-mixed 32-bit number comes out. Neighbouring seeds give unrelated
 * numbers, which is what makes it fit to fill the state of another generator.
 */
function splitmix32(counter: number): number {
  let z = counter | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/** The golden ratio of 2³², splitmix's increment. */
const GOLDEN = 0x9e3779b9;

/** sfc32 (C. Doty-Humphrey, PractRand): 128 bits of state, a counter in it bounds the period from below by 2³². */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** @param seed an integer; only its low 32 bits count. */
  constructor(seed: number) {
    this.a = splitmix32(seed + GOLDEN);
    this.b = splitmix32(seed + 2 * GOLDEN);
    this.c = splitmix32(seed + 3 * GOLDEN);
    for (let step = 0; step < 12; step++) this.uint32();
  }

  /** A whole number from 0 to 2³² − 1. */
  uint32(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number in [0, 1), one of 2³² equally likely ones. */
  next(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** A whole number in [0, n), for n from 1 to 2³². */
  integer(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A standard normal number (Box and Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }

  /** One of the items, each equally likely. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)];
  }

  /** One of the items, each as likely as its weight, which is not negative and need not be normalised. */
  weighted<T>(items: readonly T[], weights: readonly number[]): T {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let left = this.next() * total;
    for (let i = 0; i < items.length - 1; i++) {
      left -= weights[i];
      if (left < 0) return items[i];
    }
    return items[items.length - 1];
  }

  /** A new array with the items in random order (Fisher and Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
    }
    return shuffled;
  }

  /** A generator for one purpose: from here on, neither its draws nor this one's change with how much the other draws. */
  fork(purpose: string): Random {
    let hash = this.uint32();
    for (const character of purpose)
      hash = splitmix32((hash ^ (character.codePointAt(0) as number)) + GOLDEN);
    return new Random(hash);
  }
}
