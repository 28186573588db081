/**
 * Writes docs/conll2003.md and its figures from what the GPU left: `report.ts SEARCH [SHARES] --data PARTS --model MODEL`, with the
 * folders of conll_search.py and conll_shares.py. No number is typed: what a sentence says of the numbers is held against
 * them, and a sentence that they belie stops the script. Fills the marked blocks of the two READMEs, too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadCorpus } from 'ner-distill';
import { writeFileAtomically } from 'ner-distill/files';
import { listed } from 'ner-distill/listed';
import { fromHuggingFace } from 'ner-distill/model/config';
import { renderSvg } from 'ner-distill/report/render';
import { readFound } from './found';
import { facts, perClass, seenAndUnseen } from './report-errors';
import { type FewLabels, fewLabels, otherDepths, share100 } from './report-few-labels';
import { betaFigure, searchFigure } from './report-figures';
import {
  claimsSection,
  howItWasMade,
  limits,
  methods,
  power,
  search,
  summary,
  whatBetaDoes,
} from './report-methods';
import { logOf, type PeersStudy, peersStudy } from './report-study';
import { fraction, wrapped } from './report-text';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    model: { type: 'string' },
    out: { type: 'string', default: 'docs/conll2003.md' },
    gpu: { type: 'string', default: 'a GPU' },
  },
});

async function main(): Promise<void> {
  const [searchFolder, sharesFolder] = positionals;
  if (!searchFolder || !given.data || !given.model)
    throw new Error('expected the folder that conll_search.py wrote, --data PARTS and --model MODEL');
  const { corpus } = loadCorpus(given.data);
  const config = join(given.model, 'config.json');
  const encoder = fromHuggingFace(JSON.parse(readFileSync(config, 'utf8')), config);
  const study = peersStudy(searchFolder, corpus, encoder);
  const more = sharesFolder ? readFound(sharesFolder, corpus.test) : null;
  const few = more && fewLabels(more, logOf(sharesFolder));
  const sections = [
    `# CoNLL-2003 with pretrained weights

<!-- Written by test/peers/report.ts from what the trainings predicted: change that, not this. -->

Does a distilled student keep the critical entities, and does extra weight on them help? The embedded sample cannot tell: its text is invented, and its models start from
random weights. Here is the paper's experiment on real text with a pretrained teacher, at a size that a GPU trains ${study.found.length} times in minutes, so that rate and epochs could be searched, and every
method trained three times.`,
    summary(study, few),
    howItWasMade(study, given.gpu),
    search(study),
    methods(study),
    whatBetaDoes(study),
    perClass(study),
    seenAndUnseen(study),
    facts(study),
    claimsSection(study),
    power(study),
    ...(more && few ? [few.section, otherDepths(more, study.parametersOf)] : []),
    limits(),
  ];
  const figures = {
    search: searchFigure(study),
    beta: betaFigure(study),
    ...(few && { labels: few.figure }),
  };
  for (const [name, figure] of Object.entries(figures))
    writeFileAtomically(given.out.replace(/\.md$/, `-${name}.svg`), `${await renderSvg(figure)}\n`);
  writeFileAtomically(given.out, `${sections.map(wrapped).join('\n\n')}\n`);
  fillReadmes(study, few);
}

/** Replaces what stands between the two marks of a README. */
function fill(file: string, text: string): void {
  const before = readFileSync(file, 'utf8');
  const marked = /(<!-- conll2003: from test\/peers\/report\.ts -->\n)[\s\S]*?(\n<!-- end of conll2003 -->)/;
  if (!marked.test(before)) throw new Error(`${file}: found no marked block, expected <!-- conll2003: … -->`);
  writeFileAtomically(
    file,
    before.replace(marked, (_, begin, end) => `${begin}\n${wrapped(text)}\n${end}`),
  );
}

function fillReadmes({ betas, comparison, study }: PeersStudy, few: FewLabels | null): void {
  const gains = betas.map(beta => comparison('logits', beta).coverage.difference!);
  const falls = comparison('logits', betas.at(-1)!).f1.difference!;
  const lost = -study.contrasts.find(({ claim }) => claim === 'student against teacher')!.of.difference!;
  const [dot, comma] = [
    (value: number) => fraction(value, 1),
    (value: number) => fraction(value, 1).replace('.', ','),
  ];
  fill(
    'README.md',
    `On CoNLL-2003 with pretrained weights (MiniLM-L6 and three of its six layers, three seeds, in PyTorch on a GPU) it is much the same: the student is ${dot(lost)} points of F1
below its teacher; logit matching raises Coverage by ${listed(gains.map(dot), 'and')} points at β = ${listed(betas.map(String), 'and')}, precision pays for it, F1_critical rises at no β beyond
chance, and at β = ${betas.at(-1)} the overall F1 falls by ${dot(-falls)}.${few ? ` With ${share100(few.share)} of the labels, and the other sentences as text on which it sees only its teacher, a student gains ${dot(few.gain)} points of F1.` : ''} [docs/conll2003.md](docs/conll2003.md) tells it in full, claim by claim.`,
  );
  fill(
    'README.ru.md',
    `На CoNLL-2003 с предобученными весами (MiniLM-L6 и три из шести его слоёв, три зерна, PyTorch на GPU) картина та же: F1 ученика на
${comma(lost)} пункта ниже, чем у учителя; совпадение логитов поднимает Coverage на ${listedRu(gains.map(comma))} пункта при β = ${listedRu(betas.map(beta => String(beta).replace('.', ',')))}, платит
за это точность, F1_critical ни при каком β не растёт больше, чем может объяснить случайность, а при β = ${String(betas.at(-1)).replace('.', ',')} общая F1 падает на ${comma(-falls)}.${few ? ` Если размечены ${share100(few.share)} предложений, а остальные даны как текст, о котором говорит только учитель, F1 ученика растёт на ${comma(few.gain)} пункта.` : ''}
Подробно, по каждому утверждению статьи, — в [docs/conll2003.md](docs/conll2003.md) (по-английски).`,
  );
}

const listedRu = (items: readonly string[]) =>
  listed(items, 'and').replace(' and ', ' и ').replaceAll(', ', '; ');

main();
