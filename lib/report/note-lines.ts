/** What bears on scores, in the lines that stand beside them in a terminal. */
import { rollup } from 'd3-array';
import { shown } from '../shown';

/** `note: …`, a line each. */
export function noteLines(notes: readonly string[]): string[] {
  return notes.map(note => `note: ${shown(note)}`);
}

/** More ids in one line than a reader takes in. */
const MOST_IDS = 3;

/** The notes of several runs, each once, with the runs that it is on. */
export function runNoteLines(
  runs: readonly { readonly id: string; readonly notes: readonly string[] }[],
): string[] {
  const ids = rollup(
    runs.flatMap(({ id, notes }) => notes.map(note => ({ id, note }))),
    alike => alike.map(({ id }) => id),
    ({ note }) => note,
  );
  return [...ids].map(([note, on]) => {
    const few = on.length <= MOST_IDS ? on.join(', ') : `${on.length} runs, ${on[0]} the first`;
    return `note on ${on.length === runs.length ? (on.length === 1 ? 'the run' : 'every run') : few}: ${shown(note)}`;
  });
}
