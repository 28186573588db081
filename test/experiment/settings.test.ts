/** The table of settings: its rows fit together, and each flag reaches the plan. */

import { planOf } from 'ner-distill/experiment/plan';
import { type Flag, SETTINGS } from 'ner-distill/experiment/settings';
import { settingsBesidePaper } from 'ner-distill/report/paper-settings';
import { describe, expect, it } from 'vitest';

const flags = Object.entries<Flag | object>(SETTINGS).filter(
  (row): row is [string, Flag] => 'flag' in row[1],
);

describe('the table of settings', () => {
  it.each(flags)('names %s as its flag reads in camel case', (name, { flag, conflicts }) => {
    const words = /^--([a-z-]+) </.exec(flag)![1].split('-');
    expect(words.map((word, i) => (i > 0 ? word[0].toUpperCase() + word.slice(1) : word)).join('')).toBe(
      name,
    );
    if (conflicts !== undefined) expect(SETTINGS).toHaveProperty(conflicts);
  });

  it('gives the rows beside the paper in the order in which a paper tells them', () => {
    const { teacher, ...plan } = planOf('smoke', {
      splitSeed: 7,
      trainFraction: 0.25,
      unlabelled: 'rest',
      subwordDropout: 0.1,
      accumulation: 2,
    });
    const longer = { ...teacher, training: { ...teacher.training, epochs: 11 } };
    expect(settingsBesidePaper({ ...plan, teacher: longer }).map(row => Object.values(row))).toEqual([
      ['corpus', 'the sample', 'CoNLL-2003'],
      ['sentences used of train, validation, test', 'the first 320, 80, 120', null],
      ['seed of the split', '7', null],
      ['share of the training sentences', '0.25', null],
      ['text without labels', 'the rest of the training part', null],
      ['tokenizer', 'WordPiece trained on the corpus, 1000 pieces, cased', null],
      ['critical types', 'PER, ORG', 'PER, ORG'],
      ['teacher', 'bert, 2 × 64, from random weights', 'bert-base-uncased, 12 × 768, pretrained'],
      ['student', 'distilbert, 1 × 64, from random weights', 'distilbert-base-uncased, 6 × 768, pretrained'],
      ['epochs', '11 (teacher), 5 (student)', '1–2; 2–5 for replications'],
      ['learning rate', '0.003', '0.00005'],
      ['sentences a step', '8', '16'],
      ['parts that a step is computed in', '2', null],
      ['α', '0.5', '0.5'],
      ['temperature', '2', '2'],
      ['β', '0, 0.5', '0, 0.1, 0.2, 0.5'],
      ['form of the critical loss', 'logits, weighted', 'both described; which one Table 2 used is not said'],
      ['κ of the weighted form', '10', null],
      ['learning rate from β = 0.5 on', '× 1', 'lower, by how much is not said'],
      ['gradient clipping (global norm)', '1', 'advised, no norm given'],
      ['warm-up, share of the steps', '0.1', null],
      ['weight decay', '0.01', null],
      ['dropout', '0.1', null],
      ['word pieces read as unknown in training', '0.2', null],
      ['subword dropout in training', '0.1', null],
      ['longest sequence, pieces', '128', null],
      ['seeds', '1', 'fixed; number not given'],
      ['latency: warm-ups, N, repeats', '2, 5, 3', '2, 5, not given'],
    ]);
  });
});
