/**
 * The error of a person's input rather than of this code: its message is one sentence that says where, what was
 * found and what was expected. The command line prints it without a stack trace and exits with 1.
 */
import { sentence } from './shown';

export class InputError extends Error {
  override readonly name = 'InputError';

  /** @param message may hold anything from a file: it is made one line of moderate length */
  constructor(message: string) {
    super(sentence(message));
  }
}

/** What the system says of a file, such as `ENOSPC: no space left on device`, without what was called on which. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? message : message.replace(/, [a-z_]+( '.*)?$/s, '');
}

/** What the work gives; an `InputError` of it begins with whose it is. */
export async function namedAs<T>(name: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${name}: ${error.message}`) : error;
  }
}
