/** How a process learns that it is to stop. */
import { TryAgainError } from './errors';

/** Aborted when the process is asked to stop; what was made stays, and the same command goes on. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const)
    process.once(event, () => stop.abort(new TryAgainError('stopped; the same command goes on from here')));
  return stop.signal;
}
