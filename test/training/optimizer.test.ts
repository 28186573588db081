/** AdamW against its formulas in double precision, and embedding tables updated by rows against whole ones. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from 'ner-distill/digest';
import type { Lookup } from 'ner-distill/model/token-classifier';
import { Random } from 'ner-distill/random';
import { ADAMW_DEFAULTS, AdamW, type AdamWOptions } from 'ner-distill/training/optimizer';
import { describe, expect, it } from 'vitest';
import { type Floats, normals } from '../engine/fixtures';

const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

/** Names of the parameters whose bits differ. */
function differing(a: AdamW, b: AdamW): string[] {
  return Object.keys(a.parameters).filter(
    name => !bytes(a.parameters[name].values).equals(bytes(b.parameters[name].values)),
  );
}

describe('AdamW', () => {
  /** Loshchilov and Hutter 2019, algorithm 2, in double precision; the gradient is clipped as PyTorch does. */
  function reference(
    initial: Record<string, Floats>,
    steps: { gradients: Record<string, Floats>; lr: number }[],
  ) {
    const { beta1, beta2, epsilon, weightDecay, maxNorm } = ADAMW_DEFAULTS;
    const state = Object.fromEntries(
      Object.entries(initial).map(([name, { values }]) => [
        name,
        {
          p: Float64Array.from(values),
          m: new Float64Array(values.length),
          v: new Float64Array(values.length),
        },
      ]),
    );
    const norms = steps.map(({ gradients, lr }, t) => {
      const norm = Math.hypot(...Object.values(gradients).flatMap(({ values }) => [...values]));
      const scale = Math.min(1, maxNorm / (norm + 1e-6));
      for (const [name, { p, m, v }] of Object.entries(state)) {
        const isDecayed = name.endsWith('dense.weight') || name.endsWith('embeddings.weight');
        gradients[name].values.forEach((raw, i) => {
          const g = raw * scale;
          m[i] = beta1 * m[i] + (1 - beta1) * g;
          v[i] = beta2 * v[i] + (1 - beta2) * g * g;
          const mHat = m[i] / (1 - beta1 ** (t + 1));
          const vHat = v[i] / (1 - beta2 ** (t + 1));
          if (isDecayed) p[i] -= lr * weightDecay * p[i];
          p[i] -= (lr * mHat) / (Math.sqrt(vHat) + epsilon);
        });
      }
      return norm;
    });
    return { state, norms };
  }

  const SHAPES = {
    'bert.embeddings.word_embeddings.weight': [7, 3],
    'layer.dense.weight': [5, 6],
    'layer.dense.bias': [5],
    'layer.LayerNorm.weight': [9],
    'layer.LayerNorm.bias': [9],
    'distilbert.sa_layer_norm.weight': [4],
    'distilbert.sa_layer_norm.bias': [4],
  };
  const draw = (random: Random, scale: number) =>
    Object.fromEntries(Object.entries(SHAPES).map(([name, shape]) => [name, normals(random, shape, scale)]));

  it.each([
    ['clipped', 3],
    ['small enough to be left alone', 0.01],
  ])('does in float what its formulas do in double precision, with gradients %s', (_, scale) => {
    const random = new Random(41);
    const initial = draw(random, 1);
    const steps = Array.from({ length: 6 }, (_, i) => ({
      gradients: draw(random, scale),
      lr: 0.01 / (i + 1),
    }));
    const expected = reference(initial, steps);
    const optimizer = new AdamW(initial, {});
    steps.forEach(({ gradients, lr }, t) => {
      const target = optimizer.gradients([]);
      for (const [name, { values }] of Object.entries(gradients)) target[name].set(values);
      expect(optimizer.step([], lr) / expected.norms[t]).toBeCloseTo(1, 6);
    });
    for (const [name, { p }] of Object.entries(expected.state))
      optimizer.parameters[name].values.forEach((value, i) => {
        expect(Math.abs(value - p[i]), name).toBeLessThan(2e-6);
      });
  });

  it('decays weights apart from their gradients, and neither biases nor LayerNorm', () => {
    const initial = draw(new Random(42), 1);
    const optimizer = new AdamW(initial, {}, { ...ADAMW_DEFAULTS, weightDecay: 0.5 });
    // No gradient at all: only the decay is left, 1 − 0.1 · 0.5.
    optimizer.step([], 0.1);
    for (const [name, { values }] of Object.entries(optimizer.parameters)) {
      const factor = /dense\.weight|embeddings\.weight/.test(name) ? 0.95 : 1;
      values.forEach((value, i) => {
        expect(value, name).toBeCloseTo(initial[name].values[i] * factor, 6);
      });
    }
  });

  it('adds up the gradients of the parts of a batch, rows of tables that several parts look up too', () => {
    const initial = draw(new Random(44), 1);
    const table = 'bert.embeddings.word_embeddings.weight';
    const parts = [
      [0, 3],
      [3, 3],
      [5, 1],
    ].map((ids, seed) => ({
      lookups: [{ table, ids: Int32Array.from(ids) }],
      gradients: {
        ...draw(new Random(45 + seed), 0.01),
        [table]: normals(new Random(48 + seed), [2, 3], 0.01),
      },
    }));
    const inParts = new AdamW(initial, { [table]: 6 }, ADAMW_DEFAULTS, true);
    const whole = new AdamW(initial, {});
    for (const _ of [1, 2, 3]) {
      const sums = whole.gradients([]);
      for (const values of Object.values(sums)) values.fill(0);
      const all = parts.flatMap(({ lookups }) => lookups);
      inParts.variables(all);
      parts.forEach(({ lookups, gradients }, part) => {
        const target = inParts.gradients(lookups);
        for (const [name, { values }] of Object.entries(gradients)) {
          target[name].set(values);
          if (name === table)
            lookups[0].ids.forEach((row, k) => {
              for (let i = 0; i < 3; i++) sums[table][row * 3 + i] += values[k * 3 + i];
            });
          else
            values.forEach((value, i) => {
              sums[name][i] += value;
            });
        }
        if (part < 2) inParts.accumulate(lookups);
      });
      expect(inParts.step(parts[2].lookups, 0.01)).toBeCloseTo(whole.step([], 0.01), 7);
    }
    inParts.flush();
    expect(differing(inParts, whole)).toEqual([]);
  });

  it('copies what it is given', () => {
    const initial = draw(new Random(43), 1);
    const before = draw(new Random(43), 1);
    const optimizer = new AdamW(initial, {});
    optimizer.gradients([])['layer.dense.bias'].fill(1);
    optimizer.step([], 0.1);
    expect(initial).toEqual(before);
  });
});

