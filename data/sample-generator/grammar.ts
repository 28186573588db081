/**
 * The template language of the sample corpus: a template is a line of words in which some are chosen by chance and
 * some are names, and expanding it gives a tagged sentence.
 *
 * - `[rose|fell|lost #.# percent]` is one of its alternatives, `{late}` is there half of the time; both nest.
 * - `<day>` is an entry of the lexicon, itself a template.
 * - `@city1` is a name, which the caller resolves; the digit says which of its kind, so that it can come again.
 * - `#` is a random digit (not 0 at the start of a number).
 */
import type { Random } from 'ner-distill/random';

/** A name as it is written in a text, with its entity type; type `null` is for material that is no entity. */
export interface Mention {
  readonly words: readonly string[];
  readonly type: string | null;
  /** The article that goes before the name in running text, outside the entity. */
  readonly article?: string;
}

/** After these a name takes no article of its own. */
const NO_ARTICLE = /^(the|a|its|their|his|her|whose|ruling|opposition|-|:|of the)$/i;

export interface Expansion {
  readonly lexicon: Readonly<Record<string, string>>;
  readonly resolve: (slot: string) => Mention;
  readonly random: Random;
  /** Headlines and tables leave the articles of names out. */
  readonly articles: boolean;
}

/** Splits at the `|` that stand outside all brackets. */
function alternatives(template: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < template.length; i++) {
    const character = template[i];
    if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') depth--;
    else if (character === '|' && depth === 0) {
      parts.push(template.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(template.slice(start));
  return parts;
}

/** The position of the bracket that closes the one at `open`. */
function closing(template: string, open: number): number {
  let depth = 0;
  for (let i = open; i < template.length; i++) {
    if ('[{'.includes(template[i])) depth++;
    else if (']}'.includes(template[i]) && --depth === 0) return i;
  }
  throw new Error(`unbalanced brackets in the template "${template}"`);
}

/** Takes all choices of a template; what is left is words and `@` slots. */
function choose(template: string, options: Expansion): string {
  const { lexicon, random } = options;
  let text = '';
  for (let i = 0; i < template.length; i++) {
    const character = template[i];
    if (character === '[' || character === '{') {
      const end = closing(template, i);
      const inner = template.slice(i + 1, end);
      if (character === '[' || random.chance(0.5)) text += choose(random.pick(alternatives(inner)), options);
      i = end;
    } else if (character === '<') {
      const end = template.indexOf('>', i);
      const entry = lexicon[template.slice(i + 1, end)];
      if (entry === undefined) throw new Error(`no lexicon entry for "${template.slice(i, end + 1)}"`);
      text += choose(random.pick(alternatives(entry)), options);
      i = end;
    } else if (character === '#') {
      const starts = !/\d/.test(text.at(-1) ?? '') && text.at(-1) !== '.';
      text += starts ? 1 + random.integer(9) : random.integer(10);
    } else text += character;
  }
  return text;
}

/** "a" before a word that begins with a vowel becomes "an"; "one-day" and "united" begin with a consonant's sound. */
function article(word: string, next: string | undefined): string {
  if (word !== 'a' || next === undefined) return word;
  return /^([aeio]|u(?!n[ai]|s[eu]))/i.test(next) && !/^(one|eu)/i.test(next) ? 'an' : word;
}

/** Expands a template into words and their BIO tags; the first word gets a capital. */
export function expand(template: string, expansion: Expansion): { words: string[]; tags: string[] } {
  const words: string[] = [];
  const tags: string[] = [];
  for (const token of choose(template, expansion).split(' ')) {
    if (token === '') continue;
    const mention = token.startsWith('@')
      ? expansion.resolve(token.slice(1))
      : { words: [token], type: null };
    if (mention.article !== undefined && expansion.articles && !NO_ARTICLE.test(words.at(-1) ?? '')) {
      words.push(mention.article);
      tags.push('O');
    }
    mention.words.forEach((word, i) => {
      words.push(word);
      tags.push(mention.type === null ? 'O' : `${i === 0 ? 'B' : 'I'}-${mention.type}`);
    });
  }
  const agreed = words.map((word, i) => (tags[i] === 'O' ? article(word, words[i + 1]) : word));
  agreed[0] = agreed[0][0].toUpperCase() + agreed[0].slice(1);
  return { words: agreed, tags };
}
