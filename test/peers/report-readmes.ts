/** The marked blocks of the two READMEs: the table of the study beside the paper's, and what it allows one to say. */
import { MEASURES } from 'ner-distill/evaluation/measures';
import { listed } from 'ner-distill/listed';
import { PAPER_TABLE_1, PAPER_TABLE_2 } from 'ner-distill/report/paper-tables';
import { type ModelSummary, testSpread } from 'ner-distill/report/summaries';
import { type FewLabels, share100 } from './report-few-labels';
import { effects, effectsOf } from './report-methods';
import type { OwnStudy, PeersStudy, Sweep } from './report-study';
import { fraction, percent, table } from './report-text';

/** What is said in the one language and in the other. */
interface Language {
  readonly headings: readonly string[];
  readonly here: string;
  readonly paper: string;
  readonly name: (model: Pick<ModelSummary, 'role' | 'form' | 'beta'>, layers: number) => string;
  /** With the decimal mark and the separators of the language. */
  readonly number: (text: string) => string;
}

const ENGLISH: Language = {
  headings: ['model', 'where', '> parameters', '> file, MB', '> latency of a batch, ms'],
  here: 'here',
  paper: 'the paper',
  number: text => text,
  name({ role, form, beta }, layers) {
    if (role === 'teacher') return `teacher, ${layers} layers`;
    if (role === 'control') return `student without teacher, ${layers} layers`;
    if (role === 'vanilla') return `vanilla student, ${layers} layers`;
    return form ? `constrained (${form}, β = ${beta})` : `β = ${beta}`;
  },
};

const RUSSIAN: Language = {
  headings: ['модель', 'откуда', '> параметры', '> файл, МБ', '> латентность батча, мс'],
  here: 'здесь',
  paper: 'статья',
  number: text => text.replaceAll(',', '\u00a0').replaceAll('.', ','),
  name({ role, form, beta }, layers) {
    const shown = String(beta).replace('.', ',');
    const depth = `${layers} ${layers < 5 ? 'слоя' : 'слоёв'}`;
    if (role === 'teacher') return `учитель, ${depth}`;
    if (role === 'control') return `ученик без учителя, ${depth}`;
    if (role === 'vanilla') return `ученик vanilla, ${depth}`;
    return form ? `constrained (${form}, β = ${shown})` : `β = ${shown}`;
  },
};

function tableIn({ headings, here, paper, name, number }: Language, own: OwnStudy): string {
  const { teacher, control, vanilla, logits, weighted, plan } = own;
  const thousands = (count: number | null) => (count === null ? '–' : number(count.toLocaleString('en-US')));
  const rows = [teacher, control, vanilla, ...logits, ...weighted].map(model => [
    name(model, model.role === 'teacher' ? own.encoder.layers : plan.students[0].layers),
    here,
    thousands(model.parameters),
    number((model.bytes! / 1e6).toFixed(1)),
    number(model.latencyMs!.mean.toFixed(1)),
    ...MEASURES.map(measure => {
      const { mean, std } = testSpread(model, measure)!;
      return number(`${percent(mean)} ± ${percent(std!)}`);
    }),
  ]);
  const none = { form: null, beta: null };
  const papers = [
    { called: name({ role: 'teacher', ...none }, 12), ...PAPER_TABLE_1.teacher! },
    { called: name({ role: 'vanilla', ...none }, 6), ...PAPER_TABLE_1.vanilla! },
    ...PAPER_TABLE_2.map(({ beta, percent, latencyMs }) => ({
      called: name({ role: 'constrained', form: null, beta }, 6),
      parameters: null,
      latencyMs,
      percent,
    })),
  ].map(({ called, parameters, latencyMs, percent }) => [
    called,
    paper,
    thousands(parameters),
    '–',
    number(latencyMs.toFixed(1)),
    ...MEASURES.map(({ name }) => number(percent[name]!.toFixed(2))),
  ]);
  return table([...headings, ...MEASURES.map(({ title }) => `> ${title}`)], [...rows, ...papers]);
}

const one = (value: number) => fraction(value, 1);

