/** Parsers of options whose values are names of losses; apart from the others, since losses load what computes. */
import { LOSSES, SWEPT_LOSSES } from '../../training/losses';
import { list, oneOf } from '../arguments';

const namesOf = (kinds: typeof LOSSES) => kinds.map(({ lossName }) => lossName);

/** Names of losses that have a weight β. */
export function formsNamed(text: string): string[] {
  return list(text).map(form => oneOf(form, namesOf(SWEPT_LOSSES)));
}

/** The name of a loss that has a teacher. */
export function lossNamed(text: string): string {
  return oneOf(text, namesOf(LOSSES.filter(kind => kind().teacher.length > 0)));
}
