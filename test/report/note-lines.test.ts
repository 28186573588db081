import { noteLines, runNoteLines } from 'ner-distill/report/note-lines';
import { expect, it } from 'vitest';

it('begins each note on a line of its own', () => {
  expect(noteLines(['a', 'b'])).toEqual(['note: a', 'note: b']);
});

it('says each note of several runs once, and on which it is', () => {
  const runs = [
    { id: '1', notes: ['cut', 'made'] },
    { id: '2', notes: ['cut'] },
    { id: '3', notes: ['cut'] },
    { id: '4', notes: ['cut', 'read'] },
    { id: '5', notes: [] },
  ];
  expect(runNoteLines(runs)).toEqual([
    'note on 4 runs, 1 the first: cut',
    'note on 1: made',
    'note on 4: read',
  ]);
  expect(runNoteLines(runs.slice(1, 3))).toEqual(['note on every run: cut']);
  expect(runNoteLines(runs.slice(1, 2))).toEqual(['note on the run: cut']);
});
