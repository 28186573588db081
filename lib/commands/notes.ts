/** What commands say beside their output. */
import { basename, dirname, join } from 'node:path';
import { InputError } from '../errors';
import type { ScoredSentence } from '../evaluation/errors';
import { noteOnReading } from '../evaluation/predictions';
import type { ReadingMode } from '../evaluation/readings';
import { PREDICTIONS_FILE, QUANTIZED_FOLDER, RECORD_FILE, VALIDATION_FILE } from '../experiment/run-files';
import { readJson } from '../json';
import { noteLines } from '../report/note-lines';
import { shown } from '../shown';
import { say } from './said';

/** Says what was guessed in reading, each once, on the error stream: the output may be data. */
export function sayNotes(notes: Iterable<string>): void {
  for (const line of noteLines([...new Set(notes)])) say(line);
}

/** Says where a strict reading finds no gold entity and another would. */
export function sayReading(sentences: readonly ScoredSentence[], mode: ReadingMode): void {
  const note = noteOnReading(sentences, mode);
  if (note !== null) say(shown(note));
}

/** What bears on the scores of predictions that stand in the folder of a run: what was cut off, made up or left out. */
export function notesOfRuns(files: readonly (string | undefined)[]): string[] {
  return files.flatMap(file =>
    file !== undefined && [PREDICTIONS_FILE, VALIDATION_FILE].includes(basename(file))
      ? notesIn(join(runOf(dirname(file)), RECORD_FILE))
      : [],
  );
}

/** The folder of the run whose predictions, those of its model in 8 bits too, stand in this one. */
function runOf(folder: string): string {
  return basename(folder) === QUANTIZED_FOLDER ? dirname(folder) : folder;
}

/** None where there is no such record: predictions of any tool may be called so. */
function notesIn(record: string): string[] {
  try {
    const { notes } = (readJson(record) ?? {}) as { readonly notes?: unknown };
    return Array.isArray(notes) ? notes.filter(note => typeof note === 'string') : [];
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}
