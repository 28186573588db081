/**
 * Text from outside (words, tags, names of files) as people are shown it: in one line, of moderate length, and without
 * characters that a terminal would obey instead of showing them.
 */

/**
 * Control characters (C0, DEL, C1), those that turn the direction of writing (which make a text read otherwise than it is),
 * and the line and paragraph separators.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNSHOWN = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** With an escape, as in JavaScript, in the place of every character that is none to be shown. */
export function shown(text: string): string {
  return text.replace(
    UNSHOWN,
    character => SHORT_ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Longest value that is quoted whole. */
const QUOTED_CHARACTERS = 60;
/** Longest sentence. */
const SENTENCE_CHARACTERS = 390;

/** A message as one line: long values in quotation marks are shortened, then the middle, so that place and end stay. */
export function sentence(message: string): string {
  const line = shown(message.trim()).replace(/"([^"]*)"/g, (whole, value: string) =>
    value.length > 2 * QUOTED_CHARACTERS ? `"${shortened(value, QUOTED_CHARACTERS)}"` : whole,
  );
  return shortened(line, SENTENCE_CHARACTERS);
}

/** At most `most` characters of a text: its beginning and its end, with an ellipsis between. */
function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor((most - 1) / 2);
  // No half of a surrogate pair stays.
  const first = text.slice(0, most - 1 - end).replace(/[\ud800-\udbff]$/, '');
  return `${first}…${text.slice(-end).replace(/^[\udc00-\udfff]/, '')}`;
}
