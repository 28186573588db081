/** Of docs/conll2003.md the sections on errors: wrong critical entities, types, new names, lost facts. */
import { mean } from 'd3-array';
import { analyseErrors, type EntityOutcome, errorsOf } from 'ner-distill/evaluation/errors';
import { type Fate, lostFacts } from 'ner-distill/evaluation/facts';
import type { ModelSummary } from 'ner-distill/report/summaries';
import { CRITICAL, type Predicted } from './found';
import { nameOf, type Sweep } from './report-study';
import { borneOut, percent, points, table } from './report-text';

/** What the price of β is: entities that were taken for critical ones. */
export function wrongCritical({ predictionsOf, vanilla, logits, weighted }: Sweep): string {
  const alarms = (model: ModelSummary) => falseAlarmCounts(predictionsOf(model));
  const rowsOfErrors = [vanilla, ...logits, weighted.at(-1)!].map(model => [
    nameOf(model),
    ...Object.values(alarms(model)).map(value => value.toFixed(0)),
  ]);
  const before = alarms(vanilla);
  const after = alarms(logits[1]);
  const more = after.wrong - before.wrong;
  const ofOtherTypes = after.otherTypes - before.otherTypes;
  const gainsOf = (kind: keyof typeof after) =>
    points((after[kind] - before[kind]) / 100).replace(/\.\d+$/, '');
  borneOut(
    more > 0 && ofOtherTypes > 0,
    'with β there are more wrong critical entities, and more of other types',
  );
  borneOut(after.right > before.right, 'with β there are more right critical entities');
  const [critical, ofVanilla] = [logits[1], vanilla].map(
    model => mean(model.runs, run => run.test.critical.precision!)!,
  );
  borneOut(critical < ofVanilla, 'precision on critical types pays for it');
  return `So logit matching does what it is made for, and at a price. One reading of why: it pulls the student's logits towards the teacher's at words that *are* critical, and nowhere else, so that a student in doubt
learns to say PER or ORG, for no such pull speaks for LOC, MISC or O. The entities that were predicted as critical, mean over the seeds:

${table(
  [
    '',
    '> predicted',
    '> right',
    '> wrong',
    '> gold is LOC or MISC',
    '> PER for ORG, ORG for PER',
    '> wrong boundary',
    '> nothing there',
  ],
  rowsOfErrors,
)}

At β = ${logits[1].beta} there are ${(after.right - before.right).toFixed(0)} more right ones than vanilla has and ${more.toFixed(0)} more wrong ones: ${gainsOf('otherTypes')} that are LOC or MISC, ${gainsOf('spurious')}
where there is nothing, ${gainsOf('confused')} with PER and ORG confused, ${gainsOf('boundary')} with a wrong boundary. Whether that is a bargain depends on what a missed name costs against a false one, which neither F1 knows: it is the reason to look at Coverage and precision, and not at F1_critical alone.`;
}

const isOther = (gold: EntityOutcome['gold'], predicted: EntityOutcome['predicted']) =>
  gold !== null && gold.type !== predicted!.type;

/** Predicted critical entities of a model, mean over its seeds. */
function falseAlarmCounts(found: readonly Predicted[]) {
  const seeds = found.map(each => {
    const outcomes = outcomesOf(each).filter(
      ({ predicted }) => predicted && CRITICAL.includes(predicted.type),
    );
    const count = (holds: (outcome: EntityOutcome) => boolean) => outcomes.filter(holds).length;
    return {
      predicted: outcomes.length,
      right: count(({ outcome }) => outcome === 'correct'),
      wrong: count(({ outcome }) => outcome !== 'correct'),
      otherTypes: count(({ gold, predicted }) => isOther(gold, predicted) && !CRITICAL.includes(gold!.type)),
      confused: count(({ gold, predicted }) => isOther(gold, predicted) && CRITICAL.includes(gold!.type)),
      boundary: count(({ outcome }) => outcome === 'wrong boundary'),
      spurious: count(({ outcome }) => outcome === 'spurious'),
    };
  });
  type Counts = (typeof seeds)[number];
  return Object.fromEntries(
    Object.keys(seeds[0]).map(key => [key, mean(seeds, of => of[key as keyof Counts])!]),
  ) as Counts;
}

function outcomesOf({ sentences }: Predicted): EntityOutcome[] {
  return errorsOf(
    sentences.map(({ gold }) => gold),
    sentences.map(({ predicted }) => predicted),
  );
}

export function perClass({ teacher, control, vanilla, logits, weighted }: Sweep): string {
  const types = Object.keys(vanilla.runs[0].test.byType);
  const shown = [teacher, control, vanilla, ...logits, weighted.at(-1)!];
  const f1 = (model: ModelSummary, type: string) => mean(model.runs, run => run.test.byType[type].f1!)!;
  const rows = shown.map(model => [nameOf(model), ...types.map(type => percent(f1(model, type)))]);
  const support = types.map(type => vanilla.runs[0].test.byType[type].support);
  const loss = types
    .map(type => ({ type, lost: f1(teacher, type) - f1(vanilla, type) }))
    .sort((a, b) => b.lost - a.lost);
  return `## By type

F1 of each type, mean over the seeds:

${table(['', ...types.map((type, i) => `> ${type} (${support[i]})`)], rows)}

From the teacher to the vanilla student ${loss[0].type} loses most (${percent(loss[0].lost)} points), then ${loss[1].type} (${percent(loss[1].lost)}) and ${loss[2].type} (${percent(loss[2].lost)}); ${loss[3].type} loses ${percent(loss[3].lost)}.`;
}

