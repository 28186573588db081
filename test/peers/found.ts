/** What `conll_search.py` and `conll_shares.py` left, as a study whose tables, tests and figures are those of the library. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { group } from 'd3-array';
import type { Sentence } from 'ner-distill';
import type { ScoredSentence } from 'ner-distill/evaluation/errors';
import { byMeasure } from 'ner-distill/evaluation/measures';
import {
  countSentences,
  type Score,
  type Scores,
  type SpanCounts,
  scoresOfCounts,
} from 'ner-distill/evaluation/scores';
import { compareWithVanilla, intervalsOfSeeds, paperContrasts } from 'ner-distill/experiment/statistics';
import { gatherSeeds, type Study, type StudyRun } from 'ner-distill/experiment/study';

export const CRITICAL = ['PER', 'ORG'];

/** Of one model, fractions. */
interface MeasuredScores {
  readonly f1: number;
  readonly f1_critical: number;
  readonly coverage: number;
}

/** What a model made of the test part. */
export interface Predicted {
  readonly seed: number;
  readonly sentences: readonly ScoredSentence[];
  readonly counts: SpanCounts;
}

/** A line of `results.jsonl`. */
export interface Found extends Predicted {
  readonly method: 'teacher' | 'control' | 'vanilla' | 'logits' | 'weighted';
  readonly beta: number;
  readonly layers: number;
  readonly rate: number;
  readonly epochs: number;
  /** After each epoch. */
  readonly valid: readonly MeasuredScores[];
  readonly test: MeasuredScores;
  /** Of the training sentences, those whose labels it sees, and those that its teacher saw; 1 where it is not told. */
  readonly share: number;
  readonly teacher_share: number;
  /** Whether it reads the other sentences without their labels. */
  readonly text: boolean;
}

/**
 * The models of a folder, in the order in which they were finished.
 * @param gold the test part that they were scored on
 * @throws Error where a model's scores are not those of its predictions
 */
export function readFound(folder: string, gold: readonly Sentence[]): Found[] {
  const lines = (file: string) => readFileSync(join(folder, file), 'utf8').trim().split('\n');
  const predictions = lines('predictions.jsonl').map(line => JSON.parse(line));
  return lines('results.jsonl').map((line, i) => {
    const { share = 1, text = false, teacher_share = 1, ...model } = JSON.parse(line);
    const { tags, test } = predictions[i];
    const sentences = sentencesOf(gold, tags, test);
    const counts = countSentences(sentences);
    const { f1 } = scoresOfCounts(counts, CRITICAL).overall;
    if (Math.abs(f1! - model.test.f1) > 1e-9)
      throw new Error(
        `${folder}: line ${i + 1} of results.jsonl has F1 ${model.test.f1}, its predictions have ${f1}`,
      );
    return { ...model, share, text, teacher_share, sentences, counts };
  });
}

/** @param text a digit for each word, the number of its tag, and one behind each sentence */
function sentencesOf(
  gold: readonly Sentence[],
  names: readonly string[],
  text: string,
): readonly ScoredSentence[] {
  let at = 0;
  const sentences = gold.map(({ words, tags }) => {
    const predicted = words.map((_, i) => names[Number(text[at + i])]);
    at += words.length + 1;
    return { words, gold: tags, predicted };
  });
  if (at !== text.length) throw new Error(`found ${text.length} tags, expected ${at}`);
  return sentences;
}

/** Sizes of the models by their layers. */
export type ParametersOf = (found: Found) => number;

