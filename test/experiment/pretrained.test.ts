/** Starts other than random weights: checkpoints with other heads, and students from the layers of a teacher. */
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { openEngine } from 'ner-distill/engine/select';
import { InputError } from 'ner-distill/errors';
import {
  checkpointShape,
  evenlySpacedLayers,
  parametersFromTeacher,
  pretrainedStart,
  tokenizerDifference,
} from 'ner-distill/experiment/pretrained';
import { InferenceModel } from 'ner-distill/inference/inference-model';
import { loadCheckpoint } from 'ner-distill/model/checkpoint';
import type { ModelConfig } from 'ner-distill/model/config';
import {
  initialParameters,
  parameterShapes,
  type Parameters as WeightsByName,
} from 'ner-distill/model/parameters';
import { encodeSafetensors, loadSafetensors } from 'ner-distill/model/safetensors';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { describe, expect, it } from 'vitest';

const fixture = (name: string) => resolve(__dirname, '../fixtures', name);
const bert = loadCheckpoint(fixture('bert-tiny'));
const roberta = loadCheckpoint(fixture('roberta-tiny'));

/** A checkpoint with the fixture's configuration and other tensors. */
function checkpointOf(parameters: WeightsByName, name = 'bert-tiny'): string {
  const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
  copyFileSync(join(fixture(name), 'config.json'), join(folder, 'config.json'));
  writeFileSync(join(folder, 'model.safetensors'), encodeSafetensors(parameters));
  return folder;
}

const renamed = (parameters: WeightsByName, rename: (name: string) => string): WeightsByName =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [rename(name), value]));

const SENTENCES = [
  { ids: [2, 11, 12, 13, 3], firstPieces: Int32Array.of(1, 2, 3), labels: Int32Array.of(0, 0, 0) },
  { ids: [2, 40, 3], firstPieces: Int32Array.of(1), labels: Int32Array.of(0) },
];

async function logitsOf(config: ModelConfig, parameters: WeightsByName): Promise<number[]> {
  const model = await InferenceModel.open(await openEngine('cpu'), config, parameters);
  const rows = await model.ofBatch(SENTENCES as never, 0);
  await model.dispose();
  return rows.flatMap(row => [...row]);
}

describe('layers of a teacher', () => {
  it('are those of DistilBERT for 6 of 12', () => {
    expect(evenlySpacedLayers(12, 6)).toEqual([0, 2, 4, 7, 9, 11]);
    expect(evenlySpacedLayers(12, 1)).toEqual([0]);
    expect(evenlySpacedLayers(3, 3)).toEqual([0, 1, 2]);
  });

  it('rise from the first to the last, none twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 24 }), fc.integer({ min: 2, max: 24 }), (a, b) => {
        const [layers, count] = [Math.max(a, b), Math.min(a, b)];
        const chosen = evenlySpacedLayers(layers, count);
        expect(chosen).toHaveLength(count);
        expect([chosen[0], chosen[count - 1]]).toEqual([0, layers - 1]);
        for (let i = 1; i < count; i++) expect(chosen[i]).toBeGreaterThan(chosen[i - 1]);
      }),
    );
  });

  it('make a DistilBERT that answers as the BERT does whose layers it has all', async () => {
    const config: ModelConfig = { ...bert.config, architecture: 'distilbert' };
    const student = parametersFromTeacher(bert, config);
    expect(Object.keys(student).some(name => name.includes('token_type'))).toBe(false);
    const [expected, found] = [await logitsOf(bert.config, bert.parameters), await logitsOf(config, student)];
    expect(found).toHaveLength(expected.length);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i], 4);
  });

  it.each([
    ['roberta', roberta],
    ['distilbert', roberta],
    ['bert', roberta],
    ['roberta', bert],
  ] as const)(
    'make a %s that answers as its teacher does, whose layers it has all (%#)',
    async (architecture, teacher) => {
      const config: ModelConfig = { ...teacher.config, architecture, padId: 3 };
      const student = parametersFromTeacher(teacher, config);
      expect(Object.keys(student)).toEqual(Object.keys(parameterShapes(config)));
      const expected = await logitsOf(teacher.config, teacher.parameters);
      const found = await logitsOf(config, student);
      // The ε of their layer normalisations differ.
      for (const [i, value] of found.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(2e-3);
    },
  );

  it('are taken by their place, in memory of their own', () => {
    const student = parametersFromTeacher(bert, { ...bert.config, architecture: 'distilbert', layers: 2 });
    const of = (name: string) => student[name].values;
    expect(of('distilbert.transformer.layer.1.ffn.lin1.weight')).toEqual(
      bert.parameters['bert.encoder.layer.2.intermediate.dense.weight'].values,
    );
    expect(of('classifier.weight')).toEqual(bert.parameters['classifier.weight'].values);
    expect(of('classifier.weight')).not.toBe(bert.parameters['classifier.weight'].values);
  });

  it('must be as wide as the student', () => {
    const config: ModelConfig = { ...bert.config, architecture: 'distilbert', hiddenSize: 64 };
    expect(() => parametersFromTeacher(bert, config)).toThrow(InputError);
    expect(() => parametersFromTeacher(bert, config)).toThrow(
      "found hiddenSize 64, expected the teacher's 32",
    );
  });
});

