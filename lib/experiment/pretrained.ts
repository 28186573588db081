/**
 * Where training starts other than at random weights: a checkpoint folder in Hugging Face's layout, as pretrained models
 * come, or some layers of a trained teacher, as DistilBERT was made.
 */
import { type ParsedTag, type Prefix, parseTag } from '../corpus/tags';
import { sizeOf } from '../engine/engine';
import { InputError } from '../errors';
import { listedBriefly } from '../listed';
import { type Checkpoint, CONFIG_FILE, type OpenCheckpoint, openCheckpoint } from '../model/checkpoint';
import { firstPosition, type ModelConfig } from '../model/config';
import {
  initialParameters,
  modelNames,
  type Parameter,
  type Parameters,
  parameterShapes,
} from '../model/parameters';
import {
  differentPiece,
  differentRule,
  parseDefinition,
  piecesOf,
  readDefinition,
  tokenizerIn,
} from '../tokenization/definition';
import { TOKENIZER_PLACES } from '../tokenizer-files';

/** What a plan says of a model, of a checkpoint's. */
export function checkpointShape(
  folder: string,
): Pick<ModelConfig, 'architecture' | 'layers' | 'hiddenSize' | 'heads' | 'intermediateSize'> {
  const { architecture, layers, hiddenSize, heads, intermediateSize } = openCheckpoint(folder).config;
  return { architecture, layers, hiddenSize, heads, intermediateSize };
}

/** The file of the tokenizer that a checkpoint was pretrained with. */
export function checkpointTokenizer(folder: string): string {
  const file = tokenizerIn(folder);
  if (file === undefined)
    throw new InputError(
      `${folder}: found no tokenizer; expected the one that the checkpoint was made with, there (${TOKENIZER_PLACES}) or by --tokenizer`,
    );
  return file;
}

/**
 * In what the tokenizer that a checkpoint was pretrained with differs from another, as a clause; `undefined` where it gives
 * every word the same ids, and where the folder has none.
 * @param definition text of the other, a `tokenizer.json`
 * @param piecesOnly whether only ids of pieces are compared, not the rules by which words are taken apart
 */
export function tokenizerDifference(
  folder: string,
  definition: string,
  piecesOnly = false,
): string | undefined {
  const file = tokenizerIn(folder);
  if (file === undefined) return undefined;
  const { text, isGuess } = readDefinition(file);
  if (text === definition) return undefined;
  const [ours, theirs] = [definition, text].map(each => parseDefinition(each, file).json);
  const piece = differentPiece(piecesOf(ours), piecesOf(theirs));
  // A vocabulary without settings was made with rules that nobody says: those that are taken are a guess.
  return piece ?? (piecesOnly || isGuess ? undefined : differentRule(ours, theirs));
}

/** A model's parameters before training. */
export interface Start {
  readonly parameters: Parameters;
  /** What there is to say of them, in sentences: what of a checkpoint is left out, and what was drawn anew. */
  readonly notes: readonly string[];
}

/**
 * A checkpoint as a start for `config`. The rows of its classifier are those of the labels with the same names; a row
 * that it has not is newly drawn from the seed.
 * @throws InputError where the checkpoint lacks a part of the encoder, or has it in another shape
 */
export function pretrainedStart(folder: string, config: ModelConfig, seed: number): Start {
  const checkpoint = openCheckpoint(folder);
  const shapes = parameterShapes(config);
  const { classifier } = modelNames(config);
  const head = [`${classifier}.weight`, `${classifier}.bias`];
  const { rows, notes } = classifierRows(checkpoint, config.tags);
  // Drawn with a model that is little more than a classifier: the rest would be thrown away.
  const drawn = initialParameters({ ...config, layers: 0, vocabularySize: 1, maxPositions: 1 }, seed);
  const isKept = rows.some(row => row !== undefined);
  const found = checkpoint.read(Object.keys(shapes).filter(name => isKept || !head.includes(name)));
  const parameters = Object.fromEntries(
    Object.keys(shapes).map(name => [
      name,
      !head.includes(name) ? found[name] : isKept ? withRows(drawn[name], found[name], rows) : drawn[name],
    ]),
  );
  const { file, unasked, further } = checkpoint;
  const leftOut = [
    unasked && `${file}: ${unasked} left out, as ${CONFIG_FILE} does not ask for it`,
    further && `${file}: ${further} left out, as it is of neither the encoder nor its classifier`,
  ].filter(note => note !== undefined);
  return { parameters, notes: [...leftOut, ...notes] };
}

