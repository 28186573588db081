/**
 * The values of a JSON file one after another, each with its line: of JSON lines, one a line, and of one array over many lines, as
 * most tools export it. An array is taken apart before it is parsed, so that a mistake in it has a line too.
 */
import { InputError } from '../../errors';
import { parseJson } from '../../json';
import { isBlank, type Line } from '../lines';

export interface JsonValue {
  readonly value: unknown;
  /** Where it begins, counted from 1. */
  readonly line: number;
}

/** Takes lines as they come and gives the values that they complete. */
export class JsonReader {
  private array?: ArrayReader;
  private begun = false;

  constructor(private readonly file: string) {}

  /**
   * Those of a line are made as they are asked for, since an array may be all in one; all must be, before the next line.
   * @throws InputError `file:line: …` where the text is no JSON
   */
  *next(line: Line): Generator<JsonValue> {
    if (!this.array) {
      if (isBlank(line.text)) return;
      const first = !this.begun;
      this.begun = true;
      if (!first || !/^\s*\[/.test(line.text) || isPair(line.text)) {
        const { text, number } = line;
        const value = parseJson(text, { file: this.file, line: number, what: 'the line is not JSON' });
        yield { value, line: number };
        return;
      }
      this.array = new ArrayReader(this.file);
    }
    yield* this.array.next(line);
  }

  /** @throws InputError where an array is not closed */
  end(): void {
    this.array?.end();
  }
}

/** spaCy's training data as JSON lines: a text and its annotations. */
function isPair(line: string): boolean {
  try {
    const value = JSON.parse(line);
    return value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'object';
  } catch {
    return false;
  }
}

/** Finds where the elements of an array begin and end, by brackets outside strings. */
class ArrayReader {
  private depth = 0;
  private inString = false;
  private escaped = false;
  /** The element that is open. */
  private parts: string[] = [];
  private line = 0;
  private lastLine = 0;

  constructor(private readonly file: string) {}

  *next({ text, number }: Line): Generator<JsonValue> {
    this.lastLine = number;
    let start = 0;
    for (let i = 0; i < text.length; i++) {
      const character = text[i];
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (character === '\\') this.escaped = true;
        else if (character === '"') this.inString = false;
        continue;
      }
      if (character === '"') this.inString = true;
      else if (character === '[' || character === '{') {
        this.depth++;
        if (this.depth === 1) start = i + 1;
      } else if (character === ']' || character === '}') {
        this.depth--;
        if (this.depth === 0 && character === '}') this.refuse(number, 'a } without its {');
        if (this.depth === 0) yield* this.close(text.slice(start, i), number, true);
        if (this.depth === 0) start = i + 1;
      } else if (character === ',' && this.depth === 1) {
        yield* this.close(text.slice(start, i), number, false);
        start = i + 1;
      }
      if (this.depth <= 0 && !/[\s\]}]/.test(character))
        this.refuse(number, 'text behind the end of the array');
      if (this.depth < 0) this.refuse(number, `a ${character} too many`);
    }
    this.add(text.slice(start), number);
  }

  end(): void {
    if (this.depth > 0 || this.inString) this.refuse(this.lastLine, 'the end of the file within the array');
  }

  private add(part: string, number: number): void {
    if (this.parts.length === 0) {
      if (isBlank(part)) return;
      this.line = number;
    }
    this.parts.push(part);
  }

  /** @param last an array may be empty, and end in no comma */
  private *close(part: string, number: number, last: boolean): Generator<JsonValue> {
    this.add(part, number);
    const text = this.parts.join('\n');
    if (text === '') {
      if (!last) this.refuse(number, 'a comma without an element before it');
      return;
    }
    this.parts = [];
    const value = parseJson(text, { file: this.file, line: this.line, what: 'the element is not JSON' });
    yield { value, line: this.line };
  }

  private refuse(line: number, what: string): never {
    throw new InputError(`${this.file}:${line}: found ${what}, expected one JSON array`);
  }
}
