import fc from 'fast-check';
import { splitWords } from 'ner-distill/corpus/words';
import { describe, expect, it } from 'vitest';

describe('words of plain text', () => {
  it.each([
    ['Peter left.', 'Peter left .'],
    ["O'Brien (U.S.) e-mailed AT&T", "O'Brien ( U.S. ) e-mailed AT&T"],
    ['1,000.5 at 10:30, and/or a,b', '1,000.5 at 10:30 , and/or a , b'],
    ['«Газпром» — Путин В.В.', '« Газпром » — Путин В.В.'],
    ['東京Paris', '東 京 Paris'],
    ['cafe\u0301 C++ 😀', 'cafe\u0301 C + + 😀'],
    ['  ', ''],
  ])('%j is %j', (text, words) => {
    expect(
      splitWords(text)
        .map(word => word.text)
        .join(' '),
    ).toBe(words);
  });

  it('may be as long as a line of megabytes, of which they take a part after another', () => {
    const words = (text: string) => splitWords(text).map(word => word.text.length);
    expect(words('a'.repeat(1e7)).slice(0, 2)).toEqual([20_000, 20_000]);
    expect(words('ab-'.repeat(1e6)).reduce((sum, length) => sum + length)).toBe(3e6);
    expect(words(`a${'\u0301'.repeat(1e5)}`)[0]).toBe(100);
    expect([words('A.'.repeat(40)), words('A.'.repeat(41))]).toEqual([[80], [81, 1]]);
  });

  it('stand where they say, in order, and leave out nothing but spaces', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), text => {
        let end = 0;
        for (const word of splitWords(text)) {
          expect(text.slice(word.start, word.start + word.text.length)).toBe(word.text);
          expect(text.slice(end, word.start).trim()).toBe('');
          end = word.start + word.text.length;
        }
        expect(text.slice(end).trim()).toBe('');
      }),
    );
  });
});
