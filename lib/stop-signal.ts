/** How a process learns that it is to stop. */
import { TryAgainError } from './errors';

/** What who was stopped says last. */
export const STOPPED = 'stopped; the same command goes on from here';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

let stop: AbortController | undefined;

/**
 * Aborted when the process is asked to stop; what was made stays, and the same command goes on. One for the whole process, which
 * listens from the first call on: a second time it is not asked, but ended.
 * @param also another event of the process that says so
 */
export function stopSignal(...also: 'disconnect'[]): AbortSignal {
  stop ??= listening([...SIGNALS, ...also]);
  return stop.signal;
}

function listening(events: readonly (NodeJS.Signals | 'disconnect')[]): AbortController {
  const controller = new AbortController();
  for (const event of events) process.once(event, () => controller.abort(new TryAgainError(STOPPED)));
  return controller;
}

/** Ends the process as a signal asks, but first takes away what was begun; for those who started it, the signal has ended it. */
export function discardWhenStopped(discard: () => void): { end(): void } {
  const stop = (signal: NodeJS.Signals) => {
    end();
    discard();
    process.kill(process.pid, signal);
  };
  const end = () => {
    for (const event of SIGNALS) process.off(event, stop);
  };
  for (const event of SIGNALS) process.on(event, stop);
  return { end };
}
