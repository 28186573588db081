/** The option of commands that make runs: what to do where another process, here or elsewhere, is making the same one. */
import { type Command, Option } from 'commander';
import { stopSignal } from '../stop-signal';
import { wholeNumber } from './arguments';

/** `true` is as long as it takes, `false` not at all, a number so many seconds. */
export type Wait = boolean | number;

export function addWaitOption(command: Command): Command {
  return (
    command
      .addOption(
        new Option('--wait [seconds]', 'wait for a run that another process makes, for so long at most')
          .argParser<Wait>(wholeNumber)
          .default(true, 'as long as it takes'),
      )
      .option('--no-wait', 'end at once instead, with exit code 75')
      // From the beginning: until everything is loaded, seconds may pass on a busy machine or a slow disk.
      .hook('preAction', () => void stopSignal())
  );
}

/** In milliseconds. */
export function patienceOf(wait: Wait): number {
  if (typeof wait === 'number') return wait * 1000;
  return wait ? Number.POSITIVE_INFINITY : 0;
}
