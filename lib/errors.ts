/**
 * The error of a person's input rather than of this code: its message is one sentence that says where, what was
 * found and what was expected. The command line prints it without a stack trace and exits with 1.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
}
