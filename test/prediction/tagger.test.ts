/** A saved model against the path that studies take: encoding with labels, logits, the tag of highest logit. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabelSet } from 'ner-distill/corpus/labels';
import { toBio } from 'ner-distill/corpus/tags';
import { openEngine } from 'ner-distill/engine/select';
import { InferenceModel } from 'ner-distill/inference/inference-model';
import { tagsOf } from 'ner-distill/inference/tags';
import type { Parameters } from 'ner-distill/model/parameters';
import { encodeSafetensors } from 'ner-distill/model/safetensors';
import { Tagger } from 'ner-distill/prediction/tagger';
import { encodeSplit } from 'ner-distill/tokenization/align';
import { softmax } from 'ner-distill/training/losses/distillation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counted } from '../counted';
import { saveModel } from './model';

const SENTENCES = [
  'Ann Lee left Aldmark Bank',
  'Bo saw Ann',
  'the Bank of Aldmark hired Bo Lee and Ann Lee',
  'left',
].map(text => text.split(' '));
const model = saveModel(SENTENCES.flat());
const labels = new LabelSet(['PER', 'ORG']);

let tagger: Tagger;
beforeAll(async () => {
  tagger = await Tagger.open(model.folder, { engine: 'cpu' });
});
afterAll(() => tagger.dispose());

/** Logits `[words][C]` of each sentence, the study's way. */
async function logitsOf(sentences: readonly string[][]): Promise<number[][][]> {
  const split = sentences.map(words => ({ words, tags: words.map(() => 'O'), document: 0 }));
  const { sentences: encoded } = encodeSplit(split, model.tokenizer, labels, 32);
  const inference = await InferenceModel.open(await openEngine('cpu'), model.config, model.parameters);
  const logits = await inference.outputs(encoded, { batchSize: 4, padId: 0 });
  await inference.dispose();
  return logits.map((flat, s) =>
    sentences[s].map((_, word) => [...flat.subarray(word * labels.size, (word + 1) * labels.size)]),
  );
}

describe('a tagger', () => {
  it("gives the study's tags, with I- that continues nothing as the begin of an entity", async () => {
    const logits = await logitsOf(SENTENCES);
    const split = SENTENCES.map(words => ({ words, tags: [], document: 0 }));
    const expected = tagsOf(
      split,
      logits.map(rows => Float32Array.from(rows.flat())),
      labels,
    );
    const tagged = await tagger.tag(SENTENCES);
    expect(tagged.map(({ tags }) => tags)).toEqual(expected.map(tags => toBio(tags)));
    expect(tagged.flatMap(({ entities }) => entities).length).toBeGreaterThan(2);
  });

  it('reads the words of a long sentence a few times, however many windows it takes', async () => {
    const readsOf = async (length: number): Promise<number> => {
      const { items, reads } = counted(Array.from({ length }, () => 'Ann'));
      const [{ tags }] = await tagger.tag([items]);
      expect(tags).toHaveLength(length);
      return reads();
    };
    // 30 of them fit beside the two special tokens.
    expect(await readsOf(1200)).toBeLessThan(2.1 * (await readsOf(600)));
  });

  it("gives an entity the lowest probability of its words' tags", async () => {
    const logits = await logitsOf(SENTENCES);
    const tagged = await tagger.tag(SENTENCES);
    for (const [s, { entities }] of tagged.entries())
      for (const { start, end, confidence } of entities) {
        const probabilities = logits[s].slice(start, end).map(row => Math.max(...softmax(row)));
        expect(confidence).toBeCloseTo(Math.min(...probabilities), 5);
      }
  });

  it('finds the same on the onnx engine, which maps the weights from their file', async () => {
    const other = await Tagger.open(model.folder, { engine: 'onnx', threads: 1 });
    const [ours, theirs] = [await tagger.tag(SENTENCES), await other.tag(SENTENCES)];
    await other.dispose();
    expect(theirs.map(({ tags }) => tags)).toEqual(ours.map(({ tags }) => tags));
    const confidences = (tagged: typeof ours) =>
      tagged.flatMap(({ entities }) => entities.map(({ confidence }) => confidence));
    confidences(theirs).forEach((confidence, i) => {
      expect(Math.abs(confidence - confidences(ours)[i])).toBeLessThan(1e-4);
    });
  });

  it('gives a sentence the same tags in any company', async () => {
    const eight = await Tagger.open(model.folder, { engine: 'onnx', threads: 1, precision: 'int8' });
    for (const asked of [tagger, eight]) {
      const [alone] = await asked.tag([SENTENCES[2]]);
      const together = await asked.tag([...SENTENCES, ...SENTENCES]);
      expect(together[2].tags).toEqual(alone.tags);
      expect(together[6].tags).toEqual(alone.tags);
    }
    await eight.dispose();
  });

  it('reads a sentence that is too long in parts, as if they were sentences of their own', async () => {
    const short = await Tagger.open(model.folder, { engine: 'cpu', maxLength: 10 });
    const words = SENTENCES[2];
    const first = encodeSplit(
      [{ words, tags: words.map(() => 'O'), document: 0 }],
      model.tokenizer,
      labels,
      10,
    );
    const cut = first.sentences[0].firstPieces.length;
    expect(cut).toBeLessThan(words.length);
    const [whole] = await short.tag([words]);
    const [begin] = await short.tag([words.slice(0, cut)]);
    expect(whole.tags.slice(0, cut)).toEqual(begin.tags);
    expect(whole.tags).toHaveLength(words.length);
    await short.dispose();
  });

  it('gives O to a word that no sequence holds, and goes on after it', async () => {
    const long = 'ab'.repeat(45);
    const [tagged] = await tagger.tag([['Bo', long, ...SENTENCES[1]]]);
    const [rest] = await tagger.tag([SENTENCES[1]]);
    expect(tagged.tags).toHaveLength(5);
    if (model.tokenizer.pieces(long).length > 30) {
      expect(tagged.tags[1]).toBe('O');
      expect(tagged.tags.slice(2)).toEqual(rest.tags);
    }
    expect(await tagger.tag([[]])).toEqual([{ tags: [], confidences: [], entities: [] }]);
  });
});

