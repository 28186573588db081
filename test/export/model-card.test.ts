/** The card of an exported model: every number as the run has it, and nothing of a corpus that reads as markup. */

import { byMeasure } from 'ner-distill/evaluation/measures';
import { scores } from 'ner-distill/evaluation/scores';
import { modelCard, type RunFacts } from 'ner-distill/export/model-card';
import type { ModelConfig } from 'ner-distill/model/config';
import { describe, expect, it } from 'vitest';

const config: ModelConfig = {
  architecture: 'distilbert',
  vocabularySize: 10,
  hiddenSize: 4,
  layers: 2,
  heads: 2,
  intermediateSize: 8,
  maxPositions: 6,
  dropout: 0.1,
  attentionDropout: 0.1,
  tags: ['O', 'B-PER', 'I-PER', 'B-odd|<b>', 'I-odd|<b>'],
};

// Two of three PER are found, one is made up; the one of the odd type is found.
const gold = [
  ['B-PER', 'O', 'B-PER', 'B-odd|<b>'],
  ['B-PER', 'O'],
];
const predicted = [
  ['B-PER', 'O', 'B-PER', 'B-odd|<b>'],
  ['O', 'B-PER'],
];
const test = scores(gold, predicted, { critical: ['PER'] });
const interval = (low: number, high: number) => ({ low, high, confidence: 0.95, resamples: 1000 });

const run: RunFacts = {
  id: 'cafe',
  config: {
    loss: { name: 'weighted', settings: { alpha: 0.5, beta: 0.1 }, source: 's' },
    criticalTypes: ['PER'],
    corpus: 'c0',
    tokenizer: 't0',
    initialWeights: 'i0',
    source: 's0',
    model: config,
    maxLength: 5,
    training: {
      epochs: 2,
      batchSize: 8,
      learningRate: 0.001,
      warmup: 0.1,
      weightDecay: 0.01,
      maxNorm: 1,
      wordDropout: 0,
      subwordDropout: 0,
      accumulation: 1,
      seed: 7,
    },
    teacher: 'beef',
    engine: 'onnx',
  },
  metrics: {
    parameters: 1,
    validation: test,
    test,
    intervals: {
      validation: byMeasure(() => null),
      test: byMeasure(({ key }) => (key === 'coverage' ? null : interval(0.25, 0.875))),
    },
    epochs: [],
    truncated: { words: 4, entities: 1 },
    notes: ['test is *half* of valid'],
    derived: { criticalTypes: ['PER'], by: 'd' },
  },
  part: {
    name: 'student',
    role: 'constrained',
    student: 'student',
    form: 'weighted',
    beta: 0.1,
    criticalTypes: ['PER'],
  },
  factCounts: [
    { type: 'PER', facts: 3, kept: 1, lost: 1, gained: 1, missed: 0 },
    { type: 'all', facts: 3, kept: 1, lost: 1, gained: 1, missed: 0 },
  ],
  in8Bits: null,
};
const facts = { config, numberType: 'float16', version: '1.2.3', run } as const;
const card = modelCard(facts);

describe('the card of a run', () => {
  it('says what the model is', () => {
    // Words 10 · 4, positions 6 · 4, norm 8; a layer 4 · (16 + 4) + 8 + (32 + 8) + (32 + 4) + 8; the classifier 4 · 5 + 5.
    const parameters = 40 + 24 + 8 + 2 * (80 + 8 + 40 + 36 + 8) + 25;
    expect(card).toContain(
      `A distilbert token classifier of 2 × 4 with 2 heads and ${parameters} parameters, the constrained student (weighted, β = 0.1) of a study.`,
    );
    expect(card).toContain('Exported by ner-distill 1.2.3.');
    expect(card).toContain('weights in float16');
  });

  it.each([
    [{ role: 'teacher', form: null, beta: null }, 'the teacher of a study'],
    [{ role: 'control', form: null, beta: null }, 'the student without a teacher of a study'],
    [{ role: 'vanilla', form: null, beta: 0 }, 'the vanilla student of a study'],
    [{ role: 'distilled', form: 'hidden', beta: null }, 'the distilled student (hidden) of a study'],
  ] as const)('names the part of %o', (part, words) => {
    expect(modelCard({ ...facts, run: { ...run, part: { ...run.part!, ...part } } })).toContain(words);
  });

  it('has its scores with intervals, by type, and what bears on them', () => {
    for (const line of [
      '|  | score | 95 % interval |',
      '| F1 | 75.00 | 25.00–87.50 |',
      '| F1\\_critical | 66.67 | 25.00–87.50 |',
      '| Coverage | 66.67 | – |',
      '| all types | 75.00 | 75.00 | 75.00 | 4 | 4 | 3 |',
      '| PER | 66.67 | 66.67 | 66.67 | 3 | 3 | 2 |',
      '- test is \\*half\\* of valid',
      '- 4 words of the test part, with 1 entities, were beyond the longest sequence and count as O',
    ])
      expect(card.split('\n')).toContain(line);
    expect(card).toContain('Critical types: PER.');
  });

  it('has the scores of the graph in 8 bits where they were taken', () => {
    const in8Bits = { scores: scores(gold, gold, { critical: ['PER'] }), kept: 3, added: 1 };
    const lines = modelCard({ ...facts, run: { ...run, in8Bits } }).split('\n');
    expect(lines).toContain('|  | score | 95 % interval | in 8 bits |');
    expect(lines).toContain('| F1 | 75.00 | 25.00–87.50 | 100.00 |');
    expect(lines).toContain(
      'They are those of the 32-bit weights as trained. Of its 4 entities the graph in 8 bits finds 3, and 1 beside them. Of weights in 16 bits no scores were taken.',
    );
    expect(card).toContain('of weights in 16 or 8 bits no scores were taken.');
  });

  it('counts what it lost of what its teacher had', () => {
    expect(card).toContain('its teacher (run beef)');
    expect(card.split('\n')).toContain('| PER | 3 | 1 | 1 | 1 | 0 |');
    expect(card.split('\n')).toContain('| all critical types | 3 | 1 | 1 | 1 | 0 |');
    expect(modelCard({ ...facts, run: { ...run, factCounts: null } })).not.toContain('What it lost');
  });

  it('has the settings and digests by which it can be made again', () => {
    const rows = [
      'run | cafe',
      'beta | 0.1',
      'learning rate | 0.001',
      'seed | 7',
      'corpus, SHA-256 | c0',
      'teacher | run beef',
    ];
    for (const row of rows) expect(card.split('\n')).toContain(`| ${row} |`);
  });

  it('takes nothing of the corpus for markup', () => {
    expect(card).not.toMatch(/[^\\]<b>/);
    expect(card.split('\n')).toContain('| odd\\|\\<b\\> | 100.00 | 100.00 | 100.00 | 1 | 1 | 1 |');
  });
});

it('the card of a model of no run says that its scores are not known', () => {
  const other = modelCard({ ...facts, run: null });
  expect(other).toContain('Nothing is known here of the training of this model and its scores');
  expect(other).not.toMatch(/## Scores|## Where/);
});
