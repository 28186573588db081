/** How a process learns that it is to stop. */
import { TryAgainError } from './errors';

/**
 * Aborted when the process is asked to stop; what was made stays, and the same command goes on.
 * @param also another event of the process that says so
 */
export function stopSignal(...also: 'disconnect'[]): AbortSignal {
  const stop = new AbortController();
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', ...also] as const)
    process.once(event, () => stop.abort(new TryAgainError('stopped; the same command goes on from here')));
  return stop.signal;
}
