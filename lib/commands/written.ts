/** What a command writes beside what it prints. */
import { isStandardOutput, STANDARD_STREAM } from '../files';
import { checkOutputs, type NamedFiles } from '../output-checks';
import { shown } from '../shown';
import { say } from './said';

/**
 * Checks the files that a command will write against its inputs, and tells whether it prints its text: not where one of the
 * files is the standard output, which then has that file and nothing else.
 * @throws InputError as `checkOutputs` does, and where JSON was asked for in the same place
 */
export function checkWritten(
  files: NamedFiles,
  json: boolean,
  inputs: readonly (string | undefined)[],
): boolean {
  const prints = json || !Object.values(files).some(file => file !== undefined && isStandardOutput(file));
  const printed = { [json ? '--json' : 'text']: prints ? STANDARD_STREAM : undefined };
  checkOutputs({ ...files, ...printed }, inputs);
  return prints;
}

/** Says on the error stream which file was written. */
export function sayWritten(file: string): void {
  if (!isStandardOutput(file)) say(`wrote ${shown(file)}`);
}
