import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatConll } from 'ner-distill/corpus/formats/conll';
import { trainGazetteer } from 'ner-distill/corpus/gazetteer';
import type { Sentence } from 'ner-distill/corpus/sentence';
import { describe, expect, it } from 'vitest';
import { generateSample, SAMPLE_OPTIONS } from '../../../data/sample-generator/sample';

const corpus = generateSample(SAMPLE_OPTIONS);
const PARTS = ['train', 'valid', 'test'] as const;

interface Entity {
  readonly type: string;
  readonly text: string;
  readonly start: number;
}

function entities(words: readonly string[], tags: readonly string[]): Entity[] {
  const found: Entity[] = [];
  tags.forEach((tag, start) => {
    if (!tag.startsWith('B-')) return;
    let end = start + 1;
    while (tags[end]?.startsWith('I-')) end++;
    found.push({ type: tag.slice(2), text: words.slice(start, end).join(' '), start });
  });
  return found;
}

function entitiesOf(sentences: readonly Sentence[]): Entity[] {
  return sentences.flatMap(({ words, tags }) => entities(words, tags));
}

const key = ({ type, text }: Entity) => `${type} ${text}`;

/** Micro-averaged F1 over exact spans. */
function f1(sentences: readonly Sentence[], tagger: (words: readonly string[]) => string[]): number {
  let correct = 0;
  let total = 0;
  for (const { words, tags } of sentences) {
    const gold = new Set(entities(words, tags).map(entity => key(entity) + entity.start));
    const predicted = entities(words, tagger(words)).map(entity => key(entity) + entity.start);
    correct += predicted.filter(entity => gold.has(entity)).length;
    total += gold.size + predicted.length;
  }
  return (2 * correct) / total;
}

describe('the sample corpus', () => {
  it('is the same for the same seed and another for another', () => {
    const small = { seed: 5, train: 50, valid: 20, test: 20 };
    expect(generateSample(small)).toEqual(generateSample(small));
    expect(generateSample({ ...small, seed: 6 })).not.toEqual(generateSample(small));
  });

  it.each(PARTS)('is what stands in data/sample/%s.txt (else: npm run sample)', part => {
    const file = resolve(__dirname, `../../../data/sample/${part}.txt`);
    expect(readFileSync(file, 'utf8') === formatConll(corpus[part])).toBe(true);
  });

  it('has the numbers of sentences that were asked for, in documents counted from 0', () => {
    for (const part of PARTS) {
      const sentences = corpus[part];
      expect(sentences).toHaveLength(SAMPLE_OPTIONS[part]);
      expect(sentences[0].document).toBe(0);
      sentences.slice(1).forEach(({ document }, i) => {
        expect(document - sentences[i].document === 0 || document - sentences[i].document === 1).toBe(true);
      });
    }
  });

  it('has one valid BIO tag for each word, and words without white space', () => {
    for (const { words, tags } of PARTS.flatMap(part => corpus[part])) {
      expect(words.length).toBeGreaterThan(0);
      expect(tags).toHaveLength(words.length);
      expect(words.every(word => /^\S+$/.test(word) && !/[@<>{}|[\]]/.test(word))).toBe(true);
      tags.forEach((tag, i) => {
        expect(tag).toMatch(/^(O|[BI]-(PER|ORG|LOC|MISC))$/);
        if (tag.startsWith('I-')) expect(tags[i - 1]).toMatch(new RegExp(`^[BI]-${tag.slice(2)}$`));
      });
    }
  });

  it('resembles CoNLL-2003 in lengths and types', () => {
    const words = corpus.train.map(sentence => sentence.words.length);
    const mean = words.reduce((sum, n) => sum + n, 0) / words.length;
    expect(mean).toBeGreaterThan(12);
    expect(mean).toBeLessThan(16);
    expect(Math.max(...words)).toBeLessThanOrEqual(50);
    expect(words.filter(n => n <= 5).length / words.length).toBeGreaterThan(0.15);

    const found = entitiesOf(corpus.train);
    expect(found.length / corpus.train.length).toBeGreaterThan(1.4);
    expect(found.length / corpus.train.length).toBeLessThan(1.9);
    // CoNLL-2003, eng.train: 7140 LOC, 6600 PER, 6321 ORG, 3438 MISC of 23499.
    const conll = { LOC: 0.304, PER: 0.281, ORG: 0.269, MISC: 0.146 };
    for (const [type, share] of Object.entries(conll)) {
      const here = found.filter(entity => entity.type === type).length / found.length;
      expect(Math.abs(here - share), type).toBeLessThan(0.05);
    }
  });

  it('has names in its test part of which half are unseen in training', () => {
    const seen = new Set(entitiesOf(corpus.train).map(key));
    const test = entitiesOf(corpus.test);
    const unseen = test.filter(entity => !seen.has(key(entity))).length / test.length;
    expect(unseen).toBeGreaterThan(0.4);
    expect(unseen).toBeLessThan(0.6);
  });

  it('cannot be solved by looking names up', () => {
    expect(f1(corpus.test, trainGazetteer(corpus.train))).toBeLessThan(0.6);
  });

  it('has names whose type only the sentence can tell', () => {
    const mentions = new Map<string, Set<string>>();
    const found = entitiesOf(corpus.train);
    for (const { type, text } of found) mentions.set(text, (mentions.get(text) ?? new Set()).add(type));
    const ambiguous = new Set([...mentions].filter(([, types]) => types.size > 1).map(([text]) => text));
    expect(ambiguous.size).toBeGreaterThan(100);
    expect(found.filter(({ text }) => ambiguous.has(text)).length / found.length).toBeGreaterThan(0.15);
    for (const pair of ['LOC ORG', 'ORG PER', 'LOC PER'])
      expect(
        [...mentions.values()].some(types => pair.split(' ').every(type => types.has(type))),
        pair,
      ).toBe(true);
  });

  it('has words that are names in one place and ordinary words in another', () => {
    const names = new Set(entitiesOf(corpus.train).map(({ text }) => text.toLowerCase()));
    const ordinary = new Set(
      corpus.train.flatMap(({ words, tags }) =>
        words.filter((_, i) => tags[i] === 'O').map(w => w.toLowerCase()),
      ),
    );
    expect([...names].filter(name => ordinary.has(name)).length).toBeGreaterThan(10);
  });
});
