/**
 * How far the differences of a study can be trusted: each β against the vanilla student, paired on the same test sentences
 * and, where there are several, on the same seeds. With one seed two *models* are compared, and the unit is the sentence;
 * with several two *methods* are, over seeds and sentences.
 */
import { group } from 'd3-array';
import { type ByMeasure, byMeasure, type Measure } from '../evaluation/measures';
import { readPredictions } from '../evaluation/predictions';
import { countSentences, type SpanCounts } from '../evaluation/scores';
import { contrast, differencesOverSeeds, intervalsOverSeeds } from '../evaluation/seeds';
import {
  type BootstrapInterval,
  bootstrapIntervals,
  type CorrectedDifference,
  corrected,
  pairedDifferences,
} from '../evaluation/significance';
import {
  type Comparison,
  type Contrast,
  gatherSeeds,
  type IntervalsOverSeeds,
  type QuantizationEffect,
  type StudyDifference,
  type StudyRun,
} from './study';

type CountsOf = (run: StudyRun) => SpanCounts;

/** Every loss that one student was distilled with, against its vanilla student with the same seeds. */
export function compareWithVanilla(
  runs: readonly StudyRun[],
  criticalTypes: readonly string[],
  countsOf: CountsOf,
): Comparison[] {
  const vanilla = new Map(runs.filter(({ role }) => role === 'vanilla').map(run => [run.seed, run]));
  const points = pointsOf(runs.filter(({ seed }) => vanilla.has(seed)));
  // Those of the same seeds tell training noise together.
  const tests = new Map(
    [...group(points, seedsOf).values()].flatMap(alike => {
      const theirs = alike[0].map(({ seed }) => countsOf(vanilla.get(seed)!));
      const ours = alike.map(point => point.map(countsOf));
      const differences = differencesOf(theirs, ours, criticalTypes);
      return alike.map((point, i): [readonly StudyRun[], ByMeasure<StudyDifference>] => [
        point,
        differences[i],
      ]);
    }),
  );
  const family = correctedTogether(points.map(point => tests.get(point)!));
  return points.map((point, i) => ({
    form: point[0].form!,
    beta: point[0].beta,
    seeds: point.flatMap(({ seed }) => seed ?? []),
    of: family[i],
  }));
}

/** What one student was distilled with, vanilla aside: of each loss and β the runs. */
function pointsOf(runs: readonly StudyRun[]): StudyRun[][] {
  const distilled = runs.filter(({ form }) => form !== null);
  return [...group(distilled, ({ form, beta }) => `${form} ${beta}`).values()];
}

const seedsOf = (runs: readonly StudyRun[]) => runs.map(({ seed }) => seed).join();

/** Every model in 8 bits against the same runs as they were trained. */
export function compareWithFloat(
  quantized: readonly StudyRun[],
  runs: readonly StudyRun[],
  criticalTypes: readonly string[],
  countsOf: CountsOf,
): QuantizationEffect[] {
  const trained = new Map(runs.map(run => [run.id, run]));
  const models = gatherSeeds(quantized);
  const differences = models.map(model => {
    const before = model.map(({ id }) => countsOf(trained.get(id)!));
    return differencesOf(before, [model.map(countsOf)], criticalTypes)[0];
  });
  const family = correctedTogether(differences);
  return models.map((model, i) => ({ runs: model.map(({ id }) => id), of: family[i] }));
}

/** Differences of several models, each measure a family of tests. */
function correctedTogether(
  models: readonly ByMeasure<StudyDifference>[],
): ByMeasure<CorrectedDifference<StudyDifference>>[] {
  const family = byMeasure(({ key }) => corrected(models.map(differences => differences[key])));
  return models.map((_, i) => byMeasure(({ key }) => family[key][i]));
}

