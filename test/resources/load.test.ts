import {
  describeDisturbance,
  describeLoad,
  disturbanceOf,
  loadBetween,
  parseProcStat,
  watchLoad,
} from 'ner-distill/resources/load';
import { describe, expect, it } from 'vitest';

/** `/proc/stat` of two processors: user nice system idle iowait irq softirq steal guest guest_nice. */
const stat = (fields: readonly number[]): string =>
  `cpu  ${fields.join(' ')}\ncpu0 1 1 1 1 1 1 1 1 0 0\ncpu1 1 1 1 1 1 1 1 1 0 0\nintr 5\n`;

describe('parseProcStat', () => {
  it('takes guests as part of user time and waiting for disks as idle', () => {
    expect(parseProcStat(stat([100, 10, 20, 500, 40, 1, 2, 7, 60, 5]))).toEqual({
      busy: 133,
      total: 680,
      steal: 7,
      cores: 2,
    });
  });

  it('knows no steal of kernels that do not tell', () => {
    expect(parseProcStat('cpu 1 2 3 4\ncpu0 1 2 3 4\n')).toEqual({
      busy: 6,
      total: 10,
      steal: null,
      cores: 1,
    });
  });
});

describe('loadBetween', () => {
  const before = { busy: 100, total: 1000, steal: 0, cores: 4 };
  const laterBy = (busy: number, steal: number) => ({ busy: 100 + busy, total: 1400, steal, cores: 4 });

  it('gives the cores that others used and the share that was stolen', () => {
    // 160 of 400 ticks of 4 cores are 1.6 cores, of which 1.5 were ours.
    const { steal, othersCores, quiet } = loadBetween(before, laterBy(160, 2), 1.5);
    expect(othersCores).toBeCloseTo(0.1, 12);
    expect([steal, quiet]).toEqual([0.005, true]);
  });

  it.each([
    ['others work', laterBy(200, 0), false],
    ['time is stolen', laterBy(150, 8), false],
    ['neither', laterBy(150, 0), true],
  ])('flags a machine on which %s', (_, end, quiet) => {
    expect(loadBetween(before, end, 1.5).quiet).toBe(quiet);
  });

  it('says nothing of a time too short for a tick', () => {
    expect(loadBetween(before, before, 1)).toEqual({ steal: 0, othersCores: 0, quiet: true });
  });
});

it('a report is told by how much measurements were disturbed', () => {
  const load = { loadAverageBefore: 0, loadAverageAfter: 0, steal: 0, othersCores: 0.1, quiet: true };
  expect(describeDisturbance([load, load])).toBe(null);
  const loud = { ...load, steal: 0.2, othersCores: 1.26, quiet: false };
  expect(describeDisturbance([load, loud])).toMatch(
    /^While latencies were measured the machine was not quiet: up to 1\.3 cores .* up to 20 % of time/,
  );
});

it('is disturbed in parts of what a quiet machine may do: a hundredth stolen, a quarter of a core used', () => {
  expect(disturbanceOf({ steal: 0.03, othersCores: 0.25 })).toBeCloseTo(3, 12);
  expect(disturbanceOf({ steal: null, othersCores: 0.125 })).toBe(0.5);
});

it('a watch ends with loads before and after', () => {
  const load = watchLoad()();
  expect(load.othersCores).toBeGreaterThanOrEqual(0);
  expect(describeLoad({ ...load, steal: 0.034, othersCores: 0.5, quiet: false })).toBe(
    'the machine was NOT quiet (0.50 cores busy with other processes, 3.4 % of time stolen by other virtual machines)',
  );
});
