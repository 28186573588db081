/** Parameters, quantiles, latency by a clock of our own, and what is said of the machine. */
import { measureInTurn, measureLatency, speedupOver } from 'ner-distill/resources/latency';
import { describeMachine, formatVersions } from 'ner-distill/resources/machine';
import { countParameters } from 'ner-distill/resources/parameters';
import { quantile } from 'ner-distill/resources/quantile';
import { sourceVersion } from 'ner-distill/resources/source-version';
import { describe, expect, it } from 'vitest';
import golden from '../fixtures/golden.json';

/** Shapes of a BERT encoder layer: query, key, value, output, two feed-forward matrices, two layer norms. */
function layerShapes(width: number, inner: number): number[][] {
  const attention = Array.from({ length: 4 }, () => [[width, width], [width]]).flat();
  return [...attention, [inner, width], [inner], [width, inner], [width], [width], [width], [width], [width]];
}

describe('countParameters', () => {
  const embeddings = [[30522, 768], [512, 768], [768], [768]];
  const head = [[9, 768], [9]];
  it('counts bert-base-uncased and distilbert-base-uncased with 9 labels as the paper does', () => {
    const layers = (count: number): number[][] =>
      Array.from({ length: count }, () => layerShapes(768, 3072)).flat();
    expect(countParameters([...embeddings, [2, 768], ...layers(12), ...head])).toBe(
      golden.parameterCounts['bert-base-uncased'],
    );
    expect(countParameters([...embeddings, ...layers(6), ...head])).toBe(
      golden.parameterCounts['distilbert-base-uncased'],
    );
  });

  it('counts a scalar as 1 and nothing as 0', () => {
    expect([countParameters([[]]), countParameters([])]).toEqual([1, 0]);
  });
});

describe('quantile', () => {
  it('uses the R-7 method', () => {
    const { values, p25, p75 } = golden.percentiles;
    expect([quantile(values, 0.25), quantile(values, 0.75)]).toEqual([p25, p75]);
    expect([quantile(values, 0), quantile(values, 1)]).toEqual([3, 20]);
  });

  it('sorts a copy, and knows one value and none', () => {
    const values = [3, 1, 2];
    expect(quantile(values, 0.5)).toBe(2);
    expect(values).toEqual([3, 1, 2]);
    expect([quantile([7], 0.99), quantile([], 0.5)]).toEqual([7, Number.NaN]);
  });
});

describe('measureLatency', () => {
  /** Batches that take these milliseconds, one after another, by a clock that only they advance. */
  function fake(milliseconds: readonly number[]): {
    run: () => Promise<void>;
    now: () => number;
    runs: () => number;
  } {
    let time = 0;
    let runs = 0;
    const run = async (): Promise<void> => {
      time += milliseconds[runs++];
    };
    return { run, now: () => time, runs: () => runs };
  }

  it('leaves warm-up out, and takes the deviation between the means of repeats', async () => {
    const { run, now, runs } = fake([9000, 9000, 1000, 3000, 3000, 5000]);
    const summary = await measureLatency(run, { warmup: 2, batches: 2, repeats: 2, batchSize: 6 }, { now });
    expect(runs()).toBe(6);
    // Means of repeats 2 s and 4 s: mean 3 s, deviation √2 s. All times 1, 3, 3, 5 s: R-7 quantiles.
    expect(summary).toMatchObject({
      meanSeconds: 3,
      p50: 3,
      warmup: 2,
      batches: 2,
      repeats: 2,
      batchSize: 6,
    });
    expect(summary.stdSeconds).toBeCloseTo(Math.SQRT2, 12);
    expect([summary.p90, summary.p95, summary.p99].map(value => Number(value.toFixed(9)))).toEqual([
      4.4, 4.7, 4.94,
    ]);
    expect(summary.sentencesPerSecond).toBe(2);
  });

  it('has no deviation of one repeat', async () => {
    const { run, now } = fake([500, 1500]);
    const summary = await measureLatency(run, { warmup: 0, batches: 2, repeats: 1, batchSize: 1 }, { now });
    expect([summary.meanSeconds, summary.stdSeconds]).toEqual([1, 0]);
  });

  it('adds repeats until the timed batches took long enough', async () => {
    const { run, now, runs } = fake(Array.from({ length: 99 }, () => 400));
    const protocol = { warmup: 1, batches: 2, repeats: 2, batchSize: 1, minSeconds: 4 };
    const marks: number[] = [];
    const summary = await measureLatency(run, protocol, {
      now,
      onRepeat: () => {
        marks.push(runs());
        return () => marks.push(runs());
      },
    });
    expect(summary).toMatchObject({ repeats: 5, minSeconds: 4 });
    expect(summary.timedSeconds).toBeCloseTo(4, 9);
    expect(marks).toEqual([1, 3, 3, 5, 5, 7, 7, 9, 9, 11]);
  });

  it('numbers the batches, in the warm-up and again when they are timed', async () => {
    const numbers: number[] = [];
    const run = async (batch: number): Promise<void> => void numbers.push(batch);
    await measureLatency(run, { warmup: 2, batches: 2, repeats: 2, batchSize: 1 });
    expect(numbers).toEqual([0, 1, 0, 1, 2, 3]);
  });

  it.each([
    [{ minSeconds: -1 }, 'minSeconds is -1, expected a number, 0 or more'],
    [{ minSeconds: Number.NaN }, 'minSeconds is NaN'],
    [{ batches: 0 }, 'batches is 0, expected a whole number of at least 1'],
    [{ repeats: 0 }, 'repeats is 0'],
    [{ warmup: -1 }, 'warmup is -1, expected a whole number of at least 0'],
    [{ batches: 1.5 }, 'batches is 1.5'],
    [{ repeats: Number.NaN }, 'repeats is NaN'],
  ])('refuses %j', async (part, message) => {
    const protocol = { warmup: 2, batches: 5, repeats: 3, batchSize: 16, ...part };
    await expect(measureLatency(async () => {}, protocol)).rejects.toThrow(`latency protocol: ${message}`);
  });
});

