/** Scores against the numbers of conlleval and seqeval, and properties that any entity-level score has. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { readTagged } from 'ner-distill/corpus/formats';
import { averagesOf, type Score, scores } from 'ner-distill/evaluation/scores';
import { spansOf } from 'ner-distill/evaluation/spans';
import { describe, expect, it } from 'vitest';
import random from '../fixtures/conlleval-random.json';
import golden from '../fixtures/golden.json';
import { coverage } from './coverage';

const noCritical = { critical: [] };
/** A fraction as conlleval prints it: per cent with two digits, a tie to the even digit; 0.00 where there is nothing. */
const percent = (fraction: number | null): number => {
  const hundredths = (fraction ?? 0) * 10000;
  const below = Math.floor(hundredths);
  const tie = hundredths - below === 0.5;
  return (tie ? below + (below % 2) : Math.round(hundredths)) / 100;
};
const percents = ({ precision, recall, f1 }: Score): number[] => [precision, recall, f1].map(percent);

/** One token of tags at random, malformed sequences included. */
const tag = fc.constantFrom('O', 'O', 'B-PER', 'I-PER', 'B-ORG', 'I-ORG', 'B-LOC', 'I-LOC');
const pair = fc.array(fc.tuple(tag, tag), { maxLength: 15 });
const pairs = fc.array(pair, { maxLength: 10 });
const mode = fc.constantFrom('lenient' as const, 'IOB1' as const, 'IOB2' as const);
const split = (sentences: [string, string][][]): [string[][], string[][]] => [
  sentences.map(tokens => tokens.map(([gold]) => gold)),
  sentences.map(tokens => tokens.map(([, predicted]) => predicted)),
];

describe('scores in the lenient reading', () => {
  it('are those of the conlleval script on 200 random files, well formed and malformed', () => {
    for (const { gold, predicted, expected } of random) {
      const { overall, byType, accuracy } = scores(gold, predicted, noCritical);
      expect(overall).toMatchObject({
        support: expected.gold,
        predicted: expected.found,
        correct: expected.correct,
      });
      expect(percents(overall)).toEqual([expected.precision, expected.recall, expected.f1]);
      expect(percent(accuracy)).toBe(expected.accuracy);
      const rows = Object.entries(byType).filter(([, { support, predicted }]) => support + predicted > 0);
      expect(Object.fromEntries(rows.map(([type, of]) => [type, [...percents(of), of.predicted]]))).toEqual(
        Object.fromEntries(
          Object.entries(expected.byType).map(([type, of]) => [
            type,
            [of.precision, of.recall, of.f1, of.found],
          ]),
        ),
      );
    }
  });

  const sample = join(__dirname, '../../../shared/fixtures/conlleval-output.txt');
  it.skipIf(!existsSync(sample))(
    "are those published with the shared task's sample output (skipped where ../shared is absent)",
    () => {
      const sentences = readTagged(readFileSync(sample), sample, { tagColumns: 2 }).sentences;
      const gold = sentences.map(({ columns }) => columns[0]);
      const predicted = sentences.map(({ columns }) => columns[1]);
      const { lenient, strictIOB2, accuracy } = golden.conllevalSample;
      const found = scores(gold, predicted, noCritical);
      expect(sentences).toHaveLength(golden.conllevalSample.sentences);
      expect(percent(found.accuracy)).toBe(accuracy);
      expect(found.overall).toMatchObject({
        support: lenient.gold,
        predicted: lenient.found,
        correct: lenient.correct,
      });
      expect(percents(found.overall)).toEqual([lenient.precision, lenient.recall, lenient.f1]);
      for (const [type, row] of Object.entries(lenient.byType))
        expect([...percents(found.byType[type]), found.byType[type].predicted]).toEqual(row);
      expect(scores(gold, predicted, { critical: [], mode: 'IOB2' }).overall).toMatchObject({
        support: strictIOB2.gold,
        predicted: strictIOB2.found,
        correct: strictIOB2.correct,
      });
    },
  );
});

describe("seqeval's examples", () => {
  const { readme, lenientVsStrict, averages, allOutside } = golden.seqeval;

  it('its README', () => {
    const { overall, byType, accuracy } = scores(readme.gold, readme.predicted, noCritical);
    expect(overall.f1).toBe(readme.f1);
    expect([byType.MISC.f1, byType.PER.f1]).toEqual([readme.byType.MISC, readme.byType.PER]);
    expect(accuracy).toBe(readme.accuracy);
  });

  it('an I- at the beginning is an entity for the lenient reading only', () => {
    const { gold, predicted, lenientF1, strictF1 } = lenientVsStrict;
    expect(scores(gold, predicted, noCritical).overall.f1).toBe(lenientF1);
    expect(scores(gold, predicted, { critical: [], mode: 'IOB2' }).overall.f1).toBe(strictF1);
  });

  it('micro averages and scores by type', () => {
    const { overall, byType } = scores(averages.gold, averages.predicted, noCritical);
    const rounded = (of: Score): number[] =>
      [of.precision, of.recall, of.f1].map(value => Number(value?.toFixed(4)));
    expect(rounded(overall)).toEqual(averages.micro);
    expect(Object.fromEntries(Object.entries(byType).map(([type, of]) => [type, rounded(of)]))).toEqual(
      averages.byType,
    );
  });

  it('macro and weighted averages', () => {
    const { macro, weighted } = averagesOf(scores(averages.gold, averages.predicted, noCritical).byType);
    const rounded = [macro, weighted].map(of =>
      [of.precision, of.recall, of.f1].map(value => Number(value?.toFixed(4))),
    );
    expect(rounded).toEqual([averages.macro, averages.weighted]);
  });

  it('nothing in gold and prediction is null with support 0', () => {
    const { overall, critical } = scores(allOutside.gold, allOutside.predicted, { critical: ['PER'] });
    const nothing = { precision: null, recall: null, f1: null, support: 0, predicted: 0, correct: 0 };
    expect([overall, critical]).toEqual([nothing, nothing]);
  });
});

