/**
 * AdamW with clipping by the global norm (Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization").
 *
 * Parameters, gradients and moments live in one WebAssembly memory, where the engine reads and writes them and the
 * compiled loops (assembly/adamw.ts) update them in place. Embedding tables get gradients only for the rows that a
 * batch looked up; a row that was not is brought up to date when it is next needed, by doing then, bit for bit, what
 * each step in between would have done to it.
 */
import type { Arrays } from '../engine/engine';
import { InputError } from '../errors';
import { copyParameters, isDecayed, type Parameter, type Parameters } from '../model/parameters';
import type { Lookup } from '../model/token-classifier';
import { ADAMW_WASM } from './adamw-wasm';
import { instantiate, MAX_PAGES, PAGE } from './wasm';

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** λ, on all parameters but biases and LayerNorm. */
  readonly weightDecay: number;
  /** The gradients' global norm is scaled down to this. */
  readonly maxNorm: number;
}

export const ADAMW_DEFAULTS: AdamWOptions = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  maxNorm: 1,
};

/** What the optimizer must remember besides the parameters to go on as if never stopped. */
export interface OptimizerState {
  readonly steps: number;
  readonly firstMoments: Parameters;
  readonly secondMoments: Parameters;
}

interface AdamWLoops {
  sumOfSquares(x: number, count: number): number;
  accumulate(target: number, source: number, count: number): void;
  adamw(
    p: number,
    g: number,
    m: number,
    v: number,
    count: number,
    scale: number,
    decay: number,
    rate: number,
    correction: number,
    beta1: number,
    beta2: number,
    epsilon: number,
  ): void;
  adamwIdle(
    p: number,
    m: number,
    v: number,
    count: number,
    steps: number,
    stepCount: number,
    beta1: number,
    beta2: number,
    epsilon: number,
  ): void;
}

/** Addresses, in bytes, of one parameter's numbers. */
interface Slot {
  readonly shape: readonly number[];
  readonly size: number;
  readonly decayed: boolean;
  readonly p: number;
  readonly m: number;
  readonly v: number;
  readonly g: number;
  /** Where the engine writes a further part's gradient before it is added; 0 for tables, and where there is one part. */
  readonly part: number;
  /** Of a table: where the rows that a batch looks up are put together for the engine. */
  readonly rows: number;
  /** Of a table: the last step that each row has seen. */
  readonly rowSteps?: Int32Array;
}

/** Vectors are aligned to their size. */
const ALIGNMENT = 16;
/** Steps that an unused row may lag behind; then all rows are brought up to date at once. */
const MAX_LAG = 1024;
/** decay, rate, correction: see assembly/adamw.ts. */
const STEP_FLOATS = 3;
/** PyTorch's guard against a division by zero when it clips. */
const CLIP_EPSILON = 1e-6;

export class AdamW {
  /** Live views of the parameters; tables are up to date only after `flush`. */
  readonly parameters: Parameters;
  private readonly loops: AdamWLoops;
  private readonly slots: ReadonlyMap<string, Slot>;
  private readonly floats: Float32Array;
  private readonly stepLog: number;
  private steps = 0;
  /** What the parts of the present step have looked up so far, in the order in which their gradients stand. */
  private collected: (readonly Lookup[])[] = [];
  /** The first step that the log holds; rows never lag behind it. */
  private logStart = 0;

