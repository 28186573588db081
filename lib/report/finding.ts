/** What a study found, in three sentences: what was distilled from what, what that costs and keeps, and whether β did more than chance. */
import { MEASURES, measureOf } from '../evaluation/measures';
import type { Study } from '../experiment/study';
import { counted, listed } from '../listed';
import { sentenceOnBeta } from './beta-sentence';
import { isCriticalLoss } from './paper-tables';
import {
  bestConstrained,
  intervalOf,
  type ModelSummary,
  modelOf,
  speedupOf,
  speedupText,
  testSpread,
} from './summaries';

/** Of those it keeps, in their order. */
const KEPT = MEASURES.filter(({ over }) => over === 'critical');

/** Paragraphs. Of models that were not run there is nothing to say. */
export function findingOf(study: Study): string[] {
  return [whatWasDone(study), ...whatIsKept(study), sentenceOnBeta(study)];
}

function whatWasDone(study: Study): string {
  const [teacher, vanilla] = [modelOf(study, 'teacher'), modelOf(study, 'vanilla')];
  const constrained = study.runs.filter(({ role }) => role === 'constrained');
  const sizeOf = (model: ModelSummary | null) =>
    model && model.parameters !== null ? ` of ${millions(model.parameters)} parameters` : '';
  const ofCritical = constrained.some(({ form }) => isCriticalLoss(form!));
  const weights =
    constrained.length === 0
      ? ''
      : ofCritical
        ? ` and with extra weight β on the critical types ${listed(study.criticalTypes, 'and')}`
        : ` and with a further term of weight β (${listed(study.forms, 'and')})`;
  // What was given was trained elsewhere.
  const trainings = study.runs.filter(({ given }) => given === null).length;
  return (
    `On ${study.corpus}, a student${sizeOf(vanilla)} was distilled from a ${study.givenTeacher ? 'given' : 'fine-tuned'} teacher${sizeOf(teacher)}, ` +
    `plainly (vanilla)${weights}: ${counted(trainings, 'training')} with ${counted(study.seeds.length, 'seed')}.`
  );
}

/** The vanilla and the best constrained student against the teacher, each with what the teacher has. */
function whatIsKept(study: Study): string[] {
  const teacher = modelOf(study, 'teacher');
  const students = [modelOf(study, 'vanilla'), bestConstrained(study)].filter(model => model !== null);
  if (!teacher || students.length === 0) return [];
  const [first] = students;
  const costs =
    first.parameters !== null && teacher.parameters !== null
      ? [`${percentOf(first.parameters, teacher.parameters)} of the teacher’s parameters`]
      : [];
  const speedup = speedupOf(study, first);
  const time = speedup
    ? [
        `${speedupText(speedup, 'its speed')}, ${first.latencyMs!.mean.toFixed(2)} against ${teacher.latencyMs!.mean.toFixed(2)} ms a batch`,
      ]
    : [];
  const price = listed([...costs, ...time], 'and');
  const kept = students.map(model => `the ${model.name} has ${scoresOf(study, model)}`);
  return [
    `${price ? `With ${price}, ${listed(kept, 'and')}` : capitalised(listed(kept, 'and'))}; the teacher has ${scoresOf(study, teacher)} (test part, 95 % intervals).`,
  ];
}

function scoresOf(study: Study, model: ModelSummary): string {
  const scores = KEPT.map(measure => {
    const spread = testSpread(model, measure);
    const interval = intervalOf(study, model, measure.key);
    const range = interval ? ` (${shown(interval.low)} to ${shown(interval.high)})` : '';
    return `${measureOf(measure.key).title} ${spread ? `${shown(spread.mean)} %` : '–'}${range}`;
  });
  return listed(scores, 'and');
}

function shown(fraction: number): string {
  return (100 * fraction).toFixed(2);
}

function percentOf(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function millions(parameters: number): string {
  return parameters < 1e5 ? parameters.toLocaleString('en-US') : `${(parameters / 1e6).toFixed(1)} million`;
}