describe('a checkpoint', () => {
  const folder = fixture('bert-tiny');
  const startOf = (...start: Parameters<typeof pretrainedStart>) => pretrainedStart(...start).parameters;

  it('is taken whole where its labels are the tags of the corpus', () => {
    expect(pretrainedStart(folder, bert.config, 7)).toEqual({ parameters: bert.parameters, notes: [] });
  });

  it('may have been pretrained for another task, with the older names of LayerNorm', () => {
    const { 'classifier.weight': _, 'classifier.bias': __, ...encoder } = bert.parameters;
    const old = renamed(encoder, name =>
      name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
    );
    const head = initialParameters(bert.config, 1)['classifier.bias'];
    const start = startOf(
      checkpointOf({ ...old, 'cls.predictions.bias': head, 'bert.pooler.dense.bias': head }),
      bert.config,
      7,
    );
    expect(Object.keys(start)).toEqual(Object.keys(bert.parameters));
    for (const [name, value] of Object.entries(encoder)) expect(start[name]).toEqual(value);
  });

  it('may be of the encoder alone, without its prefix', () => {
    const bare = checkpointOf(renamed(bert.parameters, name => name.replace(/^bert\./, '')));
    expect(startOf(bare, bert.config, 7)).toEqual(bert.parameters);
  });

  it('of a RoBERTa may be of its encoder alone, or come with the head of a language model', () => {
    const { 'classifier.weight': _, 'classifier.bias': __, ...encoder } = roberta.parameters;
    const bare = renamed(encoder, name => name.replace(/^roberta\./, ''));
    const head = { 'lm_head.bias': roberta.parameters['classifier.bias'] };
    for (const parameters of [bare, { ...encoder, ...head }]) {
      const start = startOf(checkpointOf(parameters, 'roberta-tiny'), roberta.config, 7);
      expect(Object.keys(start)).toEqual(Object.keys(parameterShapes(roberta.config)));
      for (const [name, value] of Object.entries(encoder)) expect(start[name]).toEqual(value);
    }
  });

  it('that lacks a part of the model is refused', () => {
    const { 'bert.embeddings.word_embeddings.weight': _, ...rest } = bert.parameters;
    expect(() => startOf(checkpointOf(rest), bert.config, 7)).toThrow(
      'tensor "bert.embeddings.word_embeddings.weight" is missing',
    );
  });

  it('says how large it is', () => {
    expect(checkpointShape(fixture('distilbert-tiny'))).toMatchObject({
      architecture: 'distilbert',
      layers: 2,
    });
    expect(loadSafetensors(join(folder, 'model.safetensors'))).toEqual(bert.parameters);
  });
});

