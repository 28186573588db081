/**
 * What a format of files with sentences is. Each is one file beside this one, registered in `index.ts`, and has one reader,
 * which serves whole files and streams.
 */
import type { TaggedRows } from '../columns';
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
  /** Whether a file whose first lines are these (`headOf`) and whose name ends so is likely to be in it. */
  looksLike(lines: readonly string[], ending: string): boolean;
  /**
   * The sentences of lines, which come several at a time, without tags, as they are asked for.
   * @throws InputError `file:line: …` for a line that does not fit
   */
  stream(lines: AsyncIterable<readonly Line[]>, options: StreamOptions): AsyncGenerator<InputSentence>;
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
   * All sentences of a text that `plainText` has made, with their tags as they stand there, not checked.
   * @throws InputError `file:line: …` for a line that does not fit; where there is no sentence
   */
  read(text: Buffer, options: RowOptions): ReadRows;
  /** @throws InputError where words and tags differ in number, or where a word could not be read back. */
  write(sentences: readonly TaggedWords[], scheme: Scheme): string;
  /** Whether it can have any word, such as one of white space. */
  readonly anyWord?: boolean;
  readonly help: TextFormat['help'] & {
    /** Where the tags stand, after "the tags are". */
    readonly tags: string;
    /** Which lines are comments, after "comments are". */
    readonly comments?: string;
  };
}

/** A format of corpora that is no text: such files are read whole, and not written. */
export interface BinaryFormat<Name extends string = string>
  extends Pick<TextFormat<Name>, 'name' | 'title' | 'endings'> {
  /** Whether a file that begins with these bytes is in it. */
  looksLike(bytes: Buffer): boolean;
  /** As `TaggedFormat.read`, of the bytes of a file; a line is a row. */
  read(bytes: Buffer, options: RowOptions): ReadRows;
  readonly help: Pick<TaggedFormat['help'], 'looks' | 'tags'>;
}

/** A format in which predictions are written. */
export interface PredictionFormat {
  /** What stands before the first sentence; default: nothing. */
  predictionsBegin?(options: PredictionOptions): string;
  /** One sentence with what a model made of it. */
  writePrediction(sentence: InputSentence, predicted: PredictedTags, options?: PredictionOptions): string;
  readonly help: {
    /** What it holds, where that is more than words and tags. */
    readonly predictions?: string;
  };
}

export interface StreamOptions {
  /** The name of the file, for messages of errors. */
  readonly file: string;
  /** The first lines, which come in the stream as well. */
  readonly head: readonly string[];
  /** Gets what was guessed, in sentences; at the end of the stream, if not before. */
  readonly onNote: (note: string) => void;
}

/** What numbers in the place of tags stand for: those of their index. */
export interface TagNames {
  readonly names: readonly string[];
  /** Where they come from, for people. */
  readonly source: string;
}

export interface RowOptions {
  /** The name of the file, for messages of errors. */
  readonly file: string;
  /**
   * The names of the tags whose numbers are in a field of JSON, where they are known; those that the file itself has count
   * unless a person has named others.
   */
  readonly tagNames?: (field: string, own?: TagNames) => TagNames | undefined;
  /** Of the tags: a number counted from 1, or a name, as the format has it; default: as `help.tags` says. */
  readonly tagColumn?: number | string;
  /** Two where the last two columns hold gold and predicted tags; default 1. */
  readonly tagColumns?: 1 | 2;
}

/** Sentences with their tags as they stand in the file. */
export interface ReadRows {
  readonly sentences: readonly TaggedRows[];
  /** What was guessed in reading and could be wrong, in short sentences; none where nothing was. */
  readonly notes: readonly string[];
  /** Lines that mark a document, in columns. */
  readonly documentMarks?: number;
  /** Where a word stands that columns cannot have, as a sentence; left out where there is none. */
  readonly unwritable?: string;
}

export interface ReadingOptions extends Pick<RowOptions, 'file' | 'tagColumn'> {
  /** The scheme that the tags are to be in; default: any, told from the tags. */
  readonly scheme?: Scheme;
}

/** Sentences with BIO tags, and the scheme that their file has them in (`null`: there is no entity). */
export interface ReadSentences extends Pick<ReadRows, 'notes' | 'unwritable'> {
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
  /** Where it begins, for messages of errors. */
  readonly line?: number;
}

export interface PredictionOptions {
  /** Whether each word's confidence is written. */
  readonly scores?: boolean;
}

/** What a model made of a sentence. */
export interface PredictedTags {
  /** BIO. */
  readonly tags: readonly string[];
  /** A probability for each tag. */
  readonly confidences: readonly number[];
  /** `start` and `end` (exclusive) count words; `confidence` is a probability. */
  readonly entities: readonly {
    readonly type: string;
    readonly start: number;
    readonly end: number;
    readonly confidence: number;
  }[];
}
