/**
 * The paper's claims one by one: what it says, its number, ours with its interval, and what that allows to say. A claim holds
 * where the whole interval speaks for it, does not where the whole interval speaks against it, and else cannot be told.
 */
import { greatest, least } from 'd3-array';
import { type Measure, measureOf } from '../evaluation/measures';
import type { Contrast, Study } from '../experiment/study';
import { LEVEL } from './beta-sentence';
import type { TableRow } from './columns';
import { isCriticalLoss, PAPER_TABLE_1, PAPER_TABLE_2 } from './paper-tables';
import { bestConstrained, type ModelSummary, modelOf, speedupOf, sweptModel } from './summaries';
import { percent, rounded } from './tables';

export type Verdict = 'holds' | 'does not hold' | 'cannot be told';

/** A claim. Numbers are in its unit; `low` and `high` are the ends of a 95 % interval. */
export interface ClaimRow {
  readonly claim: string;
  /** Of the critical loss; `null` where the claim is not about one. */
  readonly form: string | null;
  readonly unit: 'points' | 'times' | 'β';
  readonly paper: number;
  readonly ours: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly verdict: Verdict;
  /** Ids of those that it is about. */
  readonly runs: string;
  readonly [column: string]: string | number | null;
}

/** β that the paper calls moderate, the best of them, and what it calls large. */
const MODERATE = [0.1, 0.2];
const LARGE = 0.5;

/** Whether a loss is swept that makes critical tokens count more, as the paper's does. */
function isPapers({ forms }: Study, form: string): boolean {
  return forms.includes(form) && isCriticalLoss(form);
}

/** A row for each claim that the study's runs bear on. */
export function paperClaims(study: Study): ClaimRow[] {
  const contrasts = (claim: Contrast['claim']) =>
    study.contrasts.filter(({ claim: of, form }) => of === claim && (form === null || isPapers(study, form)));
  const { teacher, vanilla } = PAPER_TABLE_1;
  return [
    ...contrasts('student against teacher').map(contrast =>
      inPoints('The vanilla student is no worse than its teacher in F1', contrast, {
        paper: vanilla!.percent.f1! - teacher!.percent.f1!,
      }),
    ),
    ...contrasts('critical against all types').map(contrast =>
      inPoints('The vanilla student is better on critical types (F1_critical) than on all (F1)', contrast, {
        paper: vanilla!.percent.f1_critical! - vanilla!.percent.f1!,
      }),
    ),
    ...MODERATE.flatMap(beta =>
      (['f1Critical', 'coverage'] as const).flatMap(measure =>
        gains(study, beta, measure, `β = ${beta} raises ${measureOf(measure).title}`, 1),
      ),
    ),
    ...gains(study, LARGE, 'f1', `β = ${LARGE} lowers the F1 over all types`, -1),
    ...bestBeta(contrasts('β against the others')),
    ...chosen(study),
    ...speed(study),
  ];
}

function inPoints(
  claim: string,
  { form, of, runs }: Pick<Contrast, 'form' | 'of' | 'runs'>,
  { paper, direction = 1 }: { readonly paper: number; readonly direction?: 1 | -1 },
): ClaimRow {
  const [low, high] = [percent(of.interval?.low), percent(of.interval?.high)];
  const [worst, best] = direction === 1 ? [low, high] : [high, low];
  return {
    claim,
    form,
    unit: 'points',
    paper: rounded(paper),
    ours: percent(of.difference),
    low,
    high,
    verdict: verdictOf(worst, best, 0, direction),
    runs: runs.join(' '),
  };
}

/** @param worst the end of the interval that speaks least for the claim; `best` the other */
function verdictOf(worst: number | null, best: number | null, bound: number, direction: 1 | -1 = 1): Verdict {
  if (worst === null || best === null) return 'cannot be told';
  if (direction * (worst - bound) > 0) return 'holds';
  return direction * (best - bound) < 0 ? 'does not hold' : 'cannot be told';
}

/** A β against vanilla, in each form. */
function gains(study: Study, beta: number, measure: Measure, claim: string, direction: 1 | -1): ClaimRow[] {
  const column = measureOf(measure).name;
  const paperAt = (point: number) => PAPER_TABLE_2.find(row => row.beta === point)!.percent[column]!;
  const paper = paperAt(beta) - paperAt(0);
  return study.comparisons
    .filter(({ form, beta: at }) => at === beta && isPapers(study, form))
    .map(({ form, of }) => {
      const runs = [modelOf(study, 'vanilla'), sweptModel(study, form, beta)].flatMap(idsOf);
      return inPoints(claim, { form, of: of[measure], runs }, { paper, direction });
    });
}

