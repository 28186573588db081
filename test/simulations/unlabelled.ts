/**
 * What a teacher's text without labels is worth where labels are few: students from shares of the labelled sentences, with
 * the other sentences as text and without, beside a student without a teacher. By hand:
 *
 *   node --require ./lib/loader.cjs test/simulations/unlabelled.ts --out results-unlabelled --seeds 3 --preset … --data …
 *
 * with the flags of a plan as "reproduce" takes them. Runs are kept in the folder by their ids: what was stopped goes on when
 * the same is asked again, and several processes can share the work (--seed 1 in one, --seed 2 in another). At the end it
 * writes `unlabelled.csv` and `unlabelled.svg`, of the seeds and shares that were asked for.
 */
import { join } from 'node:path';
import { Command } from 'commander';
import { deviation, group, mean } from 'd3-array';
import { planOfFlags } from 'ner-distill/commands/actions/results';
import { numbers, positive } from 'ner-distill/commands/arguments';
import { addPlanOptions } from 'ner-distill/commands/plan-options';
import { toCsv } from 'ner-distill/csv';
import { sha256 } from 'ner-distill/digest';
import { InputError } from 'ner-distill/errors';
import { byMeasure, MEASURES, type Measure, scoreOf } from 'ner-distill/evaluation/measures';
import { countSentences, type SpanCounts } from 'ner-distill/evaluation/scores';
import { differencesOverSeeds } from 'ner-distill/evaluation/seeds';
import { corrected } from 'ner-distill/evaluation/significance';
import { StudySession } from 'ner-distill/experiment/paper';
import type { ModelPlan, StudyPlan } from 'ner-distill/experiment/plan';
import { type Progress, stdoutProgress } from 'ner-distill/experiment/progress';
import type { Role, StudyRun } from 'ner-distill/experiment/study';
import { writeFileAtomically } from 'ner-distill/files';
import { inPercent } from 'ner-distill/report/columns';
import { renderSvg } from 'ner-distill/report/render';
import { stopSignal } from 'ner-distill/stop-signal';
import { type Cell, fewLabelsFigure } from './few-labels-figure';

/** A run, where it stands in the table, and what it found in the test part. */
interface Result extends Cell {
  readonly seed: number;
  readonly run: StudyRun;
  readonly counts: SpanCounts;
  readonly sentences: { readonly labelled: number; readonly text: number };
}

interface Flags {
  readonly preset?: string;
  readonly out: string;
  readonly fractions: readonly number[];
  readonly mostEpochs: number;
}

async function main({ out, fractions, mostEpochs, ...flags }: Flags): Promise<void> {
  const asked = await planOfFlags(flags, out);
  const plan: StudyPlan = { ...asked, students: [{ ...asked.students[0], sweep: true }] };
  const results: Result[] = [];
  const testParts = new Set<string>();
  for (const seed of plan.seeds)
    for (const trainFraction of fractions) {
      const cell: StudyPlan = {
        ...plan,
        seeds: [seed],
        // Each seed has labels of its own, so that their choice is a part of what differs between seeds.
        reading: { ...plan.reading, trainFraction, splitSeed: seed },
        teacher: longer(plan.teacher, trainFraction, mostEpochs),
      };
      const students = cell.students.map(student => longer(student, trainFraction, mostEpochs));
      const unlabelled = plan.unlabelled ?? (trainFraction < 1 ? 'rest' : null);
      const taught: Role[] = ['vanilla', 'constrained'];
      const found = [
        ...(await runsOf({ ...cell, students, unlabelled: null }, out, ['teacher', 'control', ...taught])),
        ...(unlabelled ? await runsOf({ ...cell, unlabelled }, out, taught) : []),
      ];
      for (const { testPart, ...result } of found) {
        testParts.add(testPart);
        results.push({ ...result, seed, fraction: trainFraction });
      }
      if (testParts.size > 1)
        throw new InputError(
          'the corpus lacks parts, which each seed would divide otherwise: expected a train, a valid and a test file',
        );
    }
  const cells = pointsOf(results);
  writeFileAtomically(join(out, 'unlabelled.csv'), toCsv(tableOf(results, plan.criticalTypes)));
  writeFileAtomically(join(out, 'unlabelled.svg'), await renderSvg(fewLabelsFigure(cells)));
  for (const { fraction, model, withText, scores } of cells) {
    const of = MEASURES.map(({ key, title }) => `${title} ${scores(key).mean?.toFixed(2) ?? '–'}`);
    console.log(`${fraction} ${model}${withText ? ', with text' : ''}: ${of.join(', ')}`);
  }
}

