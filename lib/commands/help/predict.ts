/** What `predict --help` tells of its input and output. */
import { describeInputRule, describeOutput } from '../../corpus/formats';

export function predictHelp(): string {
  return `\n${describeInputRule}\n\n${describeOutput}`;
}
