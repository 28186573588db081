/** What happens to words before and after a model: reading, tokenization, scoring. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { readConll, type Sentence, scores } from 'ner-distill';
import { describeMachine } from 'ner-distill/resources/machine';
import { loadTokenizer, WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { LineProcess } from './line-process';
import { type Competitor, timeInTurn } from './measure';
import { missing, pythonWith } from './python';
import { perSecond, type Row, spread, timesAsFast } from './rows';

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
  const rate = (competitor: string) =>
    spread(
      seconds(competitor).map(time => text.length / 1e6 / time),
      ' MB/s',
      0,
    );
  return {
    what: `reading ${name}, ${(text.length / 1e6).toFixed(1)} MB`,
    ours: rate('ours'),
    peer: `${rate('splitting')} lines split (Node ${process.version}), nothing checked`,
    ratio: timesAsFast(seconds('ours'), seconds('splitting')),
    target: '≥ 100 MB/s',
  };
}

/** A peer in Python over a file, which times each round itself. */
class TextPeer {
  private constructor(
    private readonly process: LineProcess,
    readonly version: string,
  ) {}

  static async start(name: string, request: object): Promise<TextPeer | undefined> {
    const python = pythonWith(name);
    if (!python) return undefined;
    const process = new LineProcess(python.command, [join(__dirname, 'text_peer.py')], name);
    await process.ask(request);
    return new TextPeer(process, python.versions[0]);
  }

  /** One round of its work. */
  run<Answer>() {
    return this.process.ask<Answer & { seconds: number }>({ do: 'run' });
  }

  close(): void {
    this.process.close();
  }
}

/** The text as a temporary file, while `use` runs. */
async function withFile<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ner-distill-bench-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One word a line, columns beside it, an empty line behind a sentence. */
function columnsOf(sentences: readonly (readonly (readonly string[])[])[]): string {
  return sentences
    .map(
      columns => `${columns[0].map((_, i) => `${columns.map(column => column[i]).join(' ')}\n`).join('')}\n`,
    )
    .join('');
}