const TABLE = 'bert.embeddings.word_embeddings.weight';
const DENSE = 'layer.dense.weight';
const ROWS = 40;

/** The same training twice: one optimizer gets the table's gradient by rows, the other as a whole. */
class Twins {
  readonly random = new Random(51);
  readonly initial: Record<string, Floats>;
  sparse: AdamW;
  readonly dense: AdamW;

  constructor(
    readonly width: number,
    private readonly lookupsOfStep: number,
    readonly options: AdamWOptions = ADAMW_DEFAULTS,
  ) {
    this.initial = {
      [TABLE]: normals(this.random, [ROWS, width]),
      [DENSE]: normals(this.random, [3, 5]),
    };
    this.sparse = new AdamW(this.initial, { [TABLE]: lookupsOfStep }, options);
    this.dense = new AdamW(this.initial, {}, options);
  }

  /** One step with gradients for the given rows; a row may be named more than once. */
  step(ids: readonly number[], scale = 1): void {
    const { width } = this;
    const tables: Lookup[] = [{ table: TABLE, ids: Int32Array.from(ids) }];
    const rows = normals(this.random, [ids.length, width], scale).values;
    const other = normals(this.random, [3, 5], scale).values;
    const lr = 0.01 * (1 + this.random.next());

    const { values } = this.sparse.variables(tables)[TABLE];
    for (const [k, id] of ids.entries())
      this.expectPresent(id, values.subarray(k * width, (k + 1) * width) as Float32Array);
    const byRows = this.sparse.gradients(tables);
    byRows[TABLE].set(rows);
    byRows[DENSE].set(other);

    const whole = this.dense.gradients([]);
    whole[TABLE].fill(0);
    ids.forEach((id, k) => {
      for (let i = 0; i < width; i++) whole[TABLE][id * width + i] += rows[k * width + i];
    });
    whole[DENSE].set(other);

    expect(this.sparse.step(tables, lr)).toBeCloseTo(this.dense.step([], lr), 6);
  }

