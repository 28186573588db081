/** What options take of losses and help tells of them; apart from the others, since losses load what computes. */
import { LOSSES, SWEPT_LOSSES } from '../training/losses';
import { oneOf, someOf } from './arguments';

const WITH_TEACHER = LOSSES.filter(kind => kind().teacher.length > 0);
const namesOf = (kinds: typeof LOSSES) => kinds.map(({ lossName }) => lossName);

/** Names of losses that have a weight β. */
export const formsNamed = someOf(namesOf(SWEPT_LOSSES));

/** The name of a loss that has a teacher. */
export const lossNamed = oneOf(namesOf(WITH_TEACHER));

export function lossesHelp(): string {
  const width = Math.max(...namesOf(WITH_TEACHER).map(name => name.length));
  const lines = WITH_TEACHER.map(
    ({ lossName, title, settings }) =>
      `  ${lossName.padEnd(width)} ${title}${'beta' in settings ? ', with --beta' : ''}`,
  );
  return `\nLosses:\n${lines.join('\n')}`;
}
