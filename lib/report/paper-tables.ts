/**
 * The numbers that the reproduced paper prints, to be shown beside ours.
 *
 * Source: I. Chudnov, O. Romashkova, "Models of resource-efficient distillation of transformers for preserving critical
 * knowledge in NER tasks" (in Russian), Tables 1 and 2: CoNLL-2003, critical types PER and ORG, teacher
 * bert-base-uncased, student distilbert-base-uncased.
 */
import type { Role } from '../experiment/study';
import { lossKind } from '../training/losses';

/** The scores that each table prints, in the paper's own order, by the names that they have in our columns. */
export const PAPER_SCORES = {
  table1: ['f1', 'f1_critical', 'coverage'],
  table2: ['recall', 'precision', 'f1', 'recall_critical', 'precision_critical', 'f1_critical', 'coverage'],
} as const;

/** What a row prints, in per cent by the name of the score. */
type Percent = Readonly<Partial<Record<string, number>>>;

/** A row of the paper's Table 1, which gives fractions; here they are percent, as in its Table 2. */
export interface PaperModel {
  readonly parameters: number;
  readonly latencyMs: number;
  readonly percent: Percent;
}

/** Table 1 has only these two models. */
export const PAPER_TABLE_1: Readonly<Partial<Record<Role, PaperModel>>> = {
  teacher: {
    parameters: 108_898_569,
    latencyMs: 7.802,
    percent: { f1: 90.8186, f1_critical: 91.3884, coverage: 90.5894 },
  },
  vanilla: {
    parameters: 66_369_801,
    latencyMs: 4.4,
    percent: { f1: 91.1686, f1_critical: 92.5079, coverage: 92.1807 },
  },
};

/** A row of the paper's Table 2. The paper does not say which form of the critical loss it belongs to. */
export interface PaperBeta {
  readonly beta: number;
  readonly latencyMs: number;
  readonly percent: Percent;
}

const TABLE_2 = [
  // β, time (s), then PAPER_SCORES.table2
  [0.0, 0.005, 92.12, 92.06, 92.09, 92.22, 93.69, 92.95, 92.22],
  [0.1, 0.0047, 92.15, 91.87, 92.01, 93.16, 93.0, 93.08, 93.16],
  [0.2, 0.0057, 92.21, 92.38, 92.3, 92.75, 93.93, 93.34, 92.75],
  [0.5, 0.005, 91.99, 92.54, 92.26, 92.75, 93.69, 93.22, 92.75],
];

export const PAPER_TABLE_2: readonly PaperBeta[] = TABLE_2.map(([beta, seconds, ...scores]) => ({
  beta,
  latencyMs: seconds * 1000,
  percent: Object.fromEntries(PAPER_SCORES.table2.map((score, i) => [score, scores[i]])),
}));

/** What a reader of the comparison has to know about the paper's tables. */
export const PAPER_DISAGREEMENT =
  'The paper disagrees with itself in two places. Its vanilla student has F1 91.17, F1_critical 92.51 and Coverage 92.18 % ' +
  'in Table 1, but β = 0 in Table 2, which is the same loss, has 92.09, 92.95 and 92.22 %. Its text says that a large β ' +
  'such as 0.5 may lower the overall F1; in its Table 2, β = 0.1 does (92.01 %) and β = 0.5 does not (92.26 %). ' +
  'The differences between its rows are tenths of a percent point, and it gives no spread over seeds. ' +
  'So its numbers stand here for comparison, not as a target to hit.';

/** Whether the paper's numbers are about this corpus, so that they may stand in one picture with ours. */
export function isPaperCorpus(corpus: string): boolean {
  return /conll.?(20)?03/i.test(corpus);
}

/** Whether a loss of the library makes critical tokens count more, as both forms of the paper do. */
export function isCriticalLoss(name: string): boolean {
  return lossKind(name)?.().usesCritical ?? false;
}
