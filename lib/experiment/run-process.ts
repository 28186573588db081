/** A process that makes one run of a study for its parent, which is told how it goes; then it ends. */
import { InputError, mayDoLater } from '../errors';
import { stopSignal } from '../stop-signal';
import { openStudy } from './paper';
import { readPlan } from './plan';
import type { RunReply, RunRequest } from './run-jobs';

// Also when its parent is gone: nobody would know of it.
const signal = stopSignal('disconnect');

process.once('message', (request: RunRequest) => {
  void make(request).then(reply => process.send?.(reply, () => process.exit(0)) ?? process.exit(1));
});

async function make({ planFile, out, id, patience }: RunRequest): Promise<RunReply> {
  const tell = (reply: RunReply) => void (process.connected && process.send?.(reply));
  try {
    const session = await openStudy({
      plan: readPlan(planFile),
      out,
      progress: { update: text => tell({ update: text }), line: text => tell({ line: text }) },
      signal,
      patience: patience ?? Number.POSITIVE_INFINITY,
    });
    await session.one(id);
    return { made: true };
  } catch (error) {
    const { message, stack } = error as Error;
    const isKnown = error instanceof InputError || !process.env.DEBUG;
    return { failure: isKnown ? message : (stack ?? message), again: mayDoLater(error) };
  }
}