/** For each tag, the row of the checkpoint's classifier that has its name; `undefined` where there is not just one. */
function classifierRows(
  { file, labels }: Pick<OpenCheckpoint, 'file' | 'labels'>,
  tags: readonly string[],
): { readonly rows: readonly (number | undefined)[]; readonly notes: readonly string[] } {
  if ('lack' in labels)
    return { rows: tags.map(() => undefined), notes: [`${labels.lack}; the classifier is drawn anew`] };
  const rows = tags.map(tag => {
    const row = labels.indexOf(tag);
    return row >= 0 && labels.lastIndexOf(tag) === row ? row : undefined;
  });
  const kept = tags.filter((_, i) => rows[i] !== undefined);
  if (kept.length === 0)
    return {
      rows,
      notes: [
        `${file}: none of the classifier's labels (${listedBriefly(labels)}) is a tag of the corpus; it is drawn anew`,
      ],
    };
  const anew = tags.filter((_, i) => rows[i] === undefined);
  const dropped = [...new Set(labels)].filter(label => !kept.includes(label));
  if (anew.length + dropped.length > 0)
    return {
      rows,
      notes: [
        `${file}: the classifier's rows for ${listedBriefly(kept)} are kept` +
          (anew.length > 0 ? `; drawn anew: ${listedBriefly(anew)}` : '') +
          (dropped.length > 0 ? `; dropped: ${listedBriefly(dropped)}` : ''),
      ],
    };
  const isMoved = rows.some((row, i) => row !== i);
  return {
    rows,
    notes: isMoved
      ? [
          `${file}: the classifier's rows are taken by the names of their labels, whose order is another there`,
        ]
      : [],
  };
}

/**
 * For each tag of a corpus, where a teacher's answers have it. Of what a teacher says beside the corpus's tags nothing is
 * kept: without those logits its probabilities are what they are given that one of the corpus's tags is right. A tag that it
 * does not know is refused: any number in its place would be a judgement that the teacher never made. Only one that no word
 * has, such as the I- of a type whose entities are single words, is no judgement: it has no column.
 * @param tags of the classes
 * @param used tags that words of the corpus have
 * @param file named in errors
 * @throws InputError where the labels are not BIO tags, or not those of the corpus
 */
export function columnsOf(
  labels: readonly string[],
  tags: readonly string[],
  used: ReadonlySet<string>,
  file: string,
): { readonly columns: readonly (number | undefined)[]; readonly notes: readonly string[] } {
  const expected = `expected BIO tags, one for each of the corpus: ${listedBriefly(tags.filter(tag => used.has(tag)))}`;
  const parsed = labels.map(label => parseTag(label));
  const prefixes = new Set(parsed.map(tag => tag?.prefix));
  const isBio = [...prefixes].every(prefix => prefix === undefined || prefix === 'B' || prefix === 'I');
  const isIo = prefixes.has('I') && !prefixes.has('B');
  if (parsed.includes(undefined) || !isBio || isIo)
    throw new InputError(
      `${file}: the teacher's labels are ${listedBriefly(labels)}${schemeOf(parsed, prefixes)}; ${expected}`,
    );
  const twice = tags.find(tag => labels.indexOf(tag) !== labels.lastIndexOf(tag));
  if (twice !== undefined)
    throw new InputError(`${file}: the teacher has the label ${twice} twice; ${expected}`);
  const lacking = tags.filter(tag => !labels.includes(tag));
  const needed = lacking.filter(tag => used.has(tag));
  if (needed.length > 0)
    throw new InputError(
      `${file}: the teacher has no label for ${listedBriefly(needed)} (it has ${listedBriefly(labels)}); ${expected}`,
    );
  const others = [...new Set(labels)].filter(label => !tags.includes(label));
  const notes = [
    lacking.length > 0 &&
      `${file}: the teacher has no label for ${listedBriefly(lacking)}, which no word of the corpus has; it is taken to give ${lacking.length > 1 ? 'them' : 'it'} next to no probability`,
    others.length > 0 &&
      `${file}: the teacher's labels ${listedBriefly(others)} are no tags of the corpus; its answers are taken without them`,
  ].filter(note => note !== false);
  return { columns: tags.map(tag => (labels.includes(tag) ? labels.indexOf(tag) : undefined)), notes };
}

