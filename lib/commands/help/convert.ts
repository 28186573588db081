/** What `convert --help` tells of formats and schemes. */
import { describeFormatRule } from '../../corpus/formats';
import { describeSchemeRule } from '../../corpus/schemes';

export function convertHelp(): string {
  return `\n${describeFormatRule}\n\n${describeSchemeRule}`;
}