describe("a checkpoint's classifier", () => {
  const WIDTH = 32;
  const folder = fixture('bert-tiny');
  const file = join(folder, 'model.safetensors');
  const own = bert.config.tags;

  /** The fixture with other labels. */
  function labelled(fields: object): string {
    const copy = mkdtempSync(join(tmpdir(), 'labelled-'));
    const json = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    writeFileSync(join(copy, 'config.json'), JSON.stringify({ ...json, label2id: undefined, ...fields }));
    copyFileSync(file, join(copy, 'model.safetensors'));
    return copy;
  }
  const start = (tags: readonly string[], from = folder, seed = 7) =>
    pretrainedStart(from, { ...bert.config, tags }, seed);
  /** What a classifier has for one class: its row, then its bias. */
  const rowsOf = (parameters: WeightsByName): number[][] =>
    [...parameters['classifier.bias'].values].map((bias, row) => [
      ...parameters['classifier.weight'].values.subarray(row * WIDTH, (row + 1) * WIDTH),
      bias,
    ]);
  const trained = Object.fromEntries(rowsOf(bert.parameters).map((row, id) => [own[id], row]));
  /** Of a model that is no more than embeddings of one word and the classifier. */
  const drawn = (tags: readonly string[]) =>
    rowsOf(initialParameters({ ...bert.config, tags, layers: 0, vocabularySize: 1, maxPositions: 1 }, 7));

  it('has its rows permuted where the labels stand in another order, and says so', () => {
    const tags = [...own].reverse();
    const { parameters, notes } = start(tags);
    expect(rowsOf(parameters)).toEqual(tags.map(tag => trained[tag]));
    expect(notes).toEqual([
      `${file}: the classifier's rows are taken by the names of their labels, whose order is another there`,
    ]);
    // The same by the labels of the file, as a well-known model has them.
    const order = ['O', 'B-MISC', 'I-MISC', 'B-PER', 'I-PER', 'B-ORG', 'I-ORG', 'B-LOC', 'I-LOC'];
    const moved = start(own, labelled({ id2label: order })).parameters;
    const source = [0, 3, 4, 5, 6, 7, 8, 1, 2];
    expect(rowsOf(moved)).toEqual(source.map(row => trained[own[row]]));
  });

  it('loses the rows of labels that are not in the corpus, and says so', () => {
    const tags = ['O', 'B-PER', 'I-PER'];
    const { parameters, notes } = start(tags);
    expect(rowsOf(parameters)).toEqual(tags.map(tag => trained[tag]));
    expect(notes).toEqual([
      `${file}: the classifier's rows for O, B-PER, I-PER are kept; dropped: B-ORG, I-ORG, B-LOC, I-LOC, B-MISC, I-MISC`,
    ]);
  });

  it('gets rows from the seed for tags that it has no labels for, and says so', () => {
    const tags = ['O', 'B-GENE', 'I-GENE', ...own.slice(1)];
    const { parameters, notes } = start(tags);
    const expected = drawn(tags).map((row, i) => (tags[i].endsWith('GENE') ? row : trained[tags[i]]));
    expect(rowsOf(parameters)).toEqual(expected);
    expect(parameters['classifier.weight'].shape).toEqual([11, WIDTH]);
    expect(notes).toEqual([
      `${file}: the classifier's rows for O, B-PER, I-PER, B-ORG, I-ORG, B-LOC, I-LOC, B-MISC, I-MISC are kept; drawn anew: B-GENE, I-GENE`,
    ]);
  });

  it('gets a row from the seed where two have the name', () => {
    const from = labelled({ id2label: own.map(tag => (tag === 'I-PER' ? 'B-PER' : tag)) });
    const { parameters, notes } = start(own, from);
    const isDrawn = (tag: string) => tag === 'B-PER' || tag === 'I-PER';
    expect(rowsOf(parameters)).toEqual(own.map((tag, i) => (isDrawn(tag) ? drawn(own)[i] : trained[tag])));
    expect(notes[0]).toMatch(/; drawn anew: B-PER, I-PER; dropped: B-PER$/);
  });

  it.each<[string, object, string]>([
    [
      'labels without names',
      { id2label: own.map((_, id) => `LABEL_${id}`) },
      "model.safetensors: none of the classifier's labels (LABEL_0, LABEL_1, LABEL_2, LABEL_3, LABEL_4, LABEL_5, LABEL_6, LABEL_7, LABEL_8) is a tag of the corpus; it is drawn anew",
    ],
    [
      'no labels',
      { id2label: undefined },
      'config.json: there is no id2label that names the rows of the classifier; the classifier is drawn anew',
    ],
    [
      'labels with a gap',
      { id2label: Object.fromEntries(own.map((tag, id) => [id < 4 ? id : id + 1, tag])) },
      'config.json: id2label has the ids 0, 1, 2, 3, 5, 6, 7, 8, 9, expected 0 to 8; the classifier is drawn anew',
    ],
    [
      'fewer labels than rows',
      { id2label: own.slice(0, 7) },
      'config.json: id2label names 7 rows, the classifier has 9; the classifier is drawn anew',
    ],
  ])('is drawn anew from the seed for %s, and says so', (_, fields, note) => {
    const { parameters, notes } = start(own, labelled(fields));
    expect(rowsOf(parameters)).toEqual(drawn(own));
    expect(rowsOf(start(own, labelled(fields), 8).parameters)).not.toEqual(drawn(own));
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain(note);
    const { 'classifier.weight': _weight, 'classifier.bias': _bias, ...encoder } = parameters;
    for (const [name, value] of Object.entries(encoder)) expect(value).toEqual(bert.parameters[name]);
  });

  it('is drawn anew where there is none, and says so; of layers and a decoder that are left out, too', () => {
    const { 'classifier.weight': _, 'classifier.bias': __, ...encoder } = bert.parameters;
    const from = checkpointOf({
      ...encoder,
      'bert.encoder.layer.3.output.dense.bias': encoder['bert.embeddings.LayerNorm.bias'],
      'crf.transitions': encoder['bert.embeddings.LayerNorm.bias'],
    });
    const { parameters, notes } = start(own, from);
    expect(rowsOf(parameters)).toEqual(drawn(own));
    expect(notes).toEqual([
      `${from}/model.safetensors: tensor "bert.encoder.layer.3.output.dense.bias" is left out, as config.json does not ask for it`,
      `${from}/model.safetensors: tensor "crf.transitions" is left out, as it is of neither the encoder nor its classifier`,
      `${from}/model.safetensors: there is no trained classifier (tensor "classifier.weight" is missing); the classifier is drawn anew`,
    ]);
  });
});

