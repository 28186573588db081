/** A parser that says what can be given to it, for the Tab key of a shell. */
export interface Offering {
  readonly values: readonly string[];
}

/**
 * A function that is loaded when it is first called: the action of a command when it runs, its help when it is shown, a
 * parser when its option is given. So `--help` answers at once.
 */
export function lazily<F extends (...operands: never[]) => unknown>(load: () => F): F {
  const later = ((...operands) => load()(...operands)) as F;
  // Of a parser: what it offers.
  return Object.defineProperty(later, 'values', { get: () => (load() as Partial<Offering>).values });
}
