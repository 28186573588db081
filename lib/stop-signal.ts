/** How a process learns that it is to stop. */
import { TryAgainError } from './errors';

/** What who was stopped says last. */
export const STOPPED = 'stopped; the same command goes on from here';

let stop: AbortController | undefined;

/**
 * Aborted when the process is asked to stop; what was made stays, and the same command goes on. One for the whole process, which
 * listens from the first call on: a second time it is not asked, but ended.
 * @param also another event of the process that says so
 */
export function stopSignal(...also: 'disconnect'[]): AbortSignal {
  stop ??= listening(['SIGINT', 'SIGTERM', 'SIGHUP', ...also]);
  return stop.signal;
}

function listening(events: readonly (NodeJS.Signals | 'disconnect')[]): AbortController {
  const controller = new AbortController();
  for (const event of events) process.once(event, () => controller.abort(new TryAgainError(STOPPED)));
  return controller;
}
