/** What changes the id of a run and what does not, tried on copies of the library. */
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { identityOfLoss, scoringDigest, sourceDigest } from 'ner-distill/experiment/source-digest';
import { ARCHITECTURES, type Architecture } from 'ner-distill/model/architectures';
import { LOSSES } from 'ner-distill/training/losses';
import { criticalLogitsLoss } from 'ner-distill/training/losses/critical-logits';
import { vanillaDistillation } from 'ner-distill/training/losses/distillation';
import { defineLoss, LABELLED } from 'ner-distill/training/losses/loss';
import { describe, expect, it } from 'vitest';

const LIBRARY = resolve(__dirname, '../../lib');

/** What the ids of runs of two architectures and two losses cover, and what their scores are derived by. */
function digestsOf(library: string) {
  return {
    bert: sourceDigest('bert', library),
    distilbert: sourceDigest('distilbert', library),
    vanilla: identityOfLoss(vanillaDistillation(), library).source,
    logits: identityOfLoss(criticalLogitsLoss(), library).source,
    scores: scoringDigest(library),
  };
}
type Digest = keyof ReturnType<typeof digestsOf>;

/** A copy of the library that somebody has worked on. */
function copyWith(change: (library: string) => void): string {
  const copy = mkdtempSync(join(tmpdir(), 'library-'));
  const folders = [
    'corpus',
    'tokenization',
    'model',
    'engine',
    'inference',
    'training',
    'evaluation',
    'experiment',
    'report',
    'resources',
  ];
  for (const name of [...folders, 'random.ts'])
    cpSync(join(LIBRARY, name), join(copy, name), { recursive: true });
  change(copy);
  return copy;
}
const comment = (file: string) => (library: string) => appendFileSync(join(library, file), '// A thought.\n');
const replaced = (file: string, text: string, by: string) => (library: string) => {
  const before = readFileSync(join(library, file), 'utf8');
  expect(before).toContain(text);
  writeFileSync(join(library, file), before.replaceAll(text, by));
};
/** Adds a file beside another, much the same. */
const another = (file: string, name: string) => (library: string) =>
  cpSync(join(library, file), join(library, file, '..', name));

const here = digestsOf(LIBRARY);

describe('the id of a run stays', () => {
  it.each<[string, (library: string) => void, Digest[]]>([
    ['a copy of the library', () => {}, []],
    ['a comment in evaluation', comment('evaluation/format.ts'), ['scores']],
    ['another measure', comment('evaluation/measures.ts'), ['scores']],
    [
      'a column of a table with another name',
      replaced('report/tables.ts', 'gold_spans', 'gold_entities'),
      [],
    ],
    ['a comment in a reader of corpora', comment('corpus/columns.ts'), ['scores']],
    ['another loss', another('training/losses/distillation.ts', 'focal.ts'), []],
    ['a line in the list of losses', comment('training/losses/index.ts'), []],
    ['another architecture', another('model/architectures/bert.ts', 'electra.ts'), []],
    ['a line in the list of architectures', comment('model/architectures/index.ts'), []],
    ['another preset', comment('experiment/presets.ts'), []],
    ['a comment in the quantiles of intervals', comment('resources/quantile.ts'), ['scores']],
  ])('with %s', (_, change, changed) => {
    const there = digestsOf(copyWith(change));
    const differing = (Object.keys(here) as Digest[]).filter(name => there[name] !== here[name]);
    expect(differing).toEqual(changed);
  });
});

describe('the id of a run changes', () => {
  const MODELS: Digest[] = ['bert', 'distilbert'];
  it.each<[string, (library: string) => void, Digest[]]>([
    ['the trainer', comment('training/trainer.ts'), MODELS],
    ['the tokenizer', comment('tokenization/tokenizer.ts'), MODELS],
    ['which tags there are, and which are critical', comment('corpus/labels.ts'), [...MODELS, 'scores']],
    ['how a run is made', comment('experiment/make-run.ts'), MODELS],
    ['what all architectures are', comment('model/architectures/architecture.ts'), MODELS],
    ['what all losses are', comment('training/losses/loss.ts'), [...MODELS, 'vanilla', 'logits']],
    ['its architecture', comment('model/architectures/distilbert.ts'), ['distilbert']],
    ['its loss', comment('training/losses/critical-logits.ts'), ['logits']],
    ['a loss that its loss goes on from', comment('training/losses/distillation.ts'), ['vanilla', 'logits']],
  ])('with %s', (_, change, changed) => {
    const there = digestsOf(copyWith(change));
    const differing = (Object.keys(here) as Digest[]).filter(name => there[name] !== here[name]);
    expect(differing).toEqual(changed);
  });

  it('covers the name, the settings and the text of a loss of one’s own', () => {
    const loss = defineLoss({
      name: 'half',
      settings: { share: { default: 0.5 } },
      teacher: [],
      means: { labelled: LABELLED },
      scalar: () => 0.5,
      program: ({ logits, mean }, { share }) => ({ loss: mean.labelled(logits.mul(share)) }),
    });
    expect(identityOfLoss(loss({ share: 1 }))).toEqual({
      name: 'half',
      settings: { share: 1 },
      source: expect.stringContaining('logits.mul(share)'),
    });
  });

  it.each(Object.keys(ARCHITECTURES) as Architecture[])('covers the file of the architecture %s', name => {
    const file = `model/architectures/${name}.ts`;
    expect(sourceDigest(name, copyWith(comment(file)))).not.toBe(sourceDigest(name));
  });

  it.each(LOSSES.map(kind => [kind.lossName, kind] as const))('covers the file of the loss %s', (_, kind) => {
    const { origin } = kind();
    expect(origin).toHaveProperty('file');
    const file = 'file' in origin ? relative(LIBRARY, origin.file) : '';
    const { source } = identityOfLoss(kind(), copyWith(comment(file)));
    expect(source).not.toBe(identityOfLoss(kind()).source);
  });

  it('covers every source file of the folders that compute', () => {
    const files = readdirSync(join(LIBRARY, 'engine'), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter(name => name.endsWith('.ts')))
      expect(sourceDigest('bert', copyWith(comment(`engine/${file}`))), file).not.toBe(here.bert);
  });
});
