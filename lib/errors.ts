/**
 * The error of a person's input rather than of this code: its message is one sentence that says where, what was
 * found and what was expected. The command line prints it without a stack trace and exits with 1.
 */
import { sentence } from './shown';

export class InputError extends Error {
  override readonly name: string = 'InputError';

  /** @param message may hold anything from a file: it is made one line of moderate length */
  constructor(message: string) {
    super(sentence(message));
  }
}

/**
 * What may do when it is tried again later, and as it is: a lock that another holds, work that was stopped, a full disk.
 * The command line exits with 75 (EX_TEMPFAIL of sysexits.h), by which schedulers and scripts tell it from what never will.
 */
export class TryAgainError extends InputError {
  /** By which what reads a kernel's outputs knows it. */
  override readonly name = 'TryAgainError';
}

const FULL = ['ENOSPC', 'EDQUOT'];

/** Whether the same may do later. */
export function mayDoLater(error: unknown): boolean {
  return error instanceof TryAgainError || FULL.includes((error as NodeJS.ErrnoException | null)?.code ?? '');
}

/** Why a file cannot be written, in a sentence. */
export function unwritable(file: string, error: unknown): InputError {
  if (error instanceof InputError) return error;
  const Kind = mayDoLater(error) ? TryAgainError : InputError;
  return new Kind(`${file}: cannot be written (${reasonOf(error)})`);
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
    if (error instanceof TryAgainError) throw new TryAgainError(`${name}: ${error.message}`);
    throw error instanceof InputError ? new InputError(`${name}: ${error.message}`) : error;
  }
}
