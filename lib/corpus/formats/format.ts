/**
 * What a format of files with sentences is. Each is one file beside this one, registered in `index.ts`, and has one reader,
 * which serves whole files and streams.
 */
import type { Line } from '../lines';
import type { Sentence } from '../sentence';
import type { Scheme } from '../tags';

/** A format whose sentences can be read one after another, to be tagged. */
export interface TextFormat<Name extends string = string> {
  /** In options and plans. */
  readonly name: Name;
  /** For people. */
  readonly title: string;
  /** Endings of file names that tell it, whatever the file has; with their dots. */
  readonly endings: readonly string[];
  /** Further endings that its corpora have, which do not tell it; '' is none. */
  readonly furtherEndings?: readonly string[];
  /** Whether a file whose first lines are these and whose name ends so is likely to be in it. */
  looksLike(lines: readonly string[], ending: string): boolean;
  /**
   * The sentences of lines, without tags, as they are asked for.
   * @throws InputError `file:line: …` for a line that does not fit
   */
  stream(lines: AsyncIterable<Line>, file: string): AsyncGenerator<InputSentence>;
  /** Its part in the help of commands. */
  readonly help: {
    /** `looksLike`, after "where"; not for the last format, which is what remains. */
    readonly looks?: string;
    /** How its text is split into words, where it is not split already. */
    readonly words?: string;
  };
}

/** A format of corpora: sentences with tags. */
export interface TaggedFormat<Name extends string = string> extends TextFormat<Name> {
  /**
   * All sentences of a file in UTF-8, with BIO tags.
   * @throws InputError `file:line: …` for a line that does not fit, and for what is no tag; where there is no sentence
   */
  read(text: Buffer, options: ReadingOptions): ReadSentences;
  /** @throws InputError where words and tags differ in number, or where a word could not be read back. */
  write(sentences: readonly TaggedWords[], scheme: Scheme): string;
  readonly help: TextFormat['help'] & {
    /** Where the tags stand, after "the tags are". */
    readonly tags: string;
  };
}

/** A format in which predictions are written. */
export interface PredictionFormat {
  /** One sentence with what a model made of it. */
  writePrediction(sentence: InputSentence, predicted: PredictedTags): string;
  readonly help: {
    /** What it holds, where that is more than words and tags. */
    readonly predictions?: string;
  };
}

export interface ReadingOptions {
  /** The name of the file, for messages of errors. */
  readonly file: string;
  /** The scheme that the tags are to be in; default: any, told from the tags. */
  readonly scheme?: Scheme;
  /** Of the tags: a number counted from 1, or a name, as the format has it; default: as `help.tags` says. */
  readonly tagColumn?: number | string;
}

/** Sentences with BIO tags, and the scheme that their file has them in (`null`: there is no entity). */
export interface ReadSentences {
  readonly sentences: Sentence[];
  readonly scheme: Scheme | null;
}

/** What can be written: words with BIO tags, and the document if there are several. */
export type TaggedWords = Pick<Sentence, 'words' | 'tags'> & Partial<Sentence>;

/** A sentence to be tagged. */
export interface InputSentence {
  readonly words: readonly string[];
  /** The line it stands in, where it is one; words are found in it at `starts` (UTF-16 units). */
  readonly text?: string;
  readonly starts?: readonly number[];
  /** Whether it is the first of a document that is marked. */
  readonly beginsDocument?: boolean;
  /** Carried over from JSON. */
  readonly id?: unknown;
}

/** What a model made of a sentence. */
export interface PredictedTags {
  /** BIO. */
  readonly tags: readonly string[];
  /** `start` and `end` (exclusive) count words; `confidence` is a probability. */
  readonly entities: readonly {
    readonly type: string;
    readonly start: number;
    readonly end: number;
    readonly confidence: number;
  }[];
}
