/** JSON as it is read, hashed and kept. */
import { readFileSync } from 'node:fs';
import { InputError, reasonOf } from './errors';
import { shown } from './shown';

/** Deeper than anything that is read here; what goes on for ever would exhaust the stack of whatever walks through it. */
const MOST_NESTED = 100;

export interface JsonPlace {
  readonly file: string;
  /** Of the text, where it is a line of the file. */
  readonly line?: number;
  /** Begins the explanation, such as `the plan is not JSON`. */
  readonly what?: string;
}

/**
 * The value of a JSON text.
 * @throws InputError `file: not JSON (…)` with line and column, what was found and what was expected there; and for what is
 * nested too deep
 */
export function parseJson(text: string, { file, line, what = 'not JSON' }: JsonPlace): unknown {
  const at = (index: number): string => {
    const before = text.slice(0, index).split('\n');
    const column = `column ${before[before.length - 1].length + 1}`;
    return line === undefined ? `in line ${before.length}, ${column}` : `in ${column}`;
  };
  const place = line === undefined ? file : `${file}:${line}`;
  const deep = tooDeepAt(text);
  if (deep !== undefined)
    throw new InputError(
      `${place}: ${what} that can be read (found more than ${MOST_NESTED} brackets open ${at(deep)})`,
    );
  try {
    return JSON.parse(text);
  } catch (error) {
    const fault = faultOf(text);
    if (!fault) throw new InputError(`${place}: ${what} (${(error as Error).message})`);
    const { index, expected } = fault;
    const found = index < text.length ? `"${String.fromCodePoint(text.codePointAt(index)!)}"` : 'the end';
    throw new InputError(`${place}: ${what} (found ${found} ${at(index)}, expected ${expected})`);
  }
}

/** `parseJson` of a file. @throws InputError also where it cannot be read */
export function readJson(file: string, what = 'not JSON', unreadable = 'cannot be read'): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`${file}: ${unreadable} (${reasonOf(error)})`);
  }
  return parseJson(text, { file, what });
}

const QUOTE = 34;
const BACKSLASH = 92;

/** The index of the bracket that opens one level too many. */
function tooDeepAt(text: string): number | undefined {
  if (text.length <= MOST_NESTED) return undefined;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i);
      continue;
    }
    // [ and {, ] and }
    if (code === 91 || code === 123) {
      if (++depth > MOST_NESTED) return i;
    } else if (code === 93 || code === 125) depth--;
  }
  return undefined;
}

/** The index of the quotation mark that closes a string, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; ; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE || i >= text.length) return i;
  }
}

interface Fault {
  readonly index: number;
  readonly expected: string;
}

const NUMBER_OR_WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPED = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Where a text stops being JSON (RFC 8259), which the messages of V8 do not say; `undefined` where it is JSON. */
function faultOf(text: string): Fault | undefined {
  /** Of the brackets that are open: what closes each. */
  const closing: ('}' | ']')[] = [];
  let index = 0;
  let expects: 'value' | 'first value' | 'name' | 'first name' | 'colon' | 'comma' = 'value';
  const fault = (expected: string): Fault => ({ index, expected });
  for (;;) {
    while (' \t\n\r'.includes(text[index]) && index < text.length) index++;
    const character = text[index];
    const close = closing.at(-1);
    if (expects === 'comma' && close === undefined) return index < text.length ? fault('the end') : undefined;
    if (
      character === close &&
      character !== undefined &&
      ['comma', 'first value', 'first name'].includes(expects)
    ) {
      closing.pop();
      expects = 'comma';
      index++;
    } else if (expects === 'comma') {
      if (character !== ',') return fault(`"," or "${close}"`);
      expects = close === '}' ? 'name' : 'value';
      index++;
    } else if (expects === 'colon') {
      if (character !== ':') return fault('":"');
      expects = 'value';
      index++;
    } else if (character === '"') {
      const wrong = faultOfString(text, index);
      if (wrong) return wrong;
      index = endOfString(text, index) + 1;
      expects = expects.endsWith('name') ? 'colon' : 'comma';
    } else if (expects.endsWith('name')) {
      return fault(`a name in quotation marks${expects === 'first name' ? ' or "}"' : ''}`);
    } else if (character === '{' || character === '[') {
      closing.push(character === '{' ? '}' : ']');
      expects = character === '{' ? 'first name' : 'first value';
      index++;
    } else {
      NUMBER_OR_WORD.lastIndex = index;
      if (!NUMBER_OR_WORD.test(text)) return fault(`a value${expects === 'first value' ? ' or "]"' : ''}`);
      index = NUMBER_OR_WORD.lastIndex;
      expects = 'comma';
    }
  }
}

function faultOfString(text: string, start: number): Fault | undefined {
  for (let index = start + 1; ; index++) {
    const code = text.charCodeAt(index);
    if (index >= text.length) return { index, expected: 'the end of a string' };
    if (code === QUOTE) return undefined;
    if (code < 32) return { index, expected: 'an escape such as \\n in its place' };
    if (code !== BACKSLASH) continue;
    ESCAPED.lastIndex = index;
    if (!ESCAPED.test(text)) return { index, expected: 'an escape such as \\n or \\u0041' };
    index = ESCAPED.lastIndex - 1;
  }
}

/** JSON whose text does not depend on the order in which an object's fields were written. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, field) =>
    field && typeof field === 'object' && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}

/** JSON in lines, for files and for people: what a terminal would obey is escaped, also where JSON need not. */
export function prettyJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2).replace(/[^\n]+/g, shown)}\n`;
}

/** A name that the text of an object has twice at its top, where `JSON.parse` keeps the last; `undefined`: none. */
export function repeatedKey(text: string): string | undefined {
  const names = new Set<string>();
  let depth = 0;
  let last = '';
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/gs))
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (token !== ':') last = token;
    else if (depth === 1) {
      const name = JSON.parse(last) as string;
      if (names.has(name)) return name;
      names.add(name);
    }
  return undefined;
}
