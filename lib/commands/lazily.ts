/**
 * A function that is loaded when it is first called: the action of a command when it runs, its help when it is shown, a
 * parser when its option is given. So `--help` answers at once.
 */
export function lazily<F extends (...operands: never[]) => unknown>(load: () => F): F {
  return ((...operands) => load()(...operands)) as F;
}