/** The study of some models: those of different seeds are runs of one. */
export function studyOf(
  found: readonly Found[],
  parametersOf: ParametersOf,
): { readonly study: Study; readonly foundOf: (run: Pick<StudyRun, 'id'>) => Found } {
  const byId = new Map(found.map(model => [idOf(model), model]));
  const foundOf = ({ id }: Pick<StudyRun, 'id'>) => byId.get(id)!;
  const countsOf = (run: StudyRun) => foundOf(run).counts;
  const students = [...new Set(found.flatMap(model => studentOf(model) ?? []))];
  const runs = found.map(model => runOf(model, parametersOf(model)));
  const own = runs.filter(({ student }) => student === null || student === students[0]);
  const several = gatherSeeds(runs).filter(({ length }) => length > 1);
  const study: Study = {
    preset: 'paper',
    corpus: 'CoNLL-2003',
    criticalTypes: CRITICAL,
    betas: [...new Set(found.filter(({ method }) => method !== 'teacher').map(({ beta }) => beta))].sort(),
    forms: ['logits', 'weighted'],
    students,
    givenTeacher: null,
    seeds: [...new Set(found.map(({ seed }) => seed))].sort(),
    notes: [],
    runs,
    quantized: [],
    quantization: [],
    comparisons: compareWithVanilla(own, CRITICAL, countsOf),
    contrasts: paperContrasts(own, CRITICAL, countsOf),
    overSeeds: several.map(alike => intervalsOfSeeds(alike, CRITICAL, countsOf)),
  };
  return { study, foundOf };
}

function studentOf({ method, layers }: Found): string | null {
  return method === 'teacher' ? null : `${layers} layers`;
}

function idOf({ method, beta, layers, seed, share, text, teacher_share }: Found): string {
  return [method, beta, layers, seed, share, text, teacher_share].join(' ');
}

function runOf(model: Found, parameters: number): StudyRun {
  const { method, beta, seed, counts, valid } = model;
  const isConstrained = method === 'logits' || method === 'weighted';
  return {
    id: idOf(model),
    name: method,
    role: isConstrained ? 'constrained' : method,
    student: studentOf(model),
    form: isConstrained ? method : null,
    beta: isConstrained || method === 'vanilla' ? beta : null,
    seed,
    given: null,
    parameters,
    precision: 'fp32',
    bytes: null,
    validation: validationScores(valid.at(-1)!),
    test: scoresOfCounts(counts, CRITICAL),
    intervals: { validation: byMeasure(() => null), test: byMeasure(() => null) },
    notes: [],
    latency: null,
  };
}

/** What is known of the validation part: F1s and Coverage, no counts. */
function validationScores({ f1, f1_critical, coverage }: MeasuredScores): Scores {
  const only = (f1: number, recall: number | null): Score => ({
    f1,
    recall,
    precision: null,
    support: 0,
    predicted: 0,
    correct: 0,
  });
  return {
    overall: only(f1, null),
    critical: only(f1_critical, coverage),
    byType: {},
    coverage,
    accuracy: null,
  };
}

/** A line of what `compare.ts` leaves: a student of one tool, and what it took from the start of the process to its end. */
export interface Compared {
  readonly tool: string;
  readonly method: string;
  readonly seed: number;
  readonly rate: number;
  readonly epochs: number;
  readonly threads: number;
  /** Folder of its teacher. */
  readonly teacher: string;
  /** Of what the peers are made of, such as `torch 2.13.0`. */
  readonly versions: readonly string[];
  /** Fractions, on the test part. */
  readonly f1: number;
  readonly f1Critical: number;
  readonly coverage: number;
  readonly seconds: number;
  /** Of all its processes together. */
  readonly peakBytes: number;
}
export const COMPARED = 'compared.jsonl';

export function readCompared(folder: string): Compared[] {
  const lines = readFileSync(join(folder, COMPARED), 'utf8').trim().split('\n');
  return lines.map(line => JSON.parse(line));
}

/** Models of the same settings, whatever their seed, in the order of the first of each. */
export function bySeeds(found: readonly Found[]): Found[][] {
  const settings = ({ method, beta, layers, rate, epochs, share, text, teacher_share }: Found) =>
    [method, beta, layers, rate, epochs, share, text, teacher_share].join(' ');
  return [...group(found, settings).values()];
}
