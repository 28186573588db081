/**
 * Dropout without a random-number state: whether an element is kept is a hash of (run seed, step, place, element), so a
 * mask can be drawn in any order, and again after a resumed run, always with the same bits and for every engine.
 */
import type { Arrays } from '../engine/engine';
import { sizeOf } from '../engine/engine';
import { InputError } from '../errors';
import type { DropoutPlace } from '../model/token-classifier';
import { DROPOUT_WASM } from './dropout-wasm';
import { instantiate, MAX_PAGES, PAGE } from './wasm';

/** As in assembly/dropout.ts. */
const GOLDEN = 0x9e3779b1;
const MIX_1 = 0x21f0aaad;
const MIX_2 = 0x735a2d97;
/** The loop writes four floats at a time. */
const ALIGNMENT = 16;

/** Mixes 32 bits: every bit of the result depends on every bit of `x`. */
function mix(x: number): number {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), MIX_1);
  h = Math.imul(h ^ (h >>> 15), MIX_2);
  return (h ^ (h >>> 15)) >>> 0;
}

/** What the mask of one place (counted from 0) at one step is drawn from; 32 bits. */
export function dropoutKey(seed: number, step: number, place: number): number {
  return mix(mix(mix(seed) + step) + Math.imul(place + 1, GOLDEN));
}

interface DropoutLoops {
  dropoutMask(mask: number, count: number, key: number, threshold: number, kept: number): void;
}

/** Draws masks into a memory of its own. */
export class DropoutMasks {
  private readonly memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES });
  private readonly loops = instantiate<DropoutLoops>(DROPOUT_WASM, this.memory);

  /**
   * A mask for each place: 0 with the probability `rate` of the place, else 1 / (1 − rate).
   * They stand until the next draw, which writes over them.
   */
  draw(places: readonly DropoutPlace[], { seed, step }: { seed: number; step: number }): Arrays {
    const starts: number[] = [];
    let end = 0;
    for (const { shape } of places) {
      starts.push(end);
      end += Math.ceil((sizeOf(shape) * 4) / ALIGNMENT) * ALIGNMENT;
    }
    if (end > MAX_PAGES * PAGE)
      throw new InputError(
        `the dropout masks of a step take ${(end / 2 ** 30).toFixed(1)} GiB, more than the 4 that there can be: expected a smaller batch, or --accumulation, which computes it in parts`,
      );
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / PAGE);
    if (missing > 0) this.memory.grow(missing);
    return Object.fromEntries(
      places.map(({ name, shape, rate }, place) => {
        const count = sizeOf(shape);
        const threshold = Math.round(rate * 2 ** 32);
        this.loops.dropoutMask(
          starts[place],
          count,
          dropoutKey(seed, step, place),
          threshold,
          1 / (1 - rate),
        );
        return [name, { shape, values: new Float32Array(this.memory.buffer, starts[place], count) }];
      }),
    );
  }
}
