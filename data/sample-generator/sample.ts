/**
 * The sample corpus: invented newswire in the manner of CoNLL-2003, generated from a seed, so that everything here
 * runs without a licence and without a download. Half of the names in its test part never occur in its training part,
 * and many names have more than one type, so that a model has to read the sentence.
 */

import type { Corpus, Sentence } from 'ner-distill/corpus/sentence';
import { Random } from 'ner-distill/random';
import { Cast, Names } from './cast';
import { expand } from './grammar';
import { LEXICON, TOPICS, type Topic } from './templates';

export interface SampleOptions {
  readonly seed: number;
  /** Numbers of sentences. */
  readonly train: number;
  readonly valid: number;
  readonly test: number;
}

/** What `data/sample` was made with. */
export const SAMPLE_OPTIONS: SampleOptions = { seed: 2003, train: 3000, valid: 600, test: 800 };

type Tagged = Omit<Sentence, 'document'>;

/** One of the templates; the n-th of a list is about 1 / (1 + n/6) times as frequent as the first. */
function frequentFirst(templates: readonly string[], random: Random): string {
  return random.weighted(
    templates,
    templates.map((_, rank) => 1 / (1 + rank / 6)),
  );
}

/** Lists, quotations and headings end where they end; only plain statements can go on. */
function isStatement(template: string): boolean {
  return template.endsWith(' .') && !/[:"]|^[-#]/.test(template);
}

/** One that was not used before in the document, or `undefined` where the one drawn was. */
function unused(templates: readonly string[], used: Set<string>, random: Random): string | undefined {
  const template = frequentFirst(templates, random);
  if (used.has(template)) return undefined;
  used.add(template);
  return template;
}

/** A statement, often with more said at its end, now and then with another statement behind it. */
function lengthen(template: string, topic: Topic, used: Set<string>, random: Random): string {
  if (!isStatement(template)) return template;
  const statement = template.slice(0, -2);
  const more = random.next();
  if (more < 0.65) {
    const tail = unused(topic.tails, used, random);
    return tail === undefined ? template : `${statement} ${tail} .`;
  }
  if (more > 0.78) return template;
  const other = unused(topic.body.filter(isStatement), used, random);
  return other === undefined ? template : `${statement} , [and|while|but] ${other}`;
}

function inCapitals({ words, tags }: Tagged): Tagged {
  return { words: words.map(word => word.toUpperCase()), tags };
}

/** A document of about 4 to 14 sentences: headline, sometimes a byline, place and date, then text or a table. */
function writeDocument(names: Names, random: Random): Tagged[] {
  const topic: Topic = random.weighted(
    TOPICS,
    TOPICS.map(({ weight }) => weight),
  );
  const cast = new Cast(names, random);
  const write = (template: string, articles = true) =>
    expand(template, { lexicon: LEXICON, resolve: cast.resolve, random, articles });

  const sentences = [inCapitals(write(frequentFirst(topic.headlines, random), false))];
  if (random.chance(0.3)) sentences.push(write('@person9', false));
  if (random.chance(0.65)) sentences.push(inCapitals(write('@city1 <isodate>', false)));

  const used = new Set<string>();
  const lead = frequentFirst(topic.leads, random);
  const tabular = topic.tables !== undefined && random.chance(topic.tabular ?? 0);
  if (!tabular || random.chance(0.5)) sentences.push(write(lengthen(lead, topic, used, random)));
  const length = tabular ? random.integer(3) : 3 + random.integer(8);
  for (let i = 0; i < length; i++) {
    const plain = random.chance(0.3);
    const template = unused(plain ? topic.plain : topic.body, used, random);
    if (template !== undefined)
      sentences.push(write(plain ? template : lengthen(template, topic, used, random)));
  }
  if (tabular && topic.tables) {
    const { heading, row } = random.pick(topic.tables);
    sentences.push(write(heading, false));
    const rows = 3 + random.integer(5);
    for (let i = 0; i < rows; i++) sentences.push(write(row, false));
  }
  return sentences;
}

function writePart(size: number, names: Names, random: Random): Sentence[] {
  const sentences: Sentence[] = [];
  for (let document = 0; sentences.length < size; document++)
    for (const sentence of writeDocument(names, random)) sentences.push({ ...sentence, document });
  return sentences.slice(0, size);
}

/** Writes the corpus; the same options always give the same one. */
export function generateSample({ seed, train, valid, test }: SampleOptions): Corpus {
  const random = new Random(seed);
  const names = new Names(random.fork('names'));
  const part = (size: number, purpose: string) => writePart(size, names, random.fork(purpose));
  return {
    name: 'sample',
    train: part(train, 'train'),
    valid: part(valid, 'valid'),
    test: part(test, 'test'),
  };
}
