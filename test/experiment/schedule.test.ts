/** How long a plan takes on several places: against a simulation of what happens, second by second. */
import { inOrder, type Job, scheduleOf } from 'ner-distill/experiment/schedule';
import { Random } from 'ner-distill/random';
import { describe, expect, it } from 'vitest';

const job = (id: string, seconds: number, ...needs: string[]): Job => ({ id, seconds, needs });

/** Every second each free place takes the first run whose needs have ended. */
function simulated(runs: readonly Job[], places: number): number {
  const waiting = [...runs];
  const left = new Map<string, number>();
  const ended = new Set<string>();
  let second = 0;
  for (; ended.size < runs.length; second++) {
    for (let i = 0; i < waiting.length && left.size < places; )
      if (waiting[i].needs.every(id => ended.has(id))) {
        const [{ id, seconds }] = waiting.splice(i, 1);
        left.set(id, seconds);
      } else i++;
    for (const [id, seconds] of [...left])
      if (seconds > 1) left.set(id, seconds - 1);
      else {
        left.delete(id);
        ended.add(id);
      }
  }
  return second;
}

describe('the schedule of a plan', () => {
  const plan = [job('t1', 10), job('c1', 4), job('v1', 5, 't1'), job('t2', 10), job('v2', 6, 't2')];

  it('begins with the runs that others need, and each as soon as it can', () => {
    expect(inOrder(plan).map(({ id }) => id)).toEqual(['t1', 't2', 'c1', 'v1', 'v2']);
    const { jobs, seconds, criticalPath } = scheduleOf(plan, { jobs: 2 });
    expect(jobs.map(({ job: { id }, start, end }) => [id, start, end])).toEqual([
      ['t1', 0, 10],
      ['t2', 0, 10],
      ['c1', 10, 14],
      ['v1', 10, 15],
      ['v2', 14, 20],
    ]);
    expect(seconds).toBe(20);
    expect(criticalPath.map(({ id }) => id)).toEqual(['t2', 'v2']);
  });

  it('takes the sum on one place, and the critical path on as many as there are runs', () => {
    expect(scheduleOf(plan, { jobs: 1 }).seconds).toBe(35);
    expect(scheduleOf(plan, { jobs: plan.length }).seconds).toBe(16);
    expect(scheduleOf([], { jobs: 3 })).toEqual({ jobs: [], seconds: 0, criticalPath: [] });
  });

  it('begins what fits into the cores, and makes alone what wants more than there are', () => {
    const wide = (id: string, threads: number, ...needs: string[]) => ({ ...job(id, 10, ...needs), threads });
    const starts = (cores: number) =>
      scheduleOf([wide('t', 4), wide('a', 2, 't'), wide('b', 4, 't'), wide('c', 1), wide('d', 1)], {
        jobs: 3,
        cores,
      }).jobs.map(({ job: { id }, start }) => [id, start]);
    expect(starts(4)).toEqual([
      ['t', 0],
      ['a', 10],
      ['c', 10],
      ['d', 10],
      ['b', 20],
    ]);
    expect(starts(2)).toEqual([
      ['t', 0],
      ['a', 10],
      ['b', 20],
      ['c', 30],
      ['d', 30],
    ]);
    expect(starts(64)).toEqual([
      ['t', 0],
      ['c', 0],
      ['d', 0],
      ['a', 10],
      ['b', 10],
    ]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is what a simulation gives of a study drawn from seed %i', seed => {
    const random = new Random(seed);
    const study = Array.from({ length: 1 + random.integer(5) }, (_, s) => [
      job(`t${s}`, 1 + random.integer(30)),
      ...Array.from({ length: random.integer(8) }, (_, i) =>
        job(`s${s}.${i}`, 1 + random.integer(20), ...(random.integer(4) > 0 ? [`t${s}`] : [])),
      ),
    ]).flat();
    for (const places of [1, 2, 3, 7]) {
      const { seconds, criticalPath } = scheduleOf(study, { jobs: places });
      expect(seconds).toBe(simulated(inOrder(study), places));
      const path = criticalPath.reduce((sum, run) => sum + run.seconds, 0);
      expect(path).toBe(simulated(inOrder(study), study.length));
    }
  });
});
