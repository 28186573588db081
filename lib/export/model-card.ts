/**
 * The README.md of an exported model: what it is, how well it did and on what, what it lost, where it comes from and how to
 * use it. Every number is read from the run; of a model that is none there are no scores to be given.
 */
import { parseTag } from '../corpus/tags';
import type { FactCountsRow } from '../evaluation/facts';
import { levelOf, percent } from '../evaluation/format';
import { MEASURES, scoreOf } from '../evaluation/measures';
import type { Score, Scores } from '../evaluation/scores';
import type { RunMetrics } from '../experiment/metrics';
import { numberOfParameters } from '../experiment/model-size';
import type { GivenConfig, StoredConfig } from '../experiment/run-config';
import type { RunPart } from '../experiment/runs';
import { listed } from '../listed';
import type { ModelConfig } from '../model/config';
import type { NumberType } from '../model/number-types';

/** What a run says of its model. */
export interface RunFacts {
  readonly id: string;
  readonly config: StoredConfig;
  readonly metrics: RunMetrics;
  readonly part: RunPart | null;
  /** Critical entities of the test part by who found them; `null` without a teacher whose predictions are there. */
  readonly factCounts: readonly FactCountsRow[] | null;
  /** How the graph in 8 bits does on the same test part; `null` where it was not tried. */
  readonly in8Bits: ScoresIn8Bits | null;
}

export interface ScoresIn8Bits {
  readonly scores: Scores;
  /** Entities that both find, and those that only it finds. */
  readonly kept: number;
  readonly added: number;
}

export interface CardFacts {
  readonly config: ModelConfig;
  readonly numberType: NumberType;
  /** Of this library. */
  readonly version: string;
  /** `null` where the model is that of no run. */
  readonly run: RunFacts | null;
  /** The graph that a page beside it runs; without: there is no page. */
  readonly page?: string;
}

export function modelCard(facts: CardFacts): string {
  const { config, run } = facts;
  const types = typesOf(config);
  return [
    FRONT_MATTER,
    `# ${types.length > 0 ? `Named entities: ${types.map(cell).join(', ')}` : 'A token classifier'}`,
    describeModel(facts),
    ...(run ? [scoreSection(run), factsSection(run), originSection(run)] : [NO_RUN]),
    fileSection(facts),
    USE,
  ]
    .filter(part => part !== '')
    .join('\n\n')
    .concat('\n');
}

const FRONT_MATTER = `---
library_name: transformers
pipeline_tag: token-classification
tags:
- token-classification
- named-entity-recognition
- onnx
- transformers.js
- ner-distill
---`;

const NO_RUN =
  'Nothing is known here of the training of this model and its scores: it was not exported from a run of a study.';

/** Of tags that are of one of BIO's forms, as those of every run are. */
export function typesOf({ tags }: ModelConfig): string[] {
  return [...new Set(tags.flatMap(tag => parseTag(tag)?.type ?? []))];
}

function describeModel(facts: CardFacts): string {
  const { tags } = facts.config;
  return (
    `${sizeOf(facts)} It gives each piece one of ${tags.length} tags, ${tags.map(cell).join(', ')}; the tag of a word is that of its first piece. ` +
    `Exported by ner-distill ${facts.version}.`
  );
}

/** What the model is, in a sentence. */
export function sizeOf({ config, run }: CardFacts): string {
  const { architecture, layers, hiddenSize, heads } = config;
  const size = numberOfParameters(config).toLocaleString('en-US');
  const role = run?.part ? `, the ${roleOf(run.part)} of a study` : '';
  return `A ${architecture} token classifier of ${layers} × ${hiddenSize} with ${heads} heads and ${size} parameters${role}.`;
}

function roleOf({ role, form, beta }: RunPart): string {
  if (role === 'teacher') return role;
  if (role === 'control') return 'student without a teacher';
  return `${role} student${form === null ? '' : ` (${form}${beta === null ? '' : `, β = ${beta}`})`}`;
}

/** What scores are of. */
export const scoredOn = (config: StoredConfig): string =>
  `Entity-level, on the test part of the corpus that it was ${'given' in config ? 'scored' : 'trained'} on, in per cent.`;
export const COVERAGE = 'Coverage is the share of true critical entities that are found exactly.';

function scoreSection({ config, metrics, in8Bits }: RunFacts): string {
  const { test, derived, truncated, notes } = metrics;
  const critical = listed(derived.criticalTypes.map(cell), 'and') || 'none';
  const [heading, ...measures] = measureRows({ metrics, in8Bits });
  const row = (name: string, { precision, recall, f1, support, predicted, correct }: Score) => [
    name,
    ...[precision, recall, f1].map(percent),
    ...[support, predicted, correct].map(String),
  ];
  const cut = `${truncated.words} words of the test part, with ${truncated.entities} entities, were beyond the longest sequence and count as O`;
  return [
    '## Scores',
    `${scoredOn(config)} Critical types: ${critical}. ${COVERAGE}`,
    table(heading, measures),
    table(
      ['', 'precision', 'recall', 'F1', 'true', 'predicted', 'correct'],
      [row('all types', test.overall), ...Object.entries(test.byType).map(([type, of]) => row(type, of))],
    ),
    [...notes, ...(truncated.words > 0 ? [cut] : [])].map(note => `- ${cell(note)}`).join('\n'),
    in8Bits
      ? `They are those of the 32-bit weights as trained. Of its ${test.overall.predicted} entities the graph in 8 bits finds ${in8Bits.kept}, and ${in8Bits.added} beside them. Of weights in 16 bits no scores were taken.`
      : 'They are those of the 32-bit weights as trained; of weights in 16 or 8 bits no scores were taken.',
  ]
    .filter(text => text !== '')
    .join('\n\n');
}