async function tokenizationRows(rounds: number): Promise<Row[]> {
  const { name, text } = trainingPart();
  const sentences = readConll(text, { file: name }).map(({ words }) => words);
  const file = join(SHARED, 'bert-uncased/tokenizer.json');
  const definition = existsSync(file)
    ? loadTokenizer(file).definition
    : trainWordPiece(sentences.flat(), { size: 4000, lowercase: true });
  const familiar = new WordTokenizer(definition, name);
  const plain = new Tokenizer(JSON.parse(definition), {});
  const texts = sentences.map(words => words.join(' '));
  const words = sentences.reduce((sum, sentence) => sum + sentence.length, 0);
  const piecesOf = (tokenizer: WordTokenizer) => {
    let pieces = 0;
    for (const sentence of sentences) for (const word of sentence) pieces += tokenizer.pieces(word).length;
    return pieces;
  };
  const pieces = piecesOf(familiar);
  let fresh = familiar;
  return withFile(
    { words: columnsOf(sentences.map(each => [each])), 'tokenizer.json': definition },
    async folder => {
      const rust = await TextPeer.start('tokenizers', {
        do: 'tokenize',
        file: join(folder, 'words'),
        tokenizer: join(folder, 'tokenizer.json'),
      });
      const competitors: Competitor[] = [
        { name: 'seen', round: () => void piecesOf(familiar) },
        {
          name: 'new',
          prepare: () => {
            fresh = new WordTokenizer(definition, name);
          },
          round: () => void piecesOf(fresh),
        },
        {
          name: 'plain',
          round: () => void texts.map(sentence => plain.encode(sentence)),
        },
      ];
      if (rust)
        competitors.push({
          name: 'rust',
          round: async () => {
            const answer = await rust.run<{ pieces: number }>();
            if (answer.pieces !== pieces)
              throw new Error(`tokenizers ${rust.version} made ${answer.pieces} pieces, expected ${pieces}`);
            return answer;
          },
        });
      const seconds = await timeInTurn(competitors, rounds);
      rust?.close();
      const rate = (competitor: string) =>
        perSecond(
          seconds(competitor).map(time => words / time),
          'words',
        );
      const row = (what: string, ours: string, peer: string, about: string, target?: string): Row => ({
        what: `tokenization of ${name}, ${what}`,
        ours: rate(ours),
        peer: `${rate(peer)} ${about}`,
        ratio: timesAsFast(seconds(ours), seconds(peer)),
        target,
      });
      const { packages } = describeMachine();
      const ownPeer = `@huggingface/tokenizers ${packages['@huggingface/tokenizers']}, sentence by sentence`;
      const rustPeer = `tokenizers ${rust?.version} (Rust), all sentences at once`;
      return [
        row('words seen before', 'seen', 'plain', ownPeer, '≥ 1 M words/s, ≥ 5 ×'),
        ...(rust
          ? [
              row('words seen before', 'seen', 'rust', rustPeer),
              row('from the first word on', 'new', 'rust', rustPeer),
            ]
          : [
              {
                what: `tokenization of ${name}, words seen before`,
                ours: rate('seen'),
                peer: missing('tokenizers (Rust)', 'tokenizers'),
                ratio: null,
              },
            ]),
      ];
    },
  );
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
  const score = () => scores(gold, predicted, { critical: ['PER', 'ORG'] });
  const { f1 } = score().overall;
  const columns = columnsOf(sentences.map(({ words, tags }, s) => [words, tags, predicted[s]]));
  return withFile({ predictions: columns }, async folder => {
    const file = join(folder, 'predictions');
    const seqeval = await TextPeer.start('seqeval', { do: 'score', file });
    const script = process.env.CONLLEVAL;
    const input = Buffer.from(columns);
    const inMemory: Competitor[] = [{ name: 'ours', round: () => void score() }];
    if (seqeval)
      inMemory.push({
        name: 'seqeval',
        round: async () => {
          const answer = await seqeval.run<{ f1: number }>();
          if (Math.abs(answer.f1 - f1!) > 1e-9)
            throw new Error(`seqeval ${seqeval.version} found an F1 of ${answer.f1}, expected ${f1}`);
          return answer;
        },
      });
    const asCommand: Competitor[] = [
      {
        name: 'ours',
        round: () =>
          void spawnSync(process.execPath, [join(PROJECT, 'lib/bin.cjs'), 'evaluate', '--file', file]),
      },
    ];
    if (script)
      asCommand.push({ name: 'conlleval', round: () => void spawnSync('perl', [script], { input }) });
    const functions = await timeInTurn(inMemory, rounds);
    seqeval?.close();
    const commands = await timeInTurn(asCommand, rounds);
    const row = (what: string, seconds: typeof functions, peer: string | undefined, about: string) => {
      const rate = (competitor: string) =>
        perSecond(
          seconds(competitor).map(time => tokens / time),
          'tokens',
        );
      return {
        what,
        ours: rate('ours'),
        peer: peer ? `${rate(peer)} ${about}` : about,
        ratio: peer ? timesAsFast(seconds('ours'), seconds(peer)) : null,
      };
    };
    const inMillions = (tokens / 1e6).toFixed(1);
    return [
      {
        ...(seqeval
          ? row(
              `scoring ${inMillions} M tokens`,
              functions,
              'seqeval',
              `seqeval ${seqeval.version}, its report`,
            )
          : row(`scoring ${inMillions} M tokens`, functions, undefined, missing('seqeval', 'seqeval'))),
        target: '≥ 5 M tokens/s',
      },
      script
        ? row(COMMAND, commands, 'conlleval', `conlleval ${versionOf(script)} (perl)`)
        : row(COMMAND, commands, undefined, NO_CONLLEVAL),
    ];
  });
}

const COMMAND = '  the command evaluate on a file of them';
const NO_CONLLEVAL = 'no conlleval here: the script of CoNLL-2000 (Perl), its path in CONLLEVAL';

/** As the script's head tells it. */
function versionOf(script: string): string {
  return /version:\s*(\S+)/.exec(readFileSync(script, 'utf8'))?.[1] ?? 'of unknown version';
}

export async function textRows({ rounds }: { rounds: number }): Promise<Row[]> {
  return [
    await readingRow(3 * rounds),
    ...(await tokenizationRows(rounds)),
    ...(await scoringRows(Math.min(rounds, 3))),
  ];
}