/** @param theirs by seed @param ours by method and seed */
function differencesOf(
  theirs: readonly SpanCounts[],
  ours: readonly (readonly SpanCounts[])[],
  criticalTypes: readonly string[],
): ByMeasure<StudyDifference>[] {
  if (theirs.length > 1) return differencesOverSeeds(theirs, ours, criticalTypes);
  return ours.map(([counts]) => {
    const found = pairedDifferences(theirs[0], counts, criticalTypes);
    return byMeasure(({ key }) => ({ ...found[key], pPermutation: null, detectable: null }));
  });
}

/** The β that the paper finds best. */
const PAPERS_BEST_BETA = 0.2;

/**
 * The differences that the paper's claims are about: vanilla student less teacher in F1, its F1_critical less its F1, and
 * F1_critical at the paper's best β less that at every other. Over the seeds that both sides have; a teacher that was given is
 * the same of every seed. Training noise of one β against another is told by the whole sweep, as it is where vanilla is compared.
 */
export function paperContrasts(
  runs: readonly StudyRun[],
  criticalTypes: readonly string[],
  countsOf: CountsOf,
): Contrast[] {
  const ofRole = (role: StudyRun['role']) => runs.filter(run => run.role === role);
  const found: Contrast[] = [];
  const add = (
    of: Pick<Contrast, 'claim' | 'form' | 'beta' | 'otherBeta'>,
    first: readonly StudyRun[],
    second: readonly StudyRun[],
    measures: readonly [Measure, Measure],
    sweep: readonly (readonly StudyRun[])[] = [],
  ) => {
    const pairs = second.flatMap(run => {
      const other = first.find(({ seed }) => seed === run.seed || seed === null);
      return other ? [[other, run]] : [];
    });
    if (pairs.length === 0) return;
    const [theirs, ours] = [0, 1].map(side => pairs.map(pair => countsOf(pair[side])));
    const seeds = seedsOf(pairs.map(([, run]) => run));
    const others = sweep.filter(method => method !== first && method !== second && seedsOf(method) === seeds);
    found.push({
      ...of,
      runs: [...new Set(pairs.flat().map(({ id }) => id))],
      of: contrast(
        theirs,
        ours,
        criticalTypes,
        measures,
        others.map(method => method.map(countsOf)),
      ),
    });
  };
  const vanilla = ofRole('vanilla');
  const none = { form: null, beta: null, otherBeta: null };
  add({ claim: 'student against teacher', ...none }, ofRole('teacher'), vanilla, ['f1', 'f1']);
  add({ claim: 'critical against all types', ...none }, vanilla, vanilla, ['f1', 'f1Critical']);
  const sweep = [vanilla, ...pointsOf(runs)];
  for (const [form, points] of group(sweep.slice(1), ([{ form }]) => form)) {
    const best = points.find(([{ beta }]) => beta === PAPERS_BEST_BETA) ?? [];
    for (const others of [vanilla, ...points])
      if (others !== best)
        add(
          {
            claim: 'β against the others',
            form,
            beta: PAPERS_BEST_BETA,
            otherBeta: others === vanilla ? 0 : others[0].beta,
          },
          others,
          best,
          ['f1Critical', 'f1Critical'],
          sweep,
        );
  }
  return found;
}

/** Intervals of one model's runs together, over seeds and sentences. */
export function intervalsOfSeeds(
  runs: readonly StudyRun[],
  criticalTypes: readonly string[],
  countsOf: CountsOf,
): IntervalsOverSeeds {
  return {
    runs: runs.map(({ id }) => id),
    precision: runs[0].precision,
    of: intervalsOverSeeds(runs.map(countsOf), criticalTypes),
  };
}

/** Intervals of a run at another confidence than that of its metrics, from its predictions in CoNLL columns. */
export function intervalsOfRun(
  predictionsFile: string,
  criticalTypes: readonly string[],
  confidence: number,
): ByMeasure<BootstrapInterval | null> {
  const { sentences } = readPredictions({ file: predictionsFile });
  return bootstrapIntervals(countSentences(sentences), criticalTypes, { confidence });
}