describe('latency in turn', () => {
  /** Models that take so many milliseconds a batch, and who ran when. */
  function fakes(...milliseconds: ((batch: number) => number)[]) {
    let time = 0;
    const turns: number[] = [];
    const runs = milliseconds.map((of, model) => async (batch: number) => {
      turns.push(model);
      time += of(batch);
    });
    return { runs, now: () => time, turns };
  }

  it('warms a model up where another ran before it, and changes the order from repeat to repeat', async () => {
    const { runs, now, turns } = fakes(
      () => 1,
      () => 2,
      () => 3,
    );
    await measureInTurn(runs, { warmup: 1, batches: 1, repeats: 6, batchSize: 1 }, { now });
    // There and back from the first, from the second, from the third; a second turn in a row needs no warm-up.
    const expected = '00 11 22 2 11 00 11 22 00 0 22 11 22 00 11 1 00 22';
    expect(turns.join('')).toBe(expected.replaceAll(' ', ''));
  });

  it('gives each model its own times, and all the same batches', async () => {
    // A machine that becomes slower: the second batch of all takes twice as long, the third three times.
    const { runs, now } = fakes(
      batch => 4000 * (batch + 1),
      batch => 1000 * (batch + 1),
    );
    const protocol = { warmup: 0, batches: 2, repeats: 2, batchSize: 1 };
    const [slow, fast] = await measureInTurn(runs, protocol, { now });
    expect(slow.repeatSeconds).toEqual([6, 14]);
    expect(fast.repeatSeconds).toEqual([1.5, 3.5]);
    expect(fast.meanSeconds).toBe(2.5);
    const { times, low, high } = speedupOver(slow, fast);
    for (const value of [times, low, high]) expect(value).toBeCloseTo(4, 12);
  });

  it('adds repeats until a model has, on average, been timed for long enough', async () => {
    const { runs, now } = fakes(
      () => 900,
      () => 100,
    );
    const protocol = { warmup: 3, batches: 1, repeats: 1, batchSize: 1, minSeconds: 2 };
    // A repeat takes 1 s: 4 of them for 2 models of 2 s.
    for (const { repeats } of await measureInTurn(runs, protocol, { now })) expect(repeats).toBe(4);
  });

  it('has an interval by Student’s t of the logarithms of ratios', () => {
    // Logarithms 0.5, 0.7, 0.9: mean 0.7, deviation 0.2; t(0.975, 2) = 4.302653, over √3.
    const other = { repeatSeconds: [0.5, 0.7, 0.9].map(Math.exp) };
    const { times, low, high } = speedupOver(other, { repeatSeconds: [1, 1, 1] });
    expect(times).toBeCloseTo(2.0137527, 6);
    expect(low).toBeCloseTo(1.225283, 5);
    expect(high).toBeCloseTo(3.309604, 5);
  });

  it('has no interval of one repeat, and compares nothing that was not measured in turn', () => {
    const once = { repeatSeconds: [1] };
    expect(speedupOver({ repeatSeconds: [3] }, once)).toEqual({
      times: expect.closeTo(3, 12),
      low: null,
      high: null,
    });
    expect(() => speedupOver({ repeatSeconds: [3, 3] }, once)).toThrow('2 repeats beside 1');
  });
});

describe('the machine', () => {
  it('names the versions that numbers depend on', () => {
    const { packages, cores, node } = describeMachine();
    expect(packages['@tensorflow/tfjs']).toBe('4.22.0');
    expect(cores).toBeGreaterThan(0);
    expect(node).toBe(process.version);
  });

  it('is written one name and value a line', () => {
    const machine = { ...describeMachine(4), cpu: 'Some CPU', memoryBytes: 8 * 2 ** 30, governor: null };
    const text = formatVersions({ ...machine, packages: { a: '1.0.0', b: null } });
    expect(text).toMatch(
      /^cpu: Some CPU\ncores: \d+\nmemory: 8\.0 GiB\nkernel: .+\ngovernor: not readable\nthreads: 4\n/,
    );
    expect(text).toMatch(/\na: 1\.0\.0\nb: not installed\n$/);
  });
});

it('the library is named with its version, and with its commit where it is in a repository', () => {
  expect(sourceVersion()).toMatch(/^ner-distill \d+\.\d+\.\d+(, commit [0-9a-f]{7,}(-dirty)?)?$/);
});
