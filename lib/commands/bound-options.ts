/** The bounds on scores that `select` and `gate` hold models against: a flag for each measure. */
import { type Command, Option } from 'commander';
import { type ByMeasure, type KnownMeasure, MEASURES } from '../evaluation/measures';
import { fraction } from './arguments';

/** The worst scores that are acceptable, as fractions, under the names that commander makes of the flags. */
export type BoundFlags = Readonly<Partial<Record<`${'min' | 'max'}${string}`, number>>>;

/** `--min-f1-critical`, or `--max-…` where lower is better. */
export function boundFlag({ name, better }: KnownMeasure): string {
  return `--${better === 'higher' ? 'min' : 'max'}-${name.replaceAll('_', '-')}`;
}

export function addBoundOptions(command: Command): Command {
  for (const measure of MEASURES) {
    const most = measure.better === 'higher' ? 'lowest' : 'highest';
    command.option(
      `${boundFlag(measure)} <fraction>`,
      `${most} ${measure.long} that is acceptable, such as 0.92`,
      fraction,
    );
  }
  return command;
}

/** Those that were given. */
export function boundsOf(flags: BoundFlags): Partial<ByMeasure<number>> {
  return Object.fromEntries(
    MEASURES.flatMap(measure => {
      const bound = flags[new Option(boundFlag(measure)).attributeName() as keyof BoundFlags];
      return bound === undefined ? [] : [[measure.key, bound]];
    }),
  );
}
