/** What notebooks and scripts import as `ner-distill`. */
import * as tf from '@tensorflow/tfjs';

export {
  type CorpusFile,
  type FileOptions,
  type Format,
  formatCorpus,
  readCorpus,
  readCorpusFile,
} from './corpus/formats';
export { formatConll, type ReadOptions, readConll, readConllFile } from './corpus/formats/conll';
export { formatConllu } from './corpus/formats/conllu';
export { formatJsonLines } from './corpus/formats/json-lines';
export { trainGazetteer } from './corpus/gazetteer';
export { LabelSet, labelSetOf } from './corpus/labels';
export { fromBio } from './corpus/schemes';
export type { Corpus, Sentence } from './corpus/sentence';
export { type CorpusFiles, type CorpusOptions, loadCorpus } from './corpus/sources';
export { taggedText } from './corpus/tagged-text';
export { SCHEMES, type Scheme } from './corpus/tags';
export { splitWords } from './corpus/words';
export type { Engine } from './engine/engine';
export { openEngine } from './engine/select';
export { InputError } from './errors';
export { compareModels } from './evaluation/compare';
export {
  analyseErrors,
  confusionOfTypes,
  countOutcomes,
  type EntityOutcome,
  errorsOf,
  OUTCOMES,
  type Outcome,
  type ScoredSentence,
} from './evaluation/errors';
export { type FactRow, factCounts, factsTable, lostFacts } from './evaluation/facts';
export { OVERLAP_SCHEMAS, overlapScores } from './evaluation/overlap';
export { type ErrorSource, errorSource } from './evaluation/predictions';
export { averagesOf, countSpans, type Score, type Scores, scores } from './evaluation/scores';
export { differencesOverSeeds } from './evaluation/seeds';
export {
  approximateRandomization,
  bootstrapDifferences,
  bootstrapIntervals,
  holm,
} from './evaluation/significance';
export { type Span, spansOf } from './evaluation/spans';
export type { BatchLength, MeasurementSetting, ModelLatency } from './experiment/measure-model';
export { openStudy, StudySession } from './experiment/paper';
export { planOf, planWithModels, type StudyPlan } from './experiment/plan';
export type { PlannedRun, RunChoice } from './experiment/planned-runs';
export type { Role, Study, StudyRun } from './experiment/study';
export { type CheckpointOptions, resolveCheckpoint } from './hub/checkpoint';
export { bringDataset, type ResolvedDataset, resolveDataset } from './hub/dataset';
export { loadCheckpoint, saveCheckpoint } from './model/checkpoint';
export type { ModelConfig } from './model/config';
export { initialParameters, parameterShapes } from './model/parameters';
export { forward, lookups, programData, programVariables } from './model/token-classifier';
export { findModel } from './prediction/find-model';
export { Tagger } from './prediction/tagger';
export type { TaggedEntity, Tagging } from './prediction/tagging';
export { sentenceOnBeta } from './report/beta-sentence';
export { show, showMarkdown, showSentences, showTable, showTokens } from './report/display';
export {
  confusionFigure,
  entityTypesFigure,
  type OutcomesRow,
  outcomesFigure,
  type TypeCounts,
} from './report/entity-figures';
export { type Figure, figure1, figure2, figure3, figure4 } from './report/figures';
export { latencyRow } from './report/latency-row';
export { learningCurves, type Training } from './report/learning-curves';
export { factsSummary, studyFacts } from './report/lost-facts';
export { claimsForPeople, paperClaims } from './report/paper-claims';
export { settingsBesidePaper } from './report/paper-settings';
export { PAPER_DISAGREEMENT } from './report/paper-tables';
export { paretoFigure } from './report/pareto-figure';
export { renderSvg } from './report/render';
export { studyErrors } from './report/study-errors';
export { quantizeCompared } from './report/study-quantized';
export { bestConstrained, candidatesOf } from './report/summaries';
export { percent, runsTable, type TableRow, table1, table2, toFrame } from './report/tables';
export { describeEnergy, type Energy, estimateEnergy, measureEnergy } from './resources/energy';
export {
  type LatencyProtocol,
  type LatencySummary,
  measureInTurn,
  measureLatency,
  type Speedup,
  speedupOver,
  summarizeLatency,
} from './resources/latency';
export { describeLoad, type MachineLoad, watchLoad } from './resources/load';
export { describeMachine, formatVersions } from './resources/machine';
export { countParameters } from './resources/parameters';
export { quantile } from './resources/quantile';
export { encodeSplit } from './tokenization/align';
export { padBatch, placesOf } from './tokenization/batch';
export { loadTokenizer, WordTokenizer } from './tokenization/tokenizer';
export { trainWordPiece } from './tokenization/wordpiece-trainer';
export {
  criticalClassWeight,
  criticalClassWeights,
  criticalClassWeightsLoss,
} from './training/losses/critical-class-weights';
export { criticalLogits, criticalLogitsLoss } from './training/losses/critical-logits';
export { crossEntropy, crossEntropyLoss } from './training/losses/cross-entropy';
export {
  distillationTerm,
  klDivergence,
  softmax,
  vanillaDistillation,
} from './training/losses/distillation';
export {
  defineLoss,
  LABELLED,
  type LabelledToken,
  type Loss,
  type LossInputs,
  lossData,
  lossOf,
  TAUGHT,
  totalsOf,
  weightedMean,
} from './training/losses/loss';
export { tf };
