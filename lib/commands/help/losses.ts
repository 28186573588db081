/** What `distill --help` tells of the losses. */
import { LOSSES } from '../../training/losses';

export function lossesHelp(): string {
  const lines = LOSSES.filter(kind => kind().teacher.length > 0).map(
    ({ lossName, title, settings }) =>
      `  ${lossName.padEnd(8)} ${title}${'beta' in settings ? ', with --beta' : ''}`,
  );
  return `\nLosses:\n${lines.join('\n')}`;
}
