/** JSON from outside: where it is none, and how deep it may be. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { InputError } from 'ner-distill/errors';
import { parseJson, prettyJson, readJson } from 'ner-distill/json';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'json-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const messageOf = (text: string, line?: number): string => {
  try {
    parseJson(text, { file: 'f', line });
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  return 'read';
};

describe('what is no JSON', () => {
  it.each([
    ['', 'found the end in line 1, column 1, expected a value'],
    ['{"a": x}', 'found "x" in line 1, column 7, expected a value'],
    ['{\n  "a": 1,\n  b: 2\n}', 'found "b" in line 3, column 3, expected a name in quotation marks'],
    ['{"a" 1}', 'found "1" in line 1, column 6, expected ":"'],
    ['{"a": 1 "b": 2}', 'found """ in line 1, column 9, expected "," or "}"'],
    ['[1, 2', 'found the end in line 1, column 6, expected "," or "]"'],
    ['[1, ]', 'found "]" in line 1, column 5, expected a value'],
    ['{,}', 'found "," in line 1, column 2, expected a name in quotation marks or "}"'],
    ['[,]', 'found "," in line 1, column 2, expected a value or "]"'],
    ['[1]\n]', 'found "]" in line 2, column 1, expected the end'],
    ['["a\nb"]', 'found "\\n" in line 1, column 4, expected an escape such as \\n in its place'],
    ['["a\\x"]', 'found "\\" in line 1, column 4, expected an escape such as \\n or \\u0041'],
    ['["a', 'found the end in line 1, column 4, expected the end of a string'],
    ['[01]', 'found "1" in line 1, column 3, expected "," or "]"'],
    ['[NaN]', 'found "N" in line 1, column 2, expected a value or "]"'],
  ])('%j is told of by its place', (text, expected) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(messageOf(text)).toBe(`f: not JSON (${expected})`);
  });

  it('has its line in the place where the text is one of several', () => {
    expect(messageOf('{"a": x}', 7)).toBe('f:7: not JSON (found "x" in column 7, expected a value)');
  });

  it('is told of by its place wherever JSON is cut short or changed', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', '"', '}', ',', '\n', 'x', '\\'),
        (json, at, put) => {
          const text = json.slice(0, at % (json.length + 1)) + put;
          let isJson = true;
          try {
            JSON.parse(text);
          } catch {
            isJson = false;
          }
          expect(messageOf(text)).toMatch(
            isJson ? /^read$/ : /^f: not JSON \(found .* in line \d+, column \d+, expected .*\)$/,
          );
        },
      ),
    );
  });
});

describe('JSON that is nested', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

  it('is read to a hundred levels', () => {
    expect(messageOf(nested(100))).toBe('read');
  });

  it.each([101, 100_000])('is refused at %i levels, closed or not', depth => {
    const message = 'f: not JSON that can be read (found more than 100 brackets open in line 1, column 101)';
    expect(messageOf(nested(depth))).toBe(message);
    expect(messageOf('['.repeat(depth))).toBe(message);
    expect(messageOf('{"a":'.repeat(depth))).toContain('more than 100 brackets open in line 1, column 501');
  });

  it('counts no brackets in texts', () => {
    expect(messageOf(JSON.stringify({ a: '[{'.repeat(200), b: '\\"[['.repeat(200) }))).toBe('read');
  });
});

it('a file that cannot be read is named', () => {
  expect(() => readJson(folder)).toThrow(`${folder}: cannot be read (EISDIR`);
  expect(() => readJson(join(folder, 'none'))).toThrow(`${join(folder, 'none')}: cannot be read (ENOENT`);
  writeFileSync(join(folder, 'bad'), '{');
  expect(() => readJson(join(folder, 'bad'), 'no plan')).toThrow(
    `${join(folder, 'bad')}: no plan (found the end`,
  );
});

it('for people no character is left in it that a terminal would obey, and it says the same', () => {
  const value = { 'a\x9b': ['\x1b[31m', '\u202e', '\x7f'], b: 'é\n' };
  const text = prettyJson(value);
  expect(text).toMatch(/^[^\x7f-\x9f\u202e]+$/);
  expect(JSON.parse(text)).toEqual(value);
  expect(text.split('\n')).toHaveLength(9);
});
