/** What commands say beside their output. */
import { noteLines } from '../report/note-lines';
import { shown } from '../shown';

/** Says what was guessed in reading, each once, on the error stream: the output may be data. */
export function sayNotes(notes: Iterable<string>): void {
  for (const line of noteLines([...new Set(notes)])) process.stderr.write(`${shown(line)}\n`);
}
