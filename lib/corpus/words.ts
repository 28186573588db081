/** Splits plain text into words by a rule that depends on nothing but the text. */

/** A word and where it stands in its line, in UTF-16 units as JavaScript counts. */
export interface PlacedWord {
  readonly text: string;
  readonly start: number;
}

/** The rule of `splitWords`, for the help of commands. */
export const describeWordRule = `A word is a run of letters and digits, in which single - ' ’ . & @ _ / may stand between \
letters or digits, and , and : between digits (e-mail, O'Brien, and/or, 1,000.5); letters each followed by a full stop are one \
word (U.S.); an ideograph is a word; and so is any other character that is no space.`;

/**
 * The repetitions have bounds that no text reaches, 40 letters of an abbreviation, 20,000 letters of a word with 99 marks each:
 * else a line of megabytes takes time by its square, or more stack than there is.
 */
const WORD =
  /(?:\p{L}\.){2,40}(?![\p{L}\p{N}])|\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{N}]\p{M}{0,99})(?:(?:[-'’.&@_/]|(?<=\p{N})[,:](?=\p{N}))?(?!\p{Script=Han})[\p{L}\p{N}]\p{M}{0,99}){0,19999}|\S/gu;

/** The words of a line. */
export function splitWords(line: string): PlacedWord[] {
  return Array.from(line.matchAll(WORD), match => ({ text: match[0], start: match.index }));
}