/** Which scheme labels are in that are not BIO, as a clause. */
function schemeOf(
  parsed: readonly (ParsedTag | null | undefined)[],
  prefixes: ReadonlySet<Prefix | undefined>,
): string {
  if (parsed.includes(undefined)) return '';
  if (prefixes.has('L') || prefixes.has('U')) return ' (BILOU)';
  if (prefixes.has('S')) return ' (BIOES)';
  if (prefixes.has('E')) return ' (IOE)';
  return ' (IO)';
}

/** A table or a bias whose rows are those of another, where there are such. */
function withRows(
  own: Parameter,
  { shape: [, width = 1], values }: Parameter,
  rows: readonly (number | undefined)[],
): Parameter {
  const changed = own.values.slice();
  rows.forEach((row, i) => {
    if (row !== undefined) changed.set(values.subarray(row * width, (row + 1) * width), i * width);
  });
  return { shape: own.shape, values: changed };
}

/**
 * Which of the teacher's layers a student of `count` layers gets: evenly spaced from the first to the last, so that 6
 * of 12 are 0, 2, 4, 7, 9 and 11, those of DistilBERT. One alone is the first, whose inputs the embeddings are.
 */
export function evenlySpacedLayers(layers: number, count: number): number[] {
  if (count === 1) return [0];
  return Array.from({ length: count }, (_, i) => Math.round((i * (layers - 1)) / (count - 1)));
}

/**
 * A student's start from its teacher: embeddings and classifier as they are, layers evenly spaced. Between architectures,
 * the rows of positions are those that the same places of a sentence read. Where the student has no token types, the
 * teacher's row for the first segment, which every token of a sentence gets, is added to each position, so that the sums
 * are the same.
 * @throws InputError where the widths of the two differ
 */
export function parametersFromTeacher(teacher: Checkpoint, config: ModelConfig): Parameters {
  for (const size of ['hiddenSize', 'intermediateSize', 'heads', 'vocabularySize', 'maxPositions'] as const)
    if (teacher.config[size] !== config[size])
      throw new InputError(
        `a student from the teacher's layers: found ${size} ${config[size]}, expected the teacher's ${teacher.config[size]}`,
      );
  const [from, to] = [modelNames(teacher.config), modelNames(config)];
  const renamed = new Map([[to.wordEmbeddings, from.wordEmbeddings]]);
  const both = (ours: string, theirs: string) => {
    for (const part of ['weight', 'bias']) renamed.set(`${ours}.${part}`, `${theirs}.${part}`);
  };
  both(to.embeddingNorm, from.embeddingNorm);
  both(to.classifier, from.classifier);
  evenlySpacedLayers(teacher.config.layers, config.layers).forEach((layer, i) => {
    for (const [part, name] of Object.entries(to.layers[i]))
      both(name, from.layers[layer][part as keyof (typeof from.layers)[number]]);
  });
  const width = config.hiddenSize;
  const rowsFrom = ({ values }: Parameter, first: number) => values.subarray(first * width);
  const types = from.tokenTypeEmbeddings && teacher.parameters[from.tokenTypeEmbeddings].values;
  return Object.fromEntries(
    Object.entries(parameterShapes(config)).map(([name, shape]) => {
      const source = renamed.get(name);
      if (source !== undefined) return [name, { shape, values: teacher.parameters[source].values.slice() }];
      const table = { shape, values: new Float32Array(sizeOf(shape)) };
      if (name === to.positionEmbeddings) {
        const rows = rowsFrom(table, firstPosition(config));
        rows.set(rowsFrom(teacher.parameters[from.positionEmbeddings], firstPosition(teacher.config)));
        if (types && !to.tokenTypeEmbeddings) addToRows(rows, types.subarray(0, width));
      } else if (types && name === to.tokenTypeEmbeddings)
        table.values.set(types.subarray(0, table.values.length));
      return [name, table];
    }),
  );
}

function addToRows(rows: Float32Array, row: Float32Array): void {
  for (let i = 0; i < rows.length; i++) rows[i] += row[i % row.length];
}
