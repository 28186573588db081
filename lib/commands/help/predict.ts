/** What `predict --help` tells of its input and output. */
import { describeInputRule, describeOutput } from '../../prediction/streams';
import { describeWordRule } from '../../prediction/words';

export function predictHelp(): string {
  return `\n${describeInputRule}\n\n${describeWordRule}\n\n${describeOutput}`;
}