/** The heading and the rows of the table of measures. */
export function measureRows({ metrics, in8Bits }: Pick<RunFacts, 'metrics' | 'in8Bits'>): string[][] {
  const { test, intervals } = metrics;
  const [example] = Object.values(intervals.test).filter(interval => interval !== null);
  const level = example ? `${levelOf(example)} ` : '';
  const rows = MEASURES.map(measure => {
    const interval = intervals.test[measure.key];
    const range = interval ? `${percent(interval.low)}–${percent(interval.high)}` : '–';
    const rounded = in8Bits ? [percent(scoreOf(measure, in8Bits.scores))] : [];
    return [measure.title, percent(scoreOf(measure, test)), range, ...rounded];
  });
  return [['', 'score', `${level}interval`, ...(in8Bits ? ['in 8 bits'] : [])], ...rows];
}

function factsSection({ config, factCounts }: RunFacts): string {
  if (!factCounts || 'given' in config || config.teacher === null) return '';
  return [
    '## What it lost',
    `The critical entities of the test part by who finds them exactly, its teacher (run ${config.teacher}) and this model: *kept* by both, *lost* by the model, *gained* by the model, *missed* by both.`,
    table(
      ['', 'all', 'kept', 'lost', 'gained', 'missed'],
      factCounts.map(({ type, facts, kept, lost, gained, missed }) => [
        type === 'all' ? 'all critical types' : type,
        ...[facts, kept, lost, gained, missed].map(String),
      ]),
    ),
  ].join('\n\n');
}

function originSection({ id, config }: RunFacts): string {
  if ('given' in config) return originOfGiven(id, config);
  const settings = { ...config.loss.settings, ...config.training };
  return [
    '## Where it comes from',
    table(
      ['', ''],
      [
        ['run', id],
        ['loss', config.loss.name],
        ['teacher', config.teacher === null ? 'none' : `run ${config.teacher}`],
        ...Object.entries(settings).map(([name, value]) => [wordsOf(name), String(value)]),
        ['dropout', String(config.model.dropout)],
        ['longest sequence in training, pieces', String(config.maxLength)],
        ['engine', config.engine],
        ['corpus, SHA-256', config.corpus],
        ['tokenizer, SHA-256', config.tokenizer],
        ['initial weights, SHA-256', config.initialWeights],
        ['source, SHA-256', config.source],
      ],
    ),
  ].join('\n\n');
}

/** Of a teacher that was taken as it was. */
function originOfGiven(id: string, config: GivenConfig): string {
  const rows = [
    ['run', id],
    ['training', 'none here: it was given as it is'],
    ['engine', config.engine],
    ['corpus that it was scored on, SHA-256', config.corpus],
    ['what was given, SHA-256', config.digest],
    ['source, SHA-256', config.source],
  ];
  return ['## Where it comes from', table(['', ''], rows)].join('\n\n');
}

/** `learningRate` as `learning rate`. */
function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);
}

function fileSection({ numberType, page }: CardFacts): string {
  return [
    '## Files',
    table(
      ['file', 'what'],
      [
        ['config.json, model.safetensors', `the model for transformers, weights in ${numberType}`],
        ['tokenizer.json and those beside it', 'the tokenizer'],
        ['onnx/model.onnx', 'the model as a graph for ONNX runtimes and transformers.js, in float32'],
        [
          'onnx/model_quantized.onnx',
          'the same with products and word embeddings in 8 bits, each token rounded by its own largest number; what `ner-distill predict --precision int8` runs',
        ],
        ...(page
          ? [
              [
                'index.html, page/',
                `a page that tags text in a browser with ${page}, from any server of files`,
              ],
            ]
          : []),
        ['ner-distill.json', 'what was exported, with the size and digest of each file'],
      ],
    ),
  ].join('\n\n');
}

const USE = `## Use

With transformers; the text is to be divided as the corpus was, punctuation apart:

\`\`\`python
from transformers import pipeline

tagger = pipeline("token-classification", model="path/to/this/folder", aggregation_strategy="first")
tagger("Kessler left Port Halden .")
\`\`\`

With transformers.js, where \`dtype\` chooses the graph, \`fp32\` or \`q8\`:

\`\`\`js
import { env, pipeline } from '@huggingface/transformers';

env.localModelPath = 'path/to';
const tagger = await pipeline('token-classification', 'this-folder', { dtype: 'q8', local_files_only: true });
await tagger('Kessler left Port Halden .');
\`\`\``;

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(heading), `|${' --- |'.repeat(heading.length)}`, ...rows.map(line)].join('\n');
}

/** Text of a corpus within Markdown: nothing in it is markup, and it stays in its line. */
function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>|#&~]/g, character => `\\${character}`);
}
