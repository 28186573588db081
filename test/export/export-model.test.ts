/** An exported folder: what stands in it, that it is the model, and what is not exported. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scores } from 'ner-distill/evaluation/scores';
import { exportModel } from 'ner-distill/export/export-model';
import { RECORD_FILE } from 'ner-distill/export/folder';
import { loadCheckpoint, saveCheckpoint } from 'ner-distill/model/checkpoint';
import { parameterShapes } from 'ner-distill/model/parameters';
import { Tagger } from 'ner-distill/prediction/tagger';
import { onnx } from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import { saveModel } from '../prediction/model';
import { finishRun } from './run';

const WORDS = 'Ann Lee left Aldmark Bank and Bo'.split(' ');
const newFolder = () => join(mkdtempSync(join(tmpdir(), 'exported-')), 'out');
const read = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');
const json = (folder: string, name: string) => JSON.parse(read(folder, name));

describe('an exported model', () => {
  const model = saveModel(WORDS);

  it('has the files that its clients look for', async () => {
    const out = newFolder();
    const record = await exportModel(model.folder, out);
    const names = [
      ...['README.md', 'config.json', 'model.safetensors', 'special_tokens_map.json', 'tokenizer.json'],
      ...['tokenizer_config.json', 'vocab.txt', 'onnx/model.onnx', 'onnx/model_quantized.onnx'],
    ];
    expect(Object.keys(record.files).sort()).toEqual([...names].sort());
    expect(readdirSync(out, { recursive: true }).sort()).toEqual([...names, 'onnx', RECORD_FILE].sort());
    expect(record).toMatchObject({ run: null, numberType: 'float32' });

    const { tags, maxPositions } = model.config;
    expect(json(out, 'config.json')).toMatchObject({
      architectures: ['DistilBertForTokenClassification'],
      id2label: Object.fromEntries(tags.map((tag, id) => [id, tag])),
      label2id: Object.fromEntries(tags.map((tag, id) => [tag, id])),
      dtype: 'float32',
    });
    // DistilBERT takes no token_type_ids, which transformers would hand it.
    expect(json(out, 'tokenizer_config.json')).toMatchObject({
      model_input_names: ['input_ids', 'attention_mask'],
      model_max_length: maxPositions,
    });
    expect(json(out, 'special_tokens_map.json')).toEqual({
      pad_token: '[PAD]',
      unk_token: '[UNK]',
      cls_token: '[CLS]',
      sep_token: '[SEP]',
      mask_token: '[MASK]',
    });
    const pieces = read(out, 'vocab.txt').trimEnd().split('\n');
    expect(Object.fromEntries(pieces.map((piece, id) => [piece, id]))).toEqual(
      JSON.parse(model.tokenizer.definition).model.vocab,
    );
  });

  it('has no vocab.txt where an id is without a piece, as its lines would count past it', async () => {
    const { folder, tokenizer } = saveModel(WORDS);
    const definition = JSON.parse(tokenizer.definition);
    const pieces: string[] = Object.keys(definition.model.vocab);
    delete definition.model.vocab[pieces[pieces.length - 2]];
    writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(definition));
    const out = newFolder();
    const { files } = await exportModel(folder, out);
    expect(Object.keys(files)).not.toContain('vocab.txt');
    expect(json(out, 'tokenizer.json')).toEqual(definition);
  });

  it('is the model, and is exported to the same bytes again', async () => {
    const [out, again] = [newFolder(), newFolder()];
    const [first, second] = [await exportModel(model.folder, out), await exportModel(out, again)];
    expect(second.files).toEqual(first.files);
    expect(loadCheckpoint(out)).toEqual(loadCheckpoint(model.folder));
    const tagsBy = async (folder: string) => {
      const tagger = await Tagger.open(folder, { engine: 'onnx', threads: 1 });
      const tagged = await tagger.tag([WORDS]);
      await tagger.dispose();
      return tagged;
    };
    expect(await tagsBy(out)).toEqual(await tagsBy(model.folder));
  });

  it('has graphs of standard operators, for any size, with the weights under their names', async () => {
    const out = newFolder();
    await exportModel(model.folder, out);
    const sizes = (info: onnx.IValueInfoProto) =>
      info.type!.tensorType!.shape!.dim!.map(({ dimParam, dimValue }) => dimParam || Number(dimValue));
    for (const file of ['model', 'model_quantized']) {
      const { graph, opsetImport } = onnx.ModelProto.decode(readFileSync(join(out, `onnx/${file}.onnx`)));
      expect(opsetImport!.map(({ domain, version }) => [domain, Number(version)])).toEqual([['', 18]]);
      expect(new Set(graph!.node!.map(({ domain }) => domain))).toEqual(new Set(['']));
      for (const input of graph!.input!) expect(sizes(input)).toEqual(['batch_size', 'sequence_length']);
      expect(graph!.output!.map(sizes)).toEqual([
        ['batch_size', 'sequence_length', model.config.tags.length],
      ]);
      const names = graph!.initializer!.map(({ name }) => name);
      if (file === 'model')
        expect(names).toEqual(expect.arrayContaining(Object.keys(parameterShapes(model.config))));
    }
  });
});

describe('an exported run', () => {
  const saved = saveModel(WORDS);
  const { results } = saved;
  const gold = ['B-PER', 'I-PER', 'O', 'B-ORG', 'I-ORG', 'O', 'B-PER'];
  const finish = (teacher: string | null, predicted: readonly string[]) =>
    finishRun(saved, { words: WORDS, gold, predicted, teacher });
  const teacher = finish(null, gold);
  const found = ['B-PER', 'I-PER', 'O', 'O', 'O', 'O', 'O'];
  const student = finish(teacher, found);
  const folder = join(results, 'runs', student, 'model');

  it('has a card with what the run keeps, and the scores of the graph in 8 bits', async () => {
    const out = newFolder();
    expect(await exportModel(folder, out)).toMatchObject({ run: student });
    const lines = read(out, 'README.md').split('\n');
    const { f1 } = scores([gold], [found], { critical: ['PER'] }).overall;
    const row = lines.find(line => line.startsWith('| F1 |'))!;
    expect(row.split(' | ')[1]).toBe((100 * f1!).toFixed(2));
    expect(lines).toContain('|  | score | 95 % interval | in 8 bits |');
    expect(lines).toContain('| PER | 2 | 1 | 1 | 0 | 0 |');
    expect(lines).toContain(`| teacher | run ${teacher} |`);
    expect(lines).toContain('- half of it is made up');
  });

  it('has a page if it is wanted, which marks its critical types and says its scores', async () => {
    const out = newFolder();
    const { page, files } = await exportModel(folder, out, { page: 'int8' });
    const ours = Object.keys(files).filter(name => /^(index\.html$|page\/)/.test(name));
    expect(ours.sort()).toEqual([
      'index.html',
      ...['LICENSES.txt', 'onnxruntime.js', 'onnxruntime.wasm', 'worker.js'].map(name => `page/${name}`),
    ]);
    const loaded = ['tokenizer.json', 'onnx/model_quantized.onnx', ...ours.slice(2)];
    const bytes = loaded.reduce((sum, name) => sum + statSync(join(out, name)).size, 0);
    expect(page).toEqual({ graph: 'onnx/model_quantized.onnx', bytes });
    const html = read(out, 'index.html');
    expect(html).toContain('person (PER) <span>critical</span>');
    expect(html).not.toContain('organisation (ORG) <span>critical</span>');
    const { f1 } = scores([gold], [found], { critical: ['PER'] }).overall;
    expect(html).toContain(`<th scope="row">F1</th><td class="number">${(100 * f1!).toFixed(2)}</td>`);
    expect(html).toContain(`the run ${student},`);
    expect(read(out, 'README.md')).toContain('| index.html, page/ |');
    // Whose code is in it.
    const licenses = read(out, 'page/LICENSES.txt');
    for (const name of ['@huggingface/tokenizers', 'd3-array', 'onnxruntime-web', 'ner-distill'])
      expect(licenses).toContain(`${name} `);
    await exportModel(folder, out);
    expect(readdirSync(out)).not.toContain('page');
  });

  it('is scored only if it is wanted', async () => {
    const out = newFolder();
    await exportModel(folder, out, { scores: false });
    expect(read(out, 'README.md')).toContain('of weights in 16 or 8 bits no scores were taken');
  });

  it('that is damaged is not exported', async () => {
    writeFileSync(join(results, 'runs', teacher, 'training.json'), '{');
    writeFileSync(join(results, 'runs', teacher, 'metrics.json'), '{');
    await expect(exportModel(join(results, 'runs', teacher, 'model'), newFolder())).rejects.toThrow(
      'training.json',
    );
  });
});

describe('what cannot be exported', () => {
  it('is a page of a model whose classes are no tags', async () => {
    const { folder } = saveModel(WORDS);
    const file = join(folder, 'config.json');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"O"', '"LABEL_0"'));
    const out = newFolder();
    await expect(exportModel(folder, out, { page: 'fp32' })).rejects.toThrow(
      `${file}: the tag "LABEL_0" of the model is not O or B-, I-`,
    );
    expect(existsSync(out)).toBe(false);
  });

  it('is a model of more weights than an ONNX file holds', async () => {
    const { folder } = saveModel(WORDS);
    // A file without its blocks, whose header and configuration agree on that many pieces.
    const [file, configFile] = ['model.safetensors', 'config.json'].map(name => join(folder, name));
    const config = JSON.parse(readFileSync(configFile, 'utf8'));
    const pieces = 2 ** 29 / config.dim;
    const bytes = readFileSync(file);
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString());
    let size = 0;
    for (const tensor of Object.values<{ shape: number[]; data_offsets: number[] }>(header).filter(
      ({ shape }) => shape,
    )) {
      if (tensor.shape[0] === config.vocab_size) tensor.shape[0] = pieces;
      const begin = size;
      size += 4 * tensor.shape.reduce((product, each) => product * each);
      tensor.data_offsets = [begin, size];
    }
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(file, Buffer.concat([length, text]));
    truncateSync(file, 8 + text.length + size);
    writeFileSync(configFile, JSON.stringify({ ...config, vocab_size: pieces }));
    await expect(exportModel(folder, newFolder())).rejects.toThrow(
      'model.safetensors: the weights take 2.0 GiB, expected less than 2 GiB, the most that an ONNX file holds',
    );
  });

  it('is a number that the type of weights cannot hold, or to a place that is taken', async () => {
    const { folder, config, parameters } = saveModel(WORDS);
    const values = parameters['classifier.bias'].values.map(() => 1e6);
    saveCheckpoint(folder, {
      config,
      parameters: { ...parameters, 'classifier.bias': { shape: [values.length], values } },
    });
    const out = newFolder();
    await expect(exportModel(folder, out, { numberType: 'float16' })).rejects.toThrow(
      'model.safetensors: tensor "classifier.bias" holds 1000000, which float16 cannot hold',
    );
    writeFileSync(out, 'mine');
    await expect(exportModel(folder, out)).rejects.toThrow(
      `${out}: found a file, expected a new or empty folder`,
    );
    expect(readFileSync(out, 'utf8')).toBe('mine');
  });
});
