/** What `reproduce --dry-run --nodes` says, against times worked out by hand. */
import { InputError } from 'ner-distill/errors';
import { describeSchedule } from 'ner-distill/notebook/reproduce';
import { describe, expect, it } from 'vitest';

const run = (id: string, seconds: number, ...needs: string[]) => {
  return { id, name: `run ${id}`, seconds, needs, threads: 2 };
};
const plan = [
  run('t1', 100),
  run('c1', 60),
  run('v1', 50, 't1'),
  run('t2', 120),
  run('c2', 60),
  run('v2', 40, 't2'),
];

describe('how long a plan takes on several nodes', () => {
  it('is the longest of its places, teachers first, and no less than the longest chain', () => {
    // One place has t1, c1 and c2 (at 0, 100 and 160), the other t2, v1 and v2 (at 0, 120 and 170).
    expect(describeSchedule(plan, 1, 4)).toBe(
      'On 1 node of 4 cores, 2 runs at once: about 3 min 40 s of training, then the notebooks. No number of nodes takes less than 2 min 40 s: run t2 (2 min 0 s), then run v2 (40 s).\n',
    );
    expect(describeSchedule(plan, 3, 5)).toContain('On 3 nodes of 5 cores, 6 runs at once: about 2 min 40 s');
  });

  it('says nothing where nothing is left', () => {
    expect(describeSchedule([{ ...run('t1', 0) }, { ...run('v1', 0, 't1') }], 2, 4)).toBe('');
    expect(describeSchedule([{ ...run('t1', 0) }, run('v1', 30, 't1')], 2, 4)).toMatch(
      /takes less than 30 s: run v1 \(30 s\)\.\n$/,
    );
  });

  it('is refused on nodes that have fewer cores than a run has threads', () => {
    expect(() => describeSchedule(plan, 2, 1)).toThrow(
      new InputError(
        '--cores 1: a run was measured with 2 threads; expected at least as many cores, or fewer --threads',
      ),
    );
  });
});