function idsOf(model: ModelSummary | null): string[] {
  return (model?.runs ?? []).map(({ id }) => id);
}

/** The paper's best β, against the one that comes nearest to it or is most above it. */
function bestBeta(contrasts: readonly Contrast[]): ClaimRow[] {
  const percents = PAPER_TABLE_2.map(row => ({ beta: row.beta, f1: row.percent.f1_critical! }));
  return [...new Set(contrasts.map(({ form }) => form))].flatMap(form => {
    const all = contrasts.filter(each => each.form === form);
    const nearest = least(all, ({ of }) => of.difference ?? Number.POSITIVE_INFINITY)!;
    const paperOf = (beta: number | null) => percents.find(row => row.beta === beta)?.f1;
    const others = percents.filter(({ beta }) => beta !== nearest.beta);
    const rival = paperOf(nearest.otherBeta) ?? greatest(others, ({ f1 }) => f1)!.f1;
    return [
      inPoints(
        `β = ${nearest.beta} is the best in F1_critical (here against β = ${nearest.otherBeta})`,
        nearest,
        { paper: paperOf(nearest.beta)! - rival },
      ),
    ];
  });
}

/** What validation chooses, if the test part confirms that it is more than chance. */
function chosen(study: Study): ClaimRow[] {
  const model = bestConstrained(study);
  if (!model || !isPapers(study, model.form!)) return [];
  const point = study.comparisons.find(({ form, beta }) => form === model.form && beta === model.beta);
  const { difference = null, pHolm = null } = point?.of.f1Critical ?? {};
  const isBeyond = difference !== null && pHolm !== null && pHolm <= LEVEL;
  const isModerate = MODERATE.includes(model.beta!);
  return [
    {
      claim: `β that is chosen on validation is moderate (${MODERATE.join(' to ')}) and raises F1_critical on test`,
      form: model.form,
      unit: 'β',
      paper: 0.2,
      ours: model.beta,
      low: null,
      high: null,
      verdict: !isBeyond ? 'cannot be told' : isModerate && difference > 0 ? 'holds' : 'does not hold',
      runs: idsOf(model).join(' '),
    },
  ];
}

/** Latency against parameters, both measured in turn; a machine that was busy tells nothing. */
function speed(study: Study): ClaimRow[] {
  const [teacher, student] = [modelOf(study, 'teacher'), modelOf(study, 'vanilla')];
  const speedup = speedupOf(study, student);
  if (!teacher?.parameters || !student?.parameters || !speedup) return [];
  const ratio = teacher.parameters / student.parameters;
  const { times, low, high } = speedup;
  const quiet = [teacher, student].every(({ latency }) => latency!.load.quiet);
  const [theirs, ours] = [PAPER_TABLE_1.teacher!, PAPER_TABLE_1.vanilla!];
  const paper = theirs.latencyMs / ours.latencyMs;
  const ofPaper = theirs.parameters / ours.parameters;
  return [
    {
      claim: `The vanilla student is faster than its teacher at least by the ratio of their parameters, here ${ratio.toFixed(2)} (the paper's: ${ofPaper.toFixed(2)})${quiet ? '' : ' (measured while the machine was busy)'}`,
      form: null,
      unit: 'times',
      paper: rounded(paper),
      ours: rounded(times),
      low: rounded(low),
      high: rounded(high),
      verdict: quiet ? verdictOf(low, high, ratio) : 'cannot be told',
      runs: [teacher, student].flatMap(idsOf).join(' '),
    },
  ];
}

/** The rows for people: numbers with their signs, units and intervals. */
export function claimsForPeople(rows: readonly ClaimRow[]): TableRow[] {
  return rows.map(({ claim, form, unit, paper, ours, low, high, verdict, runs }) => {
    const shown = (value: number) =>
      unit === 'points'
        ? `${value > 0 ? '+' : ''}${value.toFixed(2)}`
        : unit === 'β'
          ? String(value)
          : value.toFixed(2);
    const withUnit = (value: number) => (unit === 'β' ? `β = ${value}` : `${shown(value)} ${unit}`);
    const interval = low === null || high === null ? '' : ` (${shown(low)} to ${shown(high)})`;
    return {
      claim,
      form,
      'the paper': withUnit(paper),
      ours: ours === null ? null : withUnit(ours) + interval,
      verdict,
      runs,
    };
  });
}
