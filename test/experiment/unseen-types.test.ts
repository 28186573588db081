/** A type of entities that training lacks is none that a model learns: it stops no study, and the study says it. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StudySession } from 'ner-distill/experiment/paper';
import { silentProgress } from 'ner-distill/experiment/progress';
import { IGNORED } from 'ner-distill/tokenization/align';
import { expect, it } from 'vitest';
import { tinyPlan } from './tiny.fixture';

it('has no label in parts that nothing is learnt from, and is said', async () => {
  const data = mkdtempSync(join(tmpdir(), 'unseen-'));
  const sentence = (type: string) => `Ann B-PER\nleft O\nLund B-${type}\n\n`;
  writeFileSync(join(data, 'train.txt'), sentence('LOC').repeat(20));
  writeFileSync(join(data, 'val.txt'), sentence('LOC').repeat(4));
  writeFileSync(join(data, 'test.txt'), sentence('LOC').repeat(4) + sentence('ORG'));
  const plan = { ...tinyPlan(20, 1), data, criticalTypes: ['PER'] };
  const study = await StudySession.open(plan, join(data, 'results'), { progress: silentProgress });
  expect(study.labels.types).toEqual(['PER', 'LOC']);
  expect([...study.encoded.test.sentences[4].labels]).toEqual([study.labels.id('B-PER'), 0, IGNORED]);
  expect(study.notes).toContain(
    'test: 1 of 10 entities is of a type that training lacks (ORG); it counts as not found',
  );
  expect(study.corpus.test[4].tags).toEqual(['B-PER', 'O', 'B-ORG']);
  // Critical types are those of training and of other parts, but one at least must be one that can be kept.
  const open = (...criticalTypes: string[]) =>
    StudySession.open({ ...plan, criticalTypes }, join(data, 'results'), { progress: silentProgress });
  const { labels } = await open('PER', 'ORG');
  expect(labels.criticalIds(['PER', 'ORG'])).toEqual([labels.id('B-PER'), labels.id('I-PER')]);
  await expect(open('ORG')).rejects.toThrow('critical type "ORG" is not in the tag set (PER, LOC)');
  await expect(open('PER', 'GENE')).rejects.toThrow('critical type "GENE" is not in the tag set (PER, LOC)');
});