  /** A row that a batch looks up is up to date when the batch reads it. */
  private expectPresent(id: number, row: Float32Array): void {
    const { values } = this.dense.parameters[TABLE];
    const present = values.subarray(id * this.width, (id + 1) * this.width);
    if (!bytes(row).equals(bytes(present))) throw new Error(`row ${id} is not up to date`);
  }

  /** Frequent rows and repetitions, rows now and then, and rows that are never looked up (30 to 39). */
  randomStep(scale?: number): void {
    this.step(
      Array.from({ length: this.lookupsOfStep }, () => this.random.integer(this.random.chance(0.9) ? 5 : 30)),
      scale,
    );
  }
}

describe('a table updated by the rows looked up', () => {
  it.each([
    [8, 1],
    [6, 1],
    [3, 0.01],
  ])('of width %i, with gradients of size %f, equals one updated as a whole, bit for bit', (width, scale) => {
    const twins = new Twins(width, 9);
    for (let i = 0; i < 50; i++) twins.randomStep(scale);
    expect(differing(twins.sparse, twins.dense)).toEqual([TABLE]);
    twins.sparse.flush();
    expect(differing(twins.sparse, twins.dense)).toEqual([]);
  });

  it('equals it too when rows come back after more steps than are remembered', () => {
    const twins = new Twins(6, 3);
    for (let i = 0; i < 20; i++) twins.randomStep();
    twins.step([20, 21, 20]);
    for (let i = 0; i < 1500; i++) twins.step([1]);
    twins.step([20, 1, 39]);
    for (let i = 0; i < 1100; i++) twins.step([2]);
    twins.sparse.flush();
    expect(differing(twins.sparse, twins.dense)).toEqual([]);
  });

  it.each([1023, 1024, 1025])('equals it after exactly %i idle steps', steps => {
    const twins = new Twins(4, 2);
    twins.step([7, 8]);
    for (let i = 0; i < steps; i++) twins.step([1]);
    twins.step([7, 9]);
    twins.sparse.flush();
    expect(differing(twins.sparse, twins.dense)).toEqual([]);
  });

  it('equals it when it is brought to the present in between', () => {
    const twins = new Twins(5, 9);
    for (let i = 0; i < 30; i++) {
      twins.randomStep();
      if (i % 7 === 0) twins.sparse.flush();
    }
    twins.sparse.flush();
    expect(differing(twins.sparse, twins.dense)).toEqual([]);
  });

  it('goes on from a saved state as if it had never stopped', () => {
    const twins = new Twins(6, 9);
    for (let i = 0; i < 25; i++) twins.randomStep();
    const state = twins.sparse.state();
    const parameters = Object.fromEntries(
      Object.entries(twins.sparse.parameters).map(([name, { shape, values }]) => [
        name,
        { shape, values: values.slice() },
      ]),
    );
    twins.randomStep();
    expect(state.steps).toBe(25);

    const resumed = new Twins(6, 9);
    for (let i = 0; i < 25; i++) resumed.randomStep();
    resumed.sparse = new AdamW(parameters, { [TABLE]: 9 });
    resumed.sparse.restore(state);
    for (let i = 0; i < 25; i++) resumed.randomStep();
    for (let i = 1; i < 25; i++) twins.randomStep();
    twins.sparse.flush();
    resumed.sparse.flush();
    expect(differing(resumed.sparse, twins.sparse)).toEqual([]);
    expect(differing(resumed.sparse, resumed.dense)).toEqual([]);
    const [a, b] = [twins.sparse.state(), resumed.sparse.state()];
    expect(b.steps).toBe(50);
    expect(b.firstMoments).toEqual(a.firstMoments);
    expect(b.secondMoments).toEqual(a.secondMoments);
  });
});

describe('the compiled loops', () => {
  const assembly = join(__dirname, '../../lib/training/assembly');
  const digests = readFileSync(join(assembly, 'compiled.sha256'), 'utf8').trimEnd().split('\n');

  // The compiler itself is not installed: `npm run assemble` brings it, and the workflow has it compile them anew.
  it.each(digests.map(line => line.split('  ')))(
    'have the digest %s, that of %s when it was compiled',
    (digest, file) => {
      expect(sha256(readFileSync(join(assembly, file)))).toBe(digest);
    },
  );

  it('are all there', () => {
    const sources = readdirSync(assembly).filter(file => file.endsWith('.ts'));
    const files = sources.flatMap(file => [file, `../${file.replace('.ts', '-wasm.ts')}`]);
    expect(digests.map(line => line.split('  ')[1])).toEqual(files);
  });
});
