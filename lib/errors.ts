/**
 * The error of a person's input rather than of this code: its message is one sentence that says where, what was
 * found and what was expected. The command line prints it without a stack trace and exits with 1.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** What the work gives; an `InputError` of it begins with whose it is. */
export async function namedAs<T>(name: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${name}: ${error.message}`) : error;
  }
}