  /**
   * @param initial copied; the caller's arrays are not changed
   * @param tables for each embedding table the most rows that the parts of one batch look up together
   * @param accumulates whether a step may add up the gradients of several parts of a batch
   * @throws InputError where the parameters with their moments do not fit into a WebAssembly memory (4 GiB)
   */
  constructor(
    initial: Parameters,
    tables: Readonly<Record<string, number>>,
    private readonly options: AdamWOptions = ADAMW_DEFAULTS,
    accumulates = false,
  ) {
    let next = ALIGNMENT;
    const allocate = (count: number): number => {
      const address = next;
      next += Math.ceil((count * 4) / ALIGNMENT) * ALIGNMENT;
      return address;
    };
    this.stepLog = allocate(MAX_LAG * STEP_FLOATS);
    this.slots = new Map(
      Object.entries(initial).map(([name, { shape, values }]) => {
        const size = values.length;
        const gradientSize = name in tables ? tables[name] * shape[1] : size;
        const rowSteps = name in tables ? new Int32Array(shape[0]) : undefined;
        const addresses = {
          p: allocate(size),
          m: allocate(size),
          v: allocate(size),
          g: allocate(gradientSize),
          part: accumulates && !rowSteps ? allocate(size) : 0,
          rows: rowSteps ? allocate(gradientSize) : 0,
        };
        return [name, { shape, size, decayed: isDecayed(name), rowSteps, ...addresses }];
      }),
    );
    const pages = Math.ceil(next / PAGE);
    if (pages > MAX_PAGES)
      throw new InputError(
        `the model needs ${(next / 2 ** 30).toFixed(1)} GiB to be trained, more than the 4 GiB that WebAssembly addresses`,
      );
    const memory = new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES });
    this.loops = instantiate(ADAMW_WASM, memory);
    this.floats = new Float32Array(memory.buffer);
    this.parameters = this.views(slot => slot.p);
    for (const [name, { values }] of Object.entries(initial)) this.parameters[name].values.set(values);
  }

  /**
   * What a program reads for a batch: the parameters, and of tables the rows that it looks up, brought to the present.
   * The rows stand until the next call, which writes over them.
   */
  variables(lookups: readonly Lookup[]): Arrays {
    const rows = lookups.map(({ table, ids }): [string, Parameter] => {
      const slot = this.slots.get(table)!;
      const width = slot.shape[1];
      let target = slot.rows / 4;
      for (const row of ids) {
        this.catchUp(slot, row);
        const source = slot.p / 4 + row * width;
        this.floats.copyWithin(target, source, source + width);
        target += width;
      }
      return [table, { shape: [ids.length, width], values: this.view(slot.rows, ids.length * width) }];
    });
    return { ...this.parameters, ...Object.fromEntries(rows) };
  }

  /** Brings every parameter to the present. Call it before the model is evaluated or saved. */
  flush(): void {
    for (const slot of this.slots.values()) {
      if (!slot.rowSteps) continue;
      for (let row = 0; row < slot.rowSteps.length; row++) this.catchUp(slot, row);
    }
    this.logStart = this.steps;
  }

  /**
   * Where the engine writes the gradients of a batch, or of the next part of one: whole parameters, and of tables the
   * rows looked up.
   */
  gradients(lookups: readonly Lookup[]): Record<string, Float32Array> {
    const rows = new Map(lookups.map(({ table, ids }) => [table, ids.length]));
    return Object.fromEntries(
      [...this.slots].map(([name, slot]) => {
        if (!slot.rowSteps)
          return [name, this.view(this.collected.length > 0 ? slot.part : slot.g, slot.size)];
        const start = this.collectedRows(name) * slot.shape[1];
        return [name, this.view(slot.g + 4 * start, (rows.get(name) ?? 0) * slot.shape[1])];
      }),
    );
  }

  /** Adds the gradients that stand in `gradients(lookups)` to those of this step's earlier parts. */
  accumulate(lookups: readonly Lookup[]): void {
    if (this.collected.length > 0)
      for (const slot of this.slots.values())
        if (!slot.rowSteps) this.loops.accumulate(slot.g, slot.part, slot.size);
    this.collected.push(lookups);
  }

  /** Rows of a table that the parts so far have looked up. */
  private collectedRows(name: string): number {
    return this.collected
      .flat()
      .reduce((sum, { table, ids }) => (table === name ? sum + ids.length : sum), 0);
  }

  /**
   * Updates the parameters by the gradients that stand in `gradients(lookups)` and those accumulated before.
   * @param learningRate of this step
   * @returns the gradients' global norm before clipping; where it is not finite, nothing was updated
   */
  step(lookups: readonly Lookup[], learningRate: number): number {
    if (this.steps - this.logStart === MAX_LAG) this.flush();
    this.accumulate(lookups);
    const tables = new Set(lookups.map(({ table }) => table));
    const rows = new Map([...tables].map(table => [table, this.uniteRows(table)]));
    this.collected = [];
    let squares = 0;
    for (const [name, slot] of this.slots) {
      if (!slot.rowSteps) squares += this.loops.sumOfSquares(slot.g, slot.size);
      for (const { gradient } of rows.get(name) ?? [])
        squares += this.loops.sumOfSquares(gradient, slot.shape[1]);
    }
    const norm = Math.sqrt(squares);
    const { beta1, beta2, epsilon, weightDecay, maxNorm } = this.options;
    if (!Number.isFinite(norm)) return norm;
    const scale = Math.min(1, maxNorm / (norm + CLIP_EPSILON));

    this.steps++;
    const rate = learningRate / (1 - beta1 ** this.steps);
    const correction = 1 / Math.sqrt(1 - beta2 ** this.steps);
    const decay = 1 - learningRate * weightDecay;
    this.floats.set([decay, rate, correction], this.logAddress(this.steps) / 4);
    for (const [name, slot] of this.slots) {
      const update = (offset: number, gradient: number, count: number) =>
        this.loops.adamw(
          slot.p + offset,
          gradient,
          slot.m + offset,
          slot.v + offset,
          count,
          scale,
          slot.decayed ? decay : 1,
          rate,
          correction,
          beta1,
          beta2,
          epsilon,
        );
      if (!slot.rowSteps) update(0, slot.g, slot.size);
      for (const { row, gradient } of rows.get(name) ?? []) {
        update(row * slot.shape[1] * 4, gradient, slot.shape[1]);
        slot.rowSteps![row] = this.steps;
      }
    }
    return norm;
  }

  /** A copy of what a later `restore` needs; brings every parameter to the present first. */
  state(): OptimizerState {
    this.flush();
    return {
      steps: this.steps,
      firstMoments: copyParameters(this.views(slot => slot.m)),
      secondMoments: copyParameters(this.views(slot => slot.v)),
    };
  }

  /** Goes on from a state that an optimizer of the same model gave; its parameters are set through the constructor. */
  restore({ steps, firstMoments, secondMoments }: OptimizerState): void {
    this.steps = steps;
    this.logStart = steps;
    for (const [name, slot] of this.slots) {
      this.view(slot.m, slot.size).set(firstMoments[name].values);
      this.view(slot.v, slot.size).set(secondMoments[name].values);
      slot.rowSteps?.fill(steps);
    }
  }

  /** Adds up the gradients of a row that was looked up more than once; rows in ascending order. */
  private uniteRows(table: string): { row: number; gradient: number }[] {
    const { g, shape } = this.slots.get(table)!;
    const first = new Map<number, number>();
    let source = g;
    for (const lookup of this.collected.flat()) {
      if (lookup.table !== table) continue;
      for (const row of lookup.ids) {
        const target = first.get(row);
        if (target === undefined) first.set(row, source);
        else this.loops.accumulate(target, source, shape[1]);
        source += shape[1] * 4;
      }
    }
    return [...first].sort(([a], [b]) => a - b).map(([row, gradient]) => ({ row, gradient }));
  }

  private catchUp(slot: Slot, row: number): void {
    const seen = slot.rowSteps![row];
    if (seen === this.steps) return;
    const { beta1, beta2, epsilon } = this.options;
    const offset = row * slot.shape[1] * 4;
    this.loops.adamwIdle(
      slot.p + offset,
      slot.m + offset,
      slot.v + offset,
      slot.shape[1],
      this.logAddress(seen + 1),
      this.steps - seen,
      beta1,
      beta2,
      epsilon,
    );
    slot.rowSteps![row] = this.steps;
  }

  /** Where the log keeps a step after `logStart`. */
  private logAddress(step: number): number {
    return this.stepLog + (step - this.logStart - 1) * STEP_FLOATS * 4;
  }

  private views(addressOf: (slot: Slot) => number): Record<string, Parameter> {
    return Object.fromEntries(
      [...this.slots].map(([name, slot]) => [
        name,
        { shape: slot.shape, values: this.view(addressOf(slot), slot.size) },
      ]),
    );
  }

  private view(address: number, count: number): Float32Array {
    return this.floats.subarray(address / 4, address / 4 + count);
  }
}
