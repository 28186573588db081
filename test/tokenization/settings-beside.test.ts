/** What tokenizer_config.json says against the tokenizer.json beside it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTokenizer } from 'ner-distill/tokenization/tokenizer';
import { wordPieceDefinition } from 'ner-distill/tokenization/vocabulary';
import { afterEach, describe, expect, it } from 'vitest';

const PIECES = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'B', 'b', 'é', 'e', 'É', 'E', '中', '中中'];
const WORDS = ['B', 'é', 'É', '中中'];
const DROPPING = {
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
};
const KEEPING = { ...DROPPING, lowercase: false };

let folder: string;
afterEach(() => rmSync(folder, { recursive: true }));

function tokenizerWith(normalizer: object, settings: object, config?: object) {
  folder = mkdtempSync(join(tmpdir(), 'settings-'));
  const vocabulary = new Map(PIECES.map((piece, id) => [piece, id]));
  const frame = ['[CLS]', '[SEP]'] as const;
  const parts = { vocabulary, addedTokens: [], normalizer, unknown: '[UNK]', frame };
  writeFileSync(join(folder, 'tokenizer.json'), wordPieceDefinition(parts));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(settings));
  if (config) writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  return loadTokenizer(folder);
}

describe('tokenizer_config.json beside a tokenizer.json', () => {
  // What AutoTokenizer.from_pretrained(folder).tokenize(word) of transformers 5.24 gives in a folder of these two files, with
  // {"model_type": "bert"} as config.json where no class is told.
  const bert = { tokenizer_class: 'BertTokenizer' };
  it.each<[object, object, string[]]>([
    [DROPPING, { ...bert, do_lower_case: false }, ['B', 'é', 'É', '中 中']],
    [DROPPING, { do_lower_case: false }, ['B', 'é', 'É', '中 中']],
    [DROPPING, { do_lower_case: false, strip_accents: null }, ['B', 'é', 'É', '中 中']],
    [DROPPING, { ...bert, do_lower_case: true, strip_accents: false }, ['b', 'é', 'é', '中 中']],
    [{ ...DROPPING, strip_accents: false }, { ...bert, strip_accents: null }, ['b', 'e', 'e', '中 中']],
    [KEEPING, { ...bert, do_lower_case: true }, ['b', 'e', 'e', '中 中']],
    [
      DROPPING,
      {
        tokenizer_class: 'BertTokenizerFast',
        do_lower_case: false,
        strip_accents: true,
        tokenize_chinese_chars: false,
      },
      ['B', 'e', 'E', '中中'],
    ],
    [DROPPING, { tokenizer_class: 'DistilBertTokenizer', do_lower_case: false }, ['B', 'é', 'É', '中 中']],
    [DROPPING, { tokenizer_class: 'MPNetTokenizerFast', do_lower_case: false }, ['B', 'é', 'É', '中 中']],
  ])('is taken against it where it is of a class of BERT: %j with %j', (normalizer, settings, pieces) => {
    const tokenizer = tokenizerWith(normalizer, settings);
    expect(WORDS.map(word => tokenizer.pieceTexts(word).join(' '))).toEqual(pieces);
    expect(tokenizer.notes).toHaveLength(1);
  });

  it.each<[object, object, object | undefined, string[]]>([
    [DROPPING, { ...bert, do_lower_case: true }, undefined, ['b', 'e', 'e', '中 中']],
    [
      DROPPING,
      { tokenizer_class: 'PreTrainedTokenizerFast', do_lower_case: false },
      undefined,
      ['b', 'e', 'e', '中 中'],
    ],
    [
      DROPPING,
      { do_lower_case: false },
      { tokenizer_class: 'PreTrainedTokenizerFast' },
      ['b', 'e', 'e', '中 中'],
    ],
    [
      KEEPING,
      { tokenizer_class: 'TokenizersBackend', do_lower_case: true },
      undefined,
      ['B', 'é', 'É', '中 中'],
    ],
  ])(
    'changes nothing where it says the same, or its class reads the file alone: %j with %j',
    (normalizer, settings, config, pieces) => {
      const tokenizer = tokenizerWith(normalizer, settings, config);
      expect(WORDS.map(word => tokenizer.pieceTexts(word).join(' '))).toEqual(pieces);
      expect(tokenizer.notes).toEqual([]);
    },
  );

  it('does not undo what it is silent on', () => {
    const tokenizer = tokenizerWith(KEEPING, { ...bert, do_lower_case: null, model_max_length: 512 });
    expect(tokenizer.pieceTexts('É')).toEqual(['É']);
    expect(tokenizer.notes).toEqual([]);
  });

  it('says what it changed', () => {
    const { notes } = tokenizerWith(DROPPING, { do_lower_case: false, strip_accents: true });
    expect(notes).toEqual([
      `${join(folder, 'tokenizer_config.json')}: do_lower_case false is taken against the tokenizer.json beside it, as transformers does`,
    ]);
  });

  it('is refused where a setting is of another kind', () => {
    expect(() => tokenizerWith(DROPPING, { do_lower_case: 'no' })).toThrow(
      /tokenizer_config\.json: do_lower_case is "no", expected true or false$/,
    );
  });
});
