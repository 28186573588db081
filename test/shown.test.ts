/** Text from outside as people are shown it. */
import { InputError } from 'ner-distill/errors';
import { sentence, shown } from 'ner-distill/shown';
import { describe, expect, it } from 'vitest';

describe('what a terminal would obey is escaped', () => {
  it.each([
    ['an escape sequence', '\x1b[31mred', '\\u001b[31mred'],
    ['its form of one character', '\x9b31m', '\\u009b31m'],
    ['the bell and a backspace', '\x07\b', '\\u0007\\u0008'],
    ['ends of lines and a tab', 'a\r\nb\tc', 'a\\r\\nb\\tc'],
    ['DEL', '\x7f', '\\u007f'],
    ['a turn of the direction of writing', 'a\u202eb\u2066c\u2069\u200f', 'a\\u202eb\\u2066c\\u2069\\u200f'],
    ['a separator of lines', 'a\u2028b', 'a\\u2028b'],
  ])('%s', (_, text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it('and nothing else is', () => {
    const text = 'naïve Ärger 北京 😀 שלום \\n "x" $1';
    expect(shown(text)).toBe(text);
  });
});

describe('the message of an error', () => {
  it('is one line', () => {
    expect(new InputError('f:1: found "a\nb"\n').message).toBe('f:1: found "a\\nb"');
  });

  it('has of a long value its beginning and end, so that what was expected stays', () => {
    const { message } = new InputError(`f.txt:3: tag "B-${'x'.repeat(200_000)}y" is not O or B-, I-`);
    expect(message).toMatch(/^f\.txt:3: tag "B-x+…x+y" is not O or B-, I-$/);
    expect(message.length).toBeLessThan(120);
  });

  it('is never longer than a few lines of a terminal, wherever the length comes from', () => {
    const long = `${'/deep'.repeat(1000)}/f.txt:3: found ${'"'.repeat(999)}${'z'.repeat(5000)}, expected a tag`;
    const line = sentence(long);
    expect(line.length).toBeLessThanOrEqual(390);
    expect(line).toMatch(/^\/deep\/deep.*…z+, expected a tag$/);
  });

  it('stays as it is where it is short', () => {
    const message = 'f.txt:1: found "one value" and "another", expected "a third"';
    expect(sentence(message)).toBe(message);
  });
});

it('no half of a character is left where a value is cut', () => {
  // Of two UTF-16 units each.
  const cut = sentence(`"${'😀'.repeat(100)}"`);
  expect(Buffer.from(cut).toString()).toBe(cut);
  expect(cut).toMatch(/^"(😀)+…(😀)+"$/u);
});
