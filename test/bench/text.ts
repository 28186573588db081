/** What happens to words before and after a model: reading, tokenization, scoring. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { readConll, type Sentence, scores } from 'ner-distill';
import { loadTokenizer, WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { timeInTurn } from './measure';
import { perSecond, type Row } from './rows';

const PROJECT = join(__dirname, '../..');
const SHARED = join(PROJECT, '../shared/data');

function trainingPart(): { name: string; text: Buffer } {
  const conll = join(SHARED, 'conll2003/eng.train');
  return existsSync(conll)
    ? { name: 'CoNLL-2003 eng.train', text: readFileSync(conll) }
    : { name: 'the sample', text: readFileSync(join(PROJECT, 'data/sample/train.txt')) };
}

/** The reader that one would write: lines, then columns. Checks nothing. */
function readBySplitting(text: Buffer): Sentence[] {
  const sentences: Sentence[] = [];
  let words: string[] = [];
  let tags: string[] = [];
  for (const line of text.toString('utf8').split('\n')) {
    const columns = line.trim().split(/\s+/);
    if (columns.length < 2) {
      if (words.length > 0) sentences.push({ words, tags, document: 0 });
      words = [];
      tags = [];
    } else if (columns[0] !== '-DOCSTART-') {
      words.push(columns[0]);
      tags.push(columns[columns.length - 1]);
    }
  }
  if (words.length > 0) sentences.push({ words, tags, document: 0 });
  return sentences;
}

async function readingRow(rounds: number): Promise<Row> {
  const { name, text } = trainingPart();
  const seconds = await timeInTurn(
    [
      { name: 'ours', round: () => void readConll(text, { file: name }) },
      { name: 'splitting', round: () => void readBySplitting(text) },
    ],
    rounds,
  );
  const rate = (competitor: string) => text.length / 1e6 / seconds.get(competitor)!;
  return {
    what: `reading ${name}, ${(text.length / 1e6).toFixed(1)} MB`,
    ours: `${rate('ours').toFixed(0)} MB/s`,
    peer: `${rate('splitting').toFixed(0)} MB/s lines split, nothing checked`,
    ratio: rate('ours') / rate('splitting'),
    target: '≥ 100 MB/s',
  };
}

async function tokenizationRow(rounds: number): Promise<Row> {
  const { name, text } = trainingPart();
  const sentences = readConll(text, { file: name }).map(({ words }) => words);
  const file = join(SHARED, 'bert-uncased/tokenizer.json');
  const ours = existsSync(file)
    ? loadTokenizer(file)
    : new WordTokenizer(trainWordPiece(sentences.flat(), { size: 4000, lowercase: true }), name);
  const plain = new Tokenizer(JSON.parse(ours.definition), {});
  const texts = sentences.map(words => words.join(' '));
  const words = sentences.reduce((sum, sentence) => sum + sentence.length, 0);
  const seconds = await timeInTurn(
    [
      {
        name: 'ours',
        round: () => {
          for (const sentence of sentences) for (const word of sentence) ours.pieces(word);
        },
      },
      {
        name: 'plain',
        round: () => {
          for (const sentence of texts) plain.encode(sentence);
        },
      },
    ],
    rounds,
  );
  const [mine, other] = [words / seconds.get('ours')!, words / seconds.get('plain')!];
  return {
    what: `tokenization of ${name}, seen before`,
    ours: perSecond(mine, 'words'),
    peer: `${perSecond(other, 'words')} @huggingface/tokenizers, sentence by sentence`,
    ratio: mine / other,
    target: '≥ 1 M words/s, ≥ 5 ×',
  };
}

/** The gold tags with every ninth entity's first tag dropped: predictions with errors in known number. */
function withErrors(tags: readonly (readonly string[])[]): string[][] {
  let entities = 0;
  return tags.map(sentence =>
    sentence.map(tag => (tag.startsWith('B-') && ++entities % 9 === 0 ? 'O' : tag)),
  );
}

const SCORED_TOKENS = 1_000_000;

/** `conlleval` is looked for where `CONLLEVAL` says, since its text is not ours to hand on. */
async function scoringRows(rounds: number): Promise<Row[]> {
  const { name, text } = trainingPart();
  const corpus = readConll(text, { file: name });
  const sentences: Sentence[] = [];
  let tokens = 0;
  for (let i = 0; tokens < SCORED_TOKENS; i++) {
    sentences.push(corpus[i % corpus.length]);
    tokens += corpus[i % corpus.length].words.length;
  }
  const gold = sentences.map(({ tags }) => tags);
  const predicted = withErrors(gold);
  const seconds = await timeInTurn(
    [{ name: 'ours', round: () => void scores(gold, predicted, { critical: ['PER', 'ORG'] }) }],
    rounds,
  );
  const rate = tokens / seconds.get('ours')!;
  const row: Row = {
    what: `scoring ${(tokens / 1e6).toFixed(1)} M tokens`,
    ours: perSecond(rate, 'tokens'),
    peer: '',
    ratio: null,
    target: '≥ 5 M tokens/s',
  };
  const script = process.env.CONLLEVAL;
  if (!script || !existsSync(script)) return [{ ...row, peer: 'no conlleval here (its path in CONLLEVAL)' }];

  const folder = mkdtempSync(join(tmpdir(), 'ner-distill-bench-'));
  const file = join(folder, 'predictions.conll');
  const lines = sentences.map(
    ({ words, tags }, s) => `${words.map((word, i) => `${word} ${tags[i]} ${predicted[s][i]}\n`).join('')}\n`,
  );
  writeFileSync(file, lines.join(''));
  const commands = await timeInTurn(
    [
      {
        name: 'ours',
        round: () =>
          void spawnSync(process.execPath, [join(PROJECT, 'lib/bin.cjs'), 'evaluate', '--file', file]),
      },
      { name: 'conlleval', round: () => void spawnSync('perl', [script], { input: readFileSync(file) }) },
    ],
    Math.min(rounds, 3),
  );
  rmSync(folder, { recursive: true });
  const [mine, other] = [commands.get('ours')!, commands.get('conlleval')!];
  return [
    row,
    {
      what: '  the command evaluate on a file of them',
      ours: perSecond(tokens / mine, 'tokens'),
      peer: `${perSecond(tokens / other, 'tokens')} conlleval (perl)`,
      ratio: other / mine,
    },
  ];
}

export async function textRows({ rounds }: { rounds: number }): Promise<Row[]> {
  return [
    await readingRow(3 * rounds),
    await tokenizationRow(3 * rounds),
    ...(await scoringRows(3 * rounds)),
  ];
}
