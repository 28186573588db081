/** Vocabularies with settings beside them, read as transformers reads them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from 'ner-distill/errors';
import { readDefinition } from 'ner-distill/tokenization/definition';
import { loadTokenizer, WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { afterEach, describe, expect, it } from 'vitest';
import { checkpoints, words } from '../fixtures/vocabularies.json';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folderWith(files: Readonly<Record<string, string | Uint8Array | undefined>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'vocabulary-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files))
    if (content !== undefined) writeFileSync(join(folder, name), content);
  return folder;
}

const [{ files: bert }] = checkpoints;
const roberta = checkpoints.find(({ name }) => name === 'RoBERTa')!.files;
const settings = (value: object) => JSON.stringify(value);

describe('a checkpoint without tokenizer.json', () => {
  it.each(checkpoints)('gives words the ids that transformers gives them: $name', ({ files, ids }) => {
    const tokenizer = loadTokenizer(folderWith(files));
    const differing = words.flatMap((word, i) => {
      // What transformers makes nothing of is unknown here, so that each word has a piece.
      const expected = ids[i].length > 0 ? ids[i] : [tokenizer.special.unknown];
      const found = tokenizer.pieces(word);
      return found.join() === expected.join() ? [] : [{ word, found, expected }];
    });
    expect(differing).toEqual([]);
  });

  it.each(checkpoints)('is the same tokenizer when it is kept as tokenizer.json: $name', ({ files }) => {
    const tokenizer = loadTokenizer(folderWith(files));
    const again = new WordTokenizer(tokenizer.definition, 'kept');
    expect(words.map(word => again.pieces(word))).toEqual(words.map(word => tokenizer.pieces(word)));
    expect(again.special).toEqual(tokenizer.special);
  });

  it('is found in a folder, or named', () => {
    const folder = folderWith(bert);
    expect(loadTokenizer(join(folder, 'vocab.txt')).definition).toBe(loadTokenizer(folder).definition);
    const bytes = folderWith(roberta);
    expect(loadTokenizer(join(bytes, 'vocab.json')).definition).toBe(loadTokenizer(bytes).definition);
    expect(() => loadTokenizer(folderWith({}))).toThrow(
      /found no tokenizer in the folder; expected tokenizer\.json, vocab\.txt of BERT, or vocab\.json and merges\.txt of RoBERTa$/,
    );
  });

  it('has its tokenizer.json where there is one as well', () => {
    const folder = folderWith({ ...bert, 'tokenizer.json': loadTokenizer(folderWith(roberta)).definition });
    expect(loadTokenizer(folder).special.pad).toBe(loadTokenizer(folderWith(roberta)).special.pad);
  });

  it('says that case is dropped where nothing says so, and only there', () => {
    const notesOf = (files: object) => readDefinition(folderWith({ ...bert, ...files })).notes;
    expect(notesOf({})).toEqual([
      expect.stringMatching(
        /vocab\.txt: no tokenizer_config\.json beside it says do_lower_case; case and accents are dropped, as transformers does$/,
      ),
    ]);
    expect(notesOf({ 'tokenizer_config.json': settings({ do_lower_case: true }) })).toEqual([]);
    expect(loadTokenizer(folderWith(bert)).notes).toHaveLength(1);
  });

  it('may be of another class only where its rules are the same', () => {
    const classOf = (tokenizer_class: unknown) => ({
      'tokenizer_config.json': settings({ tokenizer_class }),
    });
    for (const name of ['BertTokenizerFast', 'DistilBertTokenizer', 'ElectraTokenizerFast', null])
      expect(loadTokenizer(folderWith({ ...bert, ...classOf(name) })).special.start).toBe(2);
  });

  const others = { 'tokenizer_config.json': settings({ tokenizer_class: 'BertJapaneseTokenizer' }) };
  it.each<[string, Record<string, string | Uint8Array | undefined>, RegExp]>([
    [
      'other rules',
      { ...bert, ...others },
      /tokenizer_config\.json: found the tokenizer "BertJapaneseTokenizer"; expected BertTokenizer, DistilBertTokenizer or ElectraTokenizer, or a tokenizer\.json$/,
    ],
    [
      'other rules by config.json',
      { ...bert, 'config.json': settings({ tokenizer_class: 'BertJapaneseTokenizer' }) },
      /config\.json: found the tokenizer "BertJapaneseTokenizer"/,
    ],
    [
      'a splitter of its own',
      { ...bert, 'tokenizer_config.json': settings({ word_tokenizer_type: 'mecab' }) },
      /found the tokenizer "mecab"/,
    ],
    [
      'RoBERTa with the class of BERT',
      { ...roberta, 'tokenizer_config.json': settings({ tokenizer_class: 'BertTokenizer' }) },
      /expected RobertaTokenizer, or a tokenizer\.json/,
    ],
    [
      'a setting of another kind',
      { ...bert, 'tokenizer_config.json': settings({ do_lower_case: 'yes' }) },
      /tokenizer_config\.json: do_lower_case is "yes", expected true or false$/,
    ],
    [
      'a token of another kind',
      { ...bert, 'tokenizer_config.json': settings({ cls_token: 3 }) },
      /tokenizer_config\.json: cls_token is 3, expected the text of a token$/,
    ],
    [
      'settings that are no object',
      { ...bert, 'tokenizer_config.json': '[1]' },
      /tokenizer_config\.json: found \[1\], expected an object in braces$/,
    ],
    [
      'settings that are no JSON',
      { ...bert, 'special_tokens_map.json': '{' },
      /special_tokens_map\.json: not JSON/,
    ],
    [
      'added tokens without ids',
      { ...bert, 'added_tokens.json': settings({ new: 'x' }) },
      /added_tokens\.json: the token "new" has the id "x", expected a whole number$/,
    ],
    [
      'added tokens far away',
      { ...bert, 'added_tokens.json': settings({ new: 1e9 }) },
      /the piece "new" has the id 1000000000, expected/,
    ],
    [
      'an added token that is none',
      { ...bert, 'tokenizer_config.json': settings({ added_tokens_decoder: { x: {} } }) },
      /found \{\} in added_tokens_decoder, expected/,
    ],
    [
      'an empty vocabulary',
      { 'vocab.txt': '' },
      /vocab\.txt: found no line "\[UNK\]" among 1 pieces; expected a vocabulary of BERT, a piece a line$/,
    ],
    [
      'a vocabulary without a frame',
      { 'vocab.txt': '[UNK]\n[PAD]\na\n' },
      /found no line "\[SEP\]" among 3 pieces/,
    ],
    [
      'a vocabulary that is not UTF-8',
      { 'vocab.txt': Uint8Array.of(0x5b, 0xff) },
      /vocab\.txt: the vocabulary cannot be read \(it is not UTF-8\)$/,
    ],
    [
      'ids that are none',
      { ...roberta, 'vocab.json': settings({ a: -1 }) },
      /vocab\.json: the piece "a" has the id -1, expected a whole number$/,
    ],
    [
      'merges that are none',
      { ...roberta, 'merges.txt': '#version: 0.2\na b c\n' },
      /merges\.txt:2: found "a b c", expected two pieces with a space between/,
    ],
    ['merges of other pieces', { ...roberta, 'merges.txt': 'zzz qqq\n' }, /merges\.txt:1: found "zzz qqq"/],
  ])('is refused in one sentence: %s', (_, files, message) => {
    const read = () => loadTokenizer(folderWith(files));
    expect(read).toThrow(InputError);
    expect(read).toThrow(message);
  });
});