export function readmeInEnglish(own: OwnStudy, peers: PeersStudy, few: FewLabels): string {
  const lost = -own.study.contrasts.find(({ claim }) => claim === 'student against teacher')!.of.difference!;
  return `Pretrained weights, MiniLM-L6 and three of its layers, by one command on two cores: mean ± standard deviation over ${own.study.seeds.length} seeds, in per cent, entity-level, on the test part. Below, the numbers that the paper
prints for bert-base and DistilBERT, on another split and other hardware.

${tableIn(ENGLISH, own)}

![What β changes against the vanilla student, in points](docs/conll2003-beta.svg)

What this allows one to say: the student does not keep what its teacher knows, it is ${one(lost)} points of F1 below. Logit matching on critical words ${effects(own, 'logits', '', one)};
${effects(own, 'weighted', 'class weights', one)}. The same study in PyTorch, with more epochs, says: logit matching ${effects(peers, 'logits', '', one)}; ${effects(peers, 'weighted', 'class weights', one)}.
So logit matching finds more of the critical entities, and takes more of other things for them. (Student's t over seeds and sentences, p ≤ 0.05 after Holm's correction.) Where labels are few a teacher gives more, in PyTorch: with ${share100(few.share)} of the labels,
and the other sentences as text on which it sees only its teacher, a student gains ${one(few.gain)} points of F1. [docs/conll2003.md](docs/conll2003.md) tells it in full, claim by claim.`;
}

export function readmeInRussian(own: OwnStudy, peers: PeersStudy, few: FewLabels): string {
  const comma = (value: number) => one(value).replace('.', ',');
  const lost = -own.study.contrasts.find(({ claim }) => claim === 'student against teacher')!.of.difference!;
  return `Предобученные веса (MiniLM-L6 и три его слоя), одной командой на двух ядрах: среднее ± стандартное отклонение по трём зёрнам, в процентах, на уровне сущностей, на тестовой части. Ниже — числа, которые статья
приводит для bert-base и DistilBERT, с другим разбиением и на другом оборудовании.

${tableIn(RUSSIAN, own)}

![Что меняет β по сравнению с учеником vanilla, в процентных пунктах](docs/conll2003-beta.svg)

Что это позволяет сказать: ученик не сохраняет всего, что знает учитель, его F1 ниже на ${comma(lost)} пункта. Совпадение логитов на критических словах ${effectsInRussian(own, 'logits')}; веса классов ${effectsInRussian(own, 'weighted', true)}.
То же исследование в PyTorch, с большим числом эпох: совпадение логитов ${effectsInRussian(peers, 'logits')}; веса классов ${effectsInRussian(peers, 'weighted', true)}. Итак, при совпадении логитов находится больше критических сущностей, и больше другого принимается за них. (t Стьюдента по зёрнам и предложениям, p ≤ 0,05 с поправкой Холма.) Там, где мало разметки, учитель даёт больше (в PyTorch): если размечены ${share100(few.share)} предложений, а остальные даны как текст, о котором говорит только учитель, F1 ученика растёт на ${comma(few.gain)} пункта.
Подробно, по каждому утверждению статьи, — в [docs/conll2003.md](docs/conll2003.md) (по-английски).`;
}

/** `effects` in Russian. @param several whether the subject is in the plural */
function effectsInRussian(of: Sweep, form: string, several = false): string {
  const [change, raise, lower] = several
    ? ['меняют', 'поднимают', 'снижают']
    : ['меняет', 'поднимает', 'снижает'];
  const { beyond, untouched } = effectsOf(of, form);
  const told = beyond.map(
    ({ key, title, direction, betas, by }) =>
      `${direction === 1 ? raise : lower} ${key === 'f1' ? 'общую F1' : title} на ${listedInRussian(by.map(one))} пункта при β = ${listedInRussian(betas.map(String))}`,
  );
  const titles = untouched.map(({ key, title }) => (key === 'f1' ? 'общей F1' : title));
  if (told.length === 0) return `не ${change} ни одной из мер больше, чем может объяснить случайность`;
  const rest =
    titles.length > 0
      ? `, а изменения ${listedInRussian(titles)} ни при каком β не выходят за пределы случайного`
      : '';
  return `${listedInRussian(told)}${rest}`;
}

const listedInRussian = (items: readonly string[]) =>
  listed(
    items.map(item => item.replace(/(?<=\d)\.(?=\d)/g, ',')),
    'and',
  )
    .replace(' and ', ' и ')
    .replaceAll(/, (?=\d)/g, '; ');