export function seenAndUnseen({
  corpus,
  predictionsOf,
  teacher,
  control,
  vanilla,
  logits,
  weighted,
}: Sweep): string {
  const shown = [teacher, control, vanilla, ...logits, weighted.at(-1)!];
  const VALUES = ['seen with this type', 'seen with other types', 'not seen'];
  const recallOf = (model: ModelSummary, value: string) =>
    mean(slicesByModel.get(model)!, slices => slices.find(each => each.value === value)!.score.recall!)!;
  const slicesByModel = new Map(
    shown.map(model => [
      model,
      predictionsOf(model).map(({ sentences }) =>
        analyseErrors(criticalOnly(sentences), { critical: CRITICAL, train: corpus.train }).slices.filter(
          ({ attribute }) => attribute === 'training',
        ),
      ),
    ]),
  );
  const supports = VALUES.map(
    value => slicesByModel.get(vanilla)![0].find(each => each.value === value)!.score.support,
  );
  const rows = shown.map(model => [nameOf(model), ...VALUES.map(value => percent(recallOf(model, value)))]);
  const drop = (value: string) => recallOf(teacher, value) - recallOf(vanilla, value);
  borneOut(drop('not seen') > drop('seen with this type'), 'the student loses more of what it has not seen');
  const gain = (value: string) => recallOf(logits[1], value) - recallOf(vanilla, value);
  borneOut(gain('not seen') > gain('seen with this type'), 'β gives most of what was not seen');
  return `## Names that training had, and names that it had not

Coverage of the critical entities of the test part by whether training had the same words as an entity, mean over the seeds:

${table(['', ...VALUES.map((value, i) => `> ${value} (${supports[i]})`)], rows)}

What training had, a student of three layers knows nearly as well as its teacher (${percent(drop(VALUES[0]))} points less). What it loses are names it must tell from their context:
${percent(drop('not seen'))} points of those that were not seen. Logit matching at β = ${logits[1].beta} gives ${percent(gain('not seen'))} of these points back. A test part with few new names would show neither.`;
}

/** Entities of other types left out, in gold and prediction. */
function criticalOnly(sentences: Predicted['sentences']): Predicted['sentences'] {
  const only = (tags: readonly string[]) => tags.map(tag => (CRITICAL.includes(tag.slice(2)) ? tag : 'O'));
  return sentences.map(({ words, gold, predicted }) => ({
    words,
    gold: only(gold),
    predicted: only(predicted),
  }));
}

export function facts({ teacher, predictionsOf, control, vanilla, logits, weighted }: Sweep): string {
  const shown = [control, vanilla, ...logits, weighted.at(-1)!];
  const ofSeed = new Map(predictionsOf(teacher).map(model => [model.seed, model]));
  const FATES: readonly Fate[] = ['kept', 'lost', 'gained', 'missed'];
  const KINDS = ['missed', 'wrong type', 'wrong boundary', 'wrong type and boundary'] as const;
  const counted = shown.map(model => {
    const seeds = predictionsOf(model).map(each => {
      const tagsOf = (key: 'gold' | 'predicted', of: Predicted) =>
        of.sentences.map(sentence => sentence[key]);
      const fates = lostFacts(
        tagsOf('gold', each),
        tagsOf('predicted', ofSeed.get(each.seed)!),
        tagsOf('predicted', each),
        CRITICAL,
      );
      const outcomes = new Map(
        outcomesOf(each).flatMap(({ sentence, gold, outcome }) =>
          gold ? [[`${sentence} ${gold.start}`, outcome]] : [],
        ),
      );
      const kinds = fates.lost.map(({ sentence, span }) => outcomes.get(`${sentence} ${span.start}`));
      return [
        ...FATES.map(fate => fates[fate].length),
        ...KINDS.map(kind => kinds.filter(each => each === kind).length),
      ];
    });
    return { model, means: seeds[0].map((_, column) => mean(seeds, row => row[column])!) };
  });
  const lost = (model: ModelSummary) => counted.find(each => each.model === model)!.means;
  const [ofVanilla, ofLogits] = [lost(vanilla), lost(logits[1])];
  borneOut(ofLogits[1] < ofVanilla[1], 'β loses fewer facts');
  const kinds = KINDS.map((kind, i) => ({ kind, count: ofVanilla[FATES.length + i] })).sort(
    (a, b) => b.count - a.count,
  );
  return `## Facts that were lost

A fact is a critical entity of the test part. Beside the teacher of its seed a student has *kept* it (both found it), *lost* it (only the teacher did), *gained* it (only the student did), or both *missed*
it; and where it was lost, the student has predicted nothing there, or something else. Mean over the seeds:

${table(
  [
    '',
    ...FATES.map(fate => `> ${fate}`),
    '> lost: nothing predicted',
    '> another type',
    '> another boundary',
    '> both',
  ],
  counted.map(({ model, means }) => [nameOf(model), ...means.map(value => value.toFixed(1))]),
)}

The vanilla student loses ${ofVanilla[1].toFixed(0)} facts that its teacher had, most often to ${{ missed: 'silence', 'wrong type': 'another type', 'wrong boundary': 'another boundary', 'wrong type and boundary': 'another type and boundary' }[kinds[0].kind]} (${kinds[0].count.toFixed(0)}), and gains
${ofVanilla[2].toFixed(0)}. With β = ${logits[1].beta} (logits) it loses ${ofLogits[1].toFixed(0)}. \`npx ner-distill compare\` lists such facts one by one for any two models.`;
}
