/** The table of settings: one row for each that bears on the numbers, and none for what is switched off. */
import { planOf } from 'ner-distill/experiment/plan';
import { settingsBesidePaper } from 'ner-distill/report/paper-settings';
import { describe, expect, it } from 'vitest';

const OPTIONAL = [
  'sentences used of train, validation, test',
  'seed of the split',
  'parts that a step is computed in',
  'subword dropout in training',
];

function shown(plan: ReturnType<typeof planOf>): Record<string, string> {
  return Object.fromEntries(settingsBesidePaper(plan).map(({ setting, here }) => [setting, here]));
}

describe('the settings beside those of the paper', () => {
  it('name the vocabulary, and leave out what the sample does not use', () => {
    const rows = shown(planOf('sample'));
    expect(rows.tokenizer).toBe('WordPiece trained on the corpus, 4000 pieces, cased');
    expect(Object.keys(rows).filter(setting => OPTIONAL.includes(setting))).toEqual([]);
  });

  it('say what becomes of capitals', () => {
    const plan = planOf('sample');
    const tokenizer = { vocabularySize: 500, lowercase: true, caseMarks: true };
    expect(shown({ ...plan, tokenizer }).tokenizer).toBe(
      'WordPiece trained on the corpus, 500 pieces, uncased, with case marks',
    );
  });

  it('have a row for whatever else is used', () => {
    const plan = planOf('smoke', { subwordDropout: 0.1, accumulation: 2, splitSeed: 7 });
    const rows = shown({ ...plan, tokenizer: { file: '/somewhere/tokenizer.json' } });
    expect(OPTIONAL.map(setting => rows[setting])).toEqual(['the first 320, 80, 120', '7', '2', '0.1']);
    expect(rows.tokenizer).toBe('a given tokenizer');
    expect(Object.keys(rows)).toEqual([...new Set(Object.keys(rows))]);
  });

  it('say of which model a setting is where only one has it', () => {
    const { teacher, ...plan } = planOf('sample');
    const dropped = { ...teacher, training: { ...teacher.training, subwordDropout: 0.2 } };
    expect(shown({ ...plan, teacher: dropped })['subword dropout in training']).toBe(
      '0.2 (teacher), 0 (student)',
    );
  });
});
