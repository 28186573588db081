/** The command `latency` from outside: a model of random weights, measured in a process of its own. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveCheckpoint } from 'ner-distill/model/checkpoint';
import { initialParameters } from 'ner-distill/model/parameters';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { describe, expect, it } from 'vitest';
import { type CommandResult, command } from '../command';

const folder = mkdtempSync(join(tmpdir(), 'cli-latency-'));

// Of one piece each.
const words = ['a', 'b', 'c', 'd', 'e'];
const sentences = Array.from({ length: 6 }, (_, i) => words.slice(0, 1 + (i % words.length)));
const data = join(folder, 'test.txt');
writeFileSync(data, sentences.map(sentence => `${sentence.map(word => `${word} O\n`).join('')}\n`).join(''));

const model = join(folder, 'model');
const config = {
  architecture: 'distilbert',
  vocabularySize: 100,
  hiddenSize: 8,
  layers: 1,
  heads: 2,
  intermediateSize: 16,
  maxPositions: 40,
  dropout: 0,
  attentionDropout: 0,
  tags: ['O', 'B-PER', 'I-PER'],
} as const;
saveCheckpoint(model, { config, parameters: initialParameters(config, 1) });
writeFileSync(join(model, 'tokenizer.json'), trainWordPiece(words, { size: 100, lowercase: false }));

// A folder of results that has the model as a run.
const id = '0123456789abcdef';
const results = join(folder, 'results');
mkdirSync(join(results, 'runs', id), { recursive: true });
cpSync(model, join(results, 'runs', id, 'model'), { recursive: true });
writeFileSync(join(results, 'runs', id, 'config.json'), '{}');
cpSync(data, join(results, 'runs', id, 'predictions.conll'));
writeFileSync(join(results, 'runs', id, 'done'), '');

async function latency(...args: string[]): Promise<CommandResult> {
  return command(['latency', '--engine', 'cpu', ...args]);
}

const short = ['--warmup', '1', '--batches', '2', '--repeats', '3', '--min-seconds', '0'];

describe('latency', () => {
  it.concurrent('prints JSON for every batch size and length', async () => {
    const settings = ['--batch-size', '1,4', '--lengths', 'real,20', '--json'];
    const { status, stdout, stderr } = await latency('--model', model, '--data', data, ...short, ...settings);
    expect([status, stderr]).toEqual([0, '']);
    const { latencies, machine, ...measurement } = JSON.parse(stdout);
    expect(measurement).toMatchObject({ model, engine: 'eager (cpu)' });
    expect(machine.node).toBe(process.version);
    const protocol = { warmup: 1, batches: 2, repeats: 3, minSeconds: 0 };
    expect(latencies).toMatchObject([
      { ...protocol, batchSize: 1, length: 'real' },
      { ...protocol, batchSize: 1, length: 20 },
      { ...protocol, batchSize: 4, length: 'real' },
      { ...protocol, batchSize: 4, length: 20 },
    ]);
    for (const { energy, joulesPer1000Sentences, batchSize, length, paddedLengths } of latencies) {
      expect(paddedLengths[0]).toBeGreaterThanOrEqual(length === 'real' ? 3 : length);
      expect(['measured', 'estimated']).toContain(energy.method);
      // 3 repeats of 2 batches.
      expect(joulesPer1000Sentences).toBeCloseTo((1000 * energy.joules) / (6 * batchSize), 9);
    }
  });

  it.concurrent.each([
    ['its id', id],
    ['its folder', join(results, 'runs', id)],
  ])('finds a run by %s, with the sentences that it was tested on', async (_, run) => {
    const { status, stdout, stderr } = await latency(
      ...['--model', run, '--results', results, ...short, '--batch-size', '6', '--lengths', 'median'],
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^.*model: [\d,]+ parameters, read in \d\.\d\d s\nengine eager \(cpu\), fp32, 1 thread, /,
    );
    expect(stdout).toMatch(/\n +6 {2}median( +[\d.,]+){11}\n\nenergy: (measured|estimated) \(/);
  });

  const withoutTokenizer = join(folder, 'without tokenizer');
  cpSync(model, withoutTokenizer, { recursive: true });
  rmSync(join(withoutTokenizer, 'tokenizer.json'));

  it.concurrent.each([
    ['N below 1', ['--batches', '0'], 'batches is 0, expected a whole number of at least 1'],
    ['M below 1', ['--repeats', '0'], 'repeats is 0, expected a whole number of at least 1'],
    ['no threads', ['--threads', '0'], 'Expected a whole number, 1 or more'],
    ['a core without power', ['--watts-per-core', '0'], 'a busy core draws 0 W, expected more than 0'],
    ['a negative duration', ['--min-seconds', '-1'], 'minSeconds is -1, expected a number, 0 or more'],
    [
      'a batch larger than the set',
      ['--batch-size', '7'],
      'a batch of 7 is larger than the test part (6 sentences)',
    ],
    [
      'sequences that are too long',
      ['--lengths', '41'],
      "41 pieces were asked for, expected a whole number from 3 to the model's 40",
    ],
    ['an unknown length', ['--lengths', 'long'], 'Expected real, median or a number of pieces.'],
    ['an unknown engine', ['--engine', 'abacus'], 'unknown engine "abacus"'],
    [
      'a model that is missing',
      ['--model', 'none'],
      'none: there is no model (config.json, tokenizer.json, model.safetensors) in this folder',
    ],
    [
      'a model without tokenizer',
      ['--model', withoutTokenizer],
      'without tokenizer: there is no model (config.json, tokenizer.json, model.safetensors) in this folder',
    ],
    ['a corpus that is missing', ['--data', join(folder, 'none')], 'none: there is no such folder'],
  ])('refuses %s in one sentence', async (_, args, message) => {
    const base = ['--model', model, '--data', data, ...short, '--batch-size', '1', '--lengths', 'real'];
    const { status, stdout, stderr } = await latency(...base, ...args);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect([status, stdout]).toEqual([1, '']);
  });
});
