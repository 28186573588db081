/** What `distill --help` tells of the losses. */
import { LOSSES } from '../../training/losses';

export function lossesHelp(): string {
  const taught = LOSSES.filter(kind => kind().teacher.length > 0);
  const width = Math.max(...taught.map(({ lossName }) => lossName.length));
  const lines = taught.map(
    ({ lossName, title, settings }) =>
      `  ${lossName.padEnd(width)} ${title}${'beta' in settings ? ', with --beta' : ''}`,
  );
  return `\nLosses:\n${lines.join('\n')}`;
}
