/**
 * Writes docs/conll2003.md and its figures: `report.ts STUDY SEARCH SHARES --log LOG --tried TRIED --data PARTS --model MODEL`, with
 * `--compared COMPARED` for other tools, `--gpu` and `--machine` for what they ran on: the
 * results of `reproduce` and what it printed, results of `distill` at another rate, and the folders of conll_search.py and
 * conll_shares.py. No number is typed: what a sentence says of the numbers is held against them, and a sentence that they
 * belie stops the script. Fills the marked blocks of the two READMEs, too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadCorpus } from 'ner-distill';
import { writeFileAtomically } from 'ner-distill/files';
import { fromHuggingFace } from 'ner-distill/model/config';
import { renderSvg } from 'ner-distill/report/render';
import { readCompared, readFound } from './found';
import { otherDepths } from './report-depths';
import { facts, perClass, seenAndUnseen } from './report-errors';
import { fewLabels } from './report-few-labels';
import { betaFigure, searchFigure } from './report-figures';
import { claimsSection, limits, methods, power, search, summary, whatBetaDoes } from './report-methods';
import { curves, curvesFigure, howItWasMade, inPyTorch, otherTools, resources } from './report-own';
import { readmeInEnglish, readmeInRussian } from './report-readmes';
import { logOf, ownStudy, peersStudy, triedIn } from './report-study';
import { wrapped } from './report-text';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    model: { type: 'string' },
    out: { type: 'string', default: 'docs/conll2003.md' },
    gpu: { type: 'string', default: 'a GPU' },
    machine: { type: 'string', default: 'two cores' },
    log: { type: 'string' },
    compared: { type: 'string' },
    tried: { type: 'string', multiple: true, default: [] },
  },
});

async function main(): Promise<void> {
  const [studyFolder, searchFolder, sharesFolder] = positionals;
  if (!sharesFolder || !given.data || !given.model || !given.log)
    throw new Error(
      'expected the folders of reproduce, conll_search.py and conll_shares.py, --log, --data and --model',
    );
  const { corpus } = loadCorpus(given.data);
  const config = join(given.model, 'config.json');
  const encoder = fromHuggingFace(JSON.parse(readFileSync(config, 'utf8')), config);
  const own = await ownStudy(studyFolder, readFileSync(given.log, 'utf8'), encoder);
  const peers = peersStudy(searchFolder, corpus, encoder);
  const tried = await Promise.all(given.tried.map(triedIn));
  const more = readFound(sharesFolder, corpus.test);
  const few = fewLabels(more, logOf(sharesFolder));
  const sections = [
    `# CoNLL-2003 with pretrained weights

<!-- Written by test/peers/report.ts from what the trainings predicted: change that, not this. -->

Does a distilled student keep the critical entities, and does extra weight on them help? The embedded sample cannot tell: its text is invented, and its models start from
random weights. Here is the paper's experiment on real text with a pretrained teacher, every method trained with ${own.study.seeds.length} seeds; made a second time in PyTorch, where a GPU allowed to search rate and
epochs, to train longer, and to ask what text without labels adds.`,
    summary(own, peers, few),
    howItWasMade(own, given.machine),
    search(peers, own, tried),
    methods(own),
    whatBetaDoes(own),
    perClass(own),
    seenAndUnseen(own),
    facts(own),
    curves(own),
    claimsSection(own),
    resources(own),
    power(own),
    inPyTorch(own, peers, given.gpu),
    ...(given.compared ? [otherTools(readCompared(given.compared), own)] : []),
    otherDepths(own, more, peers.parametersOf),
    few.section,
    limits(),
  ];
  const figures = {
    search: searchFigure(peers),
    beta: betaFigure(own, peers),
    curves: curvesFigure(own),
    labels: few.figure,
  };
  for (const [name, figure] of Object.entries(figures))
    writeFileAtomically(given.out.replace(/\.md$/, `-${name}.svg`), `${await renderSvg(figure)}\n`);
  writeFileAtomically(given.out, `${sections.map(wrapped).join('\n\n')}\n`);
  fill('README.md', readmeInEnglish(own, peers, few));
  fill('README.ru.md', readmeInRussian(own, peers, few));
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

main();