/**
 * A model of few labels is trained for more epochs, so that it takes as many steps as with all of them: else what text adds
 * could be steps alone. @param most epochs, since each is followed by a validation
 */
function longer<M extends ModelPlan>(model: M, fraction: number, most: number): M {
  const { epochs } = model.training;
  const scaled = Math.max(epochs, Math.min(most, Math.round(epochs / fraction)));
  return { ...model, training: { ...model.training, epochs: scaled } };
}

type Found = Omit<Result, 'seed' | 'fraction'> & { readonly testPart: string };

async function runsOf(plan: StudyPlan, out: string, roles: readonly Role[]): Promise<Found[]> {
  const session = await StudySession.open(plan, out, { progress, signal });
  const sentences = {
    labelled: session.corpus.train.length,
    text: session.text?.sentences.length ?? 0,
  };
  const testPart = sha256(JSON.stringify(session.corpus.test.map(({ words }) => words)));
  return (await session.all(roles)).map(run => ({
    role: run.role,
    model: run.form === null ? run.role : `${run.role} (${run.form}, β = ${run.beta})`,
    withText: sentences.text > 0,
    run,
    counts: countSentences(session.predictions(run)),
    sentences,
    testPart,
  }));
}

const keyOf = ({ fraction, model, withText }: Cell) => `${fraction} ${model} ${withText}`;

/** Of each measure, in per cent. */
function scoresOf(results: readonly Result[]) {
  return byMeasure(measure => {
    const scores = results.flatMap(({ run }) => scoreOf(measure, run.test) ?? []).map(score => 100 * score);
    return { mean: mean(scores) ?? null, std: deviation(scores) ?? null };
  });
}

function tableOf(results: readonly Result[], critical: readonly string[]) {
  const models = group(results, keyOf);
  const cells = [...models.values()];
  const gains = new Map(
    cells.flatMap(cell => {
      const without = cell[0].withText && models.get(keyOf({ ...cell[0], withText: false }));
      if (!without || cell.length < 2) return [];
      const countsOf = (each: readonly Result[]) => each.map(({ counts }) => counts);
      const [gain] = differencesOverSeeds(countsOf(without), [countsOf(cell)], critical);
      return [[keyOf(cell[0]), gain] as const];
    }),
  );
  // One family a measure: every model with text, at every share.
  const correctedOf = byMeasure(({ key }) => {
    const family = corrected([...gains.values()].map(gain => gain[key]));
    return new Map([...gains.keys()].map((cell, i) => [cell, family[i]]));
  });
  return cells.map(cell => {
    const [{ fraction, model, sentences }] = cell;
    const scores = scoresOf(cell);
    return {
      labelled_fraction: fraction,
      labelled_sentences: sentences.labelled,
      text_sentences: sentences.text,
      model,
      ...(Object.fromEntries(
        MEASURES.flatMap(({ key, name }) => {
          const gain = correctedOf[key].get(keyOf(cell[0]));
          return [
            [`${name}_percent`, rounded(scores[key].mean)],
            [`${name}_std_percent`, rounded(scores[key].std)],
            // Less the same model without text.
            [`${name}_difference_percent`, rounded(gain && inPercent(gain.difference))],
            [`${name}_difference_low_percent`, rounded(gain && inPercent(gain.interval?.low))],
            [`${name}_difference_high_percent`, rounded(gain && inPercent(gain.interval?.high))],
            [`${name}_p`, rounded(gain?.pValue)],
            [`${name}_p_holm`, rounded(gain?.pHolm)],
          ];
        }),
      ) as Readonly<Record<string, number | null>>),
      seeds: cell.length,
      runs: cell.map(({ run }) => run.id).join(' '),
    };
  });
}

function pointsOf(results: readonly Result[]) {
  return [...group(results, keyOf).values()].map(cell => {
    const scores = scoresOf(cell);
    return { ...cell[0], scores: (key: Measure) => scores[key] };
  });
}

function rounded(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value.toFixed(4));
}

const signal = stopSignal();
const lines: Progress = { update() {}, line: text => console.log(text) };
const progress = process.stdout.isTTY ? stdoutProgress() : lines;
const command = new Command('unlabelled')
  .option('--out <folder>', 'where runs, table and figure are kept', 'results-unlabelled')
  .option('--fractions <shares>', 'of the training sentences that have labels', numbers, [0.05, 0.1, 0.25, 1])
  .option('--most-epochs <n>', 'of models of few labels', positive, 40)
  .action(main);
addPlanOptions(command)
  .parseAsync()
  .catch(error => {
    console.error(error instanceof InputError ? error.message : error);
    process.exitCode = 1;
  });