describe("a checkpoint's tokenizer", () => {
  const words = ['ann', 'lee', 'met', 'acme'];
  const definition = trainWordPiece(words, { size: 60 });
  const json = JSON.parse(definition);
  const pieces = Object.keys(json.model.vocab);
  function folderWith(file: string, content: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'tokenizer-'));
    writeFileSync(join(folder, file), content);
    return folder;
  }
  const difference = (theirs: object, piecesOnly = false) =>
    tokenizerDifference(folderWith('tokenizer.json', JSON.stringify(theirs)), definition, piecesOnly);
  const withVocab = (vocab: object) => ({ ...json, model: { ...json.model, vocab } });
  const swapped = Object.fromEntries(pieces.map((piece, id) => [piece, id === 5 ? 6 : id === 6 ? 5 : id]));

  it('is the same whatever order, layout, padding, truncation and framing its file has', () => {
    const { strip_accents, ...normalizer } = json.normalizer;
    expect(difference(json)).toBeUndefined();
    expect(
      difference({
        ...Object.fromEntries(Object.entries(json).reverse()),
        model: { ...json.model, vocab: Object.fromEntries(Object.entries(json.model.vocab).reverse()) },
        added_tokens: [...json.added_tokens].reverse(),
        padding: { strategy: { Fixed: 128 } },
        truncation: { max_length: 4 },
        post_processor: null,
        decoder: null,
      }),
    ).toBeUndefined();
    expect(strip_accents).toBe(false);
    // Accents go by default where case does.
    expect(difference({ ...json, normalizer })).toBe('normalizer.strip_accents is true there, off here');
  });

  it.each<[string, object, string]>([
    [
      'two pieces whose ids are exchanged',
      withVocab(swapped),
      `the piece "${pieces[5]}" has the id 6 there, 5 here`,
    ],
    [
      'a piece less',
      withVocab(Object.fromEntries(Object.entries(json.model.vocab).slice(0, -1))),
      `the piece "${pieces.at(-1)}" is not there, ${pieces.length - 1} here`,
    ],
    [
      'a piece more',
      withVocab({ ...json.model.vocab, zzz: pieces.length }),
      `the piece "zzz" has the id ${pieces.length} there and is not here`,
    ],
    [
      'an added token more',
      { ...json, added_tokens: [...json.added_tokens, { content: 'acme', id: pieces.length }] },
      `the piece "acme" has the id ${pieces.length} there`,
    ],
  ])('differs: %s', (_, theirs, clause) => {
    expect(difference(theirs)).toContain(clause);
    expect(difference(theirs, true)).toContain(clause);
  });

  it.each<[string, object, string]>([
    [
      'case is kept',
      { ...json, normalizer: { ...json.normalizer, lowercase: false } },
      'normalizer.lowercase is off there, true here',
    ],
    [
      'words are taken apart at white space only',
      { ...json, pre_tokenizer: { type: 'Whitespace' } },
      'pre_tokenizer.type is "Whitespace" there, "BertPreTokenizer" here',
    ],
    [
      'a token is found within words',
      { ...json, added_tokens: json.added_tokens.slice(1) },
      'added_tokens.0.id is 1 there, 0 here',
    ],
    [
      'shorter words are unknown',
      { ...json, model: { ...json.model, max_input_chars_per_word: 5 } },
      'model.max_input_chars_per_word is 5 there, 100 here',
    ],
  ])('differs in how words are taken apart: %s', (_, theirs, clause) => {
    expect(difference(theirs)).toContain(clause);
    expect(difference(theirs, true)).toBeUndefined();
  });

  it("may be BERT's list of pieces", () => {
    const lines = (list: readonly string[]) => folderWith('vocab.txt', `${list.join('\n')}\n`);
    expect(tokenizerDifference(lines(pieces), definition)).toBeUndefined();
    expect(tokenizerDifference(lines([...pieces].reverse()), definition)).toBe(
      `the piece "[PAD]" has the id ${pieces.length - 1} there, 0 here`,
    );
  });

  it("may be BERT's list of pieces with its rules beside it", () => {
    const folder = folderWith('vocab.txt', `${pieces.join('\n')}\n`);
    const say = (settings: object) =>
      writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(settings));
    say({ do_lower_case: true, strip_accents: false });
    expect(tokenizerDifference(folder, definition)).toBeUndefined();
    say({ do_lower_case: false, strip_accents: false });
    expect(tokenizerDifference(folder, definition)).toBe('normalizer.lowercase is off there, true here');
    expect(tokenizerDifference(folder, definition, true)).toBeUndefined();
  });

  it('is what the settings beside it make of it', () => {
    const folder = folderWith('tokenizer.json', definition);
    writeFileSync(join(folder, 'tokenizer_config.json'), '{"do_lower_case":false}');
    expect(tokenizerDifference(folder, definition)).toBe('normalizer.lowercase is off there, true here');
  });

  it('is not compared where there is none', () => {
    expect(tokenizerDifference(fixture('bert-tiny'), definition)).toBeUndefined();
  });
});
