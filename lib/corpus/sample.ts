/**
 * The sample corpus: invented newswire in the manner of CoNLL-2003, generated from a seed, so that everything here
 * runs without a licence and without a download. Half of the names in its test part never occur in its training part,
 * and many names have more than one type, so that a model has to read the sentence.
 */
import { Random } from '../random';
import { Cast, Names } from './sample-cast';
import { expand } from './sample-grammar';
import { LEXICON, TOPICS, type Topic } from './sample-templates';
import type { Corpus, Sentence } from './sentence';

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

/** Tables, quotations and lists end where they end; only plain statements can go on. */
function isStatement(template: string): boolean {
  return template.endsWith(' .') && !template.includes(' : ') && !/^[-"#@a-z ]*:|^[-"#(]|["(]/.test(template);
}

/** A statement, often with more said at its end, now and then with another statement behind it. */
function lengthen(template: string, topic: Topic, random: Random): string {
  if (!isStatement(template)) return template;
  const statement = template.slice(0, -2);
  const more = random.next();
  if (more < 0.55) return `${statement} ${random.pick(topic.tails)} .`;
  const other = frequentFirst(topic.body, random);
  return more < 0.65 && other !== template && isStatement(other)
    ? `${statement} , [and|while|but] ${other}`
    : template;
}

function inCapitals({ words, tags }: Tagged): Tagged {
  return { words: words.map(word => word.toUpperCase()), tags };
}

/** A document of about 5 to 12 sentences: headline, sometimes a byline, place and date, then text or a table. */
function writeDocument(names: Names, random: Random): Tagged[] {
  const topic: Topic = random.weighted(
    TOPICS,
    TOPICS.map(({ weight }) => weight),
  );
  const cast = new Cast(names, random);
  const write = (template: string, articles = true) =>
    expand(template, { lexicon: LEXICON, resolve: cast.resolve, random, articles });

  const sentences = [inCapitals(write(frequentFirst(topic.headlines, random), false))];
  if (random.chance(0.2)) sentences.push(write('@person9', false));
  if (random.chance(0.75)) sentences.push(inCapitals(write('@city1 <isodate>', false)));

  const tabular = topic.tables !== undefined && random.chance(topic.tabular ?? 0);
  if (!tabular || random.chance(0.5))
    sentences.push(write(lengthen(frequentFirst(topic.leads, random), topic, random)));
  if (!tabular || random.chance(0.4)) {
    const length = tabular ? 1 + random.integer(2) : 3 + random.integer(8);
    const used = new Set<string>();
    for (let i = 0; i < length; i++) {
      const template = frequentFirst(random.chance(0.25) ? topic.plain : topic.body, random);
      if (!used.has(template)) sentences.push(write(lengthen(template, topic, random)));
      used.add(template);
    }
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