describe('edges', () => {
  it('one side empty is 0, never null or NaN', () => {
    const zero = { precision: 0, recall: 0, f1: 0, correct: 0 };
    expect(scores([['B-PER']], [['O']], { critical: ['PER'] }).critical).toMatchObject(zero);
    expect(scores([['O']], [['B-PER']], { critical: ['PER'] }).critical).toMatchObject(zero);
  });

  it('averages are null without types, and 0 where gold has no entity', () => {
    const nothing = { precision: null, recall: null, f1: null };
    expect(averagesOf({})).toEqual({ macro: nothing, weighted: nothing });
    const { byType } = scores([['O']], [['B-PER']], noCritical);
    expect(averagesOf(byType).weighted).toEqual({ precision: 0, recall: 0, f1: 0 });
  });

  it('no token at all has no accuracy', () => {
    expect(scores([], [], noCritical).accuracy).toBeNull();
  });

  it('micro averages the critical types', () => {
    const found = scores([['B-PER', 'B-ORG', 'B-LOC']], [['B-PER', 'O', 'O']], { critical: ['PER', 'ORG'] });
    expect(found.critical).toMatchObject({ precision: 1, recall: 0.5, support: 2, predicted: 1, correct: 1 });
    expect(found.coverage).toBe(0.5);
  });

  it('refuses gold and prediction of different length, naming the sentence and both lengths', () => {
    expect(() => scores([['O'], ['O', 'O']], [['O'], ['O']], noCritical)).toThrow(
      'sentence 2: gold has 2 tags, but predicted has 1',
    );
    expect(() => scores([['O']], [], noCritical)).toThrow('gold has 1 sentences, but predicted has 0');
  });

  it('refuses what is no tag, and in the strict reading what IOB2 does not have', () => {
    expect(() => scores([['PER']], [['O']], noCritical)).toThrow('tag "PER" is not');
    expect(() => scores([['S-PER']], [['O']], { critical: [], mode: 'IOB2' })).toThrow(
      'tag "S-PER" is not O, B- or I-',
    );
  });
});

describe('properties', () => {
  it('coverage by sets of spans equals critical recall', () => {
    fc.assert(
      fc.property(pairs, mode, fc.subarray(['PER', 'ORG', 'LOC']), (sentences, mode, critical) => {
        const [gold, predicted] = split(sentences);
        const found = scores(gold, predicted, { critical, mode });
        expect(coverage(gold, predicted, { critical, mode })).toBe(found.critical.recall);
        expect(found.coverage).toBe(found.critical.recall);
      }),
    );
  });

  it('gold as its own prediction scores 1', () => {
    fc.assert(
      fc.property(pairs, mode, (sentences, mode) => {
        const [gold] = split(sentences);
        const { overall } = scores(gold, gold, { critical: [], mode });
        expect(overall.f1).toBe(overall.support === 0 ? null : 1);
      }),
    );
  });

  it('the order of sentences does not matter', () => {
    const permuted = pairs.chain(sentences =>
      fc.tuple(fc.constant(sentences), fc.shuffledSubarray(sentences, { minLength: sentences.length })),
    );
    fc.assert(
      fc.property(permuted, mode, ([sentences, shuffled], mode) => {
        const options = { critical: ['PER'], mode };
        expect(scores(...split(shuffled), options)).toEqual(scores(...split(sentences), options));
      }),
    );
  });

  it('the names of types do not matter', () => {
    const rename = (tags: string[][]): string[][] =>
      tags.map(sentence => sentence.map(tag => tag.replace('PER', 'ZZ-1')));
    fc.assert(
      fc.property(pairs, mode, (sentences, mode) => {
        const [gold, predicted] = split(sentences);
        const before = scores(gold, predicted, { critical: ['PER'], mode });
        const after = scores(rename(gold), rename(predicted), { critical: ['ZZ-1'], mode });
        expect({ ...after, byType: after.byType['ZZ-1'] }).toEqual({ ...before, byType: before.byType.PER });
      }),
    );
  });

  it('exchanging gold and prediction exchanges precision and recall', () => {
    fc.assert(
      fc.property(pairs, mode, (sentences, mode) => {
        const [gold, predicted] = split(sentences);
        const there = scores(gold, predicted, { critical: [], mode }).overall;
        const back = scores(predicted, gold, { critical: [], mode }).overall;
        expect([back.precision, back.recall, back.f1]).toEqual([there.recall, there.precision, there.f1]);
      }),
    );
  });

  it('counts agree with the spans that spansOf gives', () => {
    fc.assert(
      fc.property(pair, mode, (tokens, mode) => {
        const [[gold], [predicted]] = split([tokens]);
        const { overall } = scores([gold], [predicted], { critical: [], mode });
        const there = new Set(spansOf(predicted, mode).map(span => JSON.stringify(span)));
        const common = spansOf(gold, mode).filter(span => there.has(JSON.stringify(span)));
        expect([overall.support, overall.predicted, overall.correct]).toEqual([
          spansOf(gold, mode).length,
          there.size,
          common.length,
        ]);
      }),
    );
  });
});