describe('opening a model', () => {
  it('refuses a length that the model has no positions for', async () => {
    await expect(Tagger.open(model.folder, { maxLength: 33 })).rejects.toThrow(
      'the longest sequence is 33, expected 3 to 32',
    );
  });

  it('refuses a model whose classes are no tags', async () => {
    const folder = join(model.results, 'classes');
    cpSync(model.folder, folder, { recursive: true });
    const file = join(folder, 'config.json');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"O"', '"LABEL_0"'));
    await expect(Tagger.open(folder)).rejects.toThrow(
      `${file}: the tag "LABEL_0" of the model is not O or B-, I-`,
    );
  });

  /** The model with other tensors, in a folder of its own. */
  function withTensors(name: string, tensors: Parameters): string {
    const folder = join(model.results, name);
    cpSync(model.folder, folder, { recursive: true });
    writeFileSync(join(folder, 'model.safetensors'), encodeSafetensors(tensors));
    return folder;
  }

  it('refuses to tag with weights that give no numbers', async () => {
    const { shape, values } = model.parameters['classifier.weight'];
    const folder = withTensors('no-numbers', {
      ...model.parameters,
      'classifier.weight': { shape, values: values.map(v => (v > 0 ? 3e38 : -3e38)) },
    });
    const tag = async () => {
      const broken = await Tagger.open(folder, { engine: 'cpu' });
      await broken.tag([['Ann']]);
    };
    await expect(tag()).rejects.toThrow('the model gives no numbers');
  });

  it('takes what training takes: older names, a prefix, buffers, poolers and other heads', async () => {
    const some = { shape: [1], values: Float32Array.of(1) };
    const older = Object.entries(model.parameters).map(([name, value]) => [
      `module.${name.replace(/orm\.weight$/, 'orm.gamma').replace(/orm\.bias$/, 'orm.beta')}`,
      value,
    ]);
    const others = [
      'embeddings.position_ids',
      'pooler.dense.bias',
      'vocab_projector.bias',
      'pre_classifier.bias',
    ];
    const folder = withTensors('older', {
      ...Object.fromEntries(others.map(name => [name, some])),
      ...Object.fromEntries(older),
    });
    const other = await Tagger.open(folder, { engine: 'cpu' });
    expect(await other.tag(SENTENCES)).toEqual(await tagger.tag(SENTENCES));
    await other.dispose();
  });

  it('refuses an encoder alone, with what to do', async () => {
    const { 'classifier.weight': _, 'classifier.bias': __, ...encoder } = model.parameters;
    const folder = withTensors('encoder', encoder);
    await expect(Tagger.open(folder)).rejects.toThrow(
      `${folder}/model.safetensors: there is no trained classifier (tensor "classifier.weight" is missing); expected a trained classifier whose rows id2label names, such as "ner-distill train --teacher-checkpoint ${folder}" makes`,
    );
  });
});
