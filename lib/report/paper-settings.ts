/** The settings of a plan beside those that the paper gives: what is reproduced, and what is ours. */
import type { StudyPlan } from '../experiment/plan';
import { SETTINGS, type Setting, type SettingName, type SettingRow } from '../experiment/settings';

/** The order of the table; a setting that is not named here stands behind the others. */
const ORDER: readonly SettingName[] = [
  'data',
  'limit',
  'splitSeed',
  'trainFraction',
  'unlabelled',
  'tokenizer',
  'critical',
  'teacherLayers',
  'studentLayers',
  'teacherEpochs',
  'learningRate',
  'batchSize',
  'accumulation',
  'alpha',
  'temperature',
  'betas',
  'forms',
  'kappa',
  'highBetaLearningRateFactor',
  'maxNorm',
  'warmup',
  'weightDecay',
  'dropout',
  'wordDropout',
  'subwordDropout',
  'maxLength',
  'seeds',
  'latency',
];

/** One row a setting that bears on the numbers of the teacher or the first student; none for what the plan leaves off. */
export function settingsBesidePaper(plan: StudyPlan): SettingRow[] {
  const names = new Set([...ORDER, ...(Object.keys(SETTINGS) as SettingName[])]);
  return [...names].flatMap(name => {
    const setting: Setting = SETTINGS[name];
    return setting.row?.(plan) ?? [];
  });
}
