/** Lines: how they end, marks before them, and that streams have the same as whole texts. */
import fc from 'fast-check';
import { blocksOf, headOf, headOfLines, linesOf, linesOfStream, plainText } from 'ner-distill/corpus/lines';
import { describe, expect, it } from 'vitest';

const whole = (text: string) => Array.from(linesOf(plainText(Buffer.from(text))), ({ text }) => text);

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

async function streamed(text: string, size: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const block of linesOfStream(inPieces(text, size), 'f'))
    for (const { text: line, number } of block) {
      expect(number).toBe(lines.length + 1);
      lines.push(line);
    }
  return lines;
}

describe('lines', () => {
  it.each([
    ['LF', 'a\nb\n\nc\n', ['a', 'b', '', 'c']],
    ['CRLF', 'a\r\nb\r\n\r\nc', ['a', 'b', '', 'c']],
    ['CR alone', 'a\rb\r\rc\r', ['a', 'b', '', 'c']],
    ['all of them', 'a\rb\nc\r\n\rd', ['a', 'b', 'c', '', 'd']],
    ['CR twice before LF, as broken copies have', 'a\r\r\nb\r\r\n', ['a', 'b']],
    [
      'other characters that some take for ends',
      'a\u0085b\u2028c\u2029d\ve\ff\n',
      ['a\u0085b\u2028c\u2029d\ve\ff'],
    ],
    ['a mark before the text', '\ufeffa\n', ['a']],
    ['marks where files were put together', '\ufeffa\r\n\ufeff\r\n\ufeffb', ['a', '', 'b']],
    ['a mark within a line', 'a\ufeff\nb\ufeffc\n', ['a\ufeff', 'b\ufeffc']],
    ['nothing', '', []],
  ])('end at %s', async (_, text, lines) => {
    expect(whole(text)).toEqual(lines);
    for (const size of [1, 2, 3, 100]) expect(await streamed(text, size)).toEqual(lines);
  });

  it('are the same of a whole text and of a stream in pieces of any size', async () => {
    const unit = fc.constantFrom('a', 'é', '😀', '\r', '\n', '\r\n', '\ufeff', ' ', '\t');
    await fc.assert(
      fc.asyncProperty(
        fc.array(unit, { maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        async (units, size) => {
          expect(await streamed(units.join(''), size)).toEqual(whole(units.join('')));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are refused in a stream where one would fill the memory', async () => {
    const piece = Buffer.alloc(2 ** 26, 'a');
    async function* pieces() {
      yield Buffer.from('a\n');
      for (let i = 0; i < 5; i++) yield piece;
    }
    const read = async () => {
      for await (const _ of linesOfStream(pieces(), 'f'));
    };
    await expect(read()).rejects.toThrow('f:2: found a line of more than 268.4 MB, expected shorter ones');
  });

  it('begin with the same head', async () => {
    const text = Array.from({ length: 80 }, (_, i) => (i % 3 === 0 ? ' \n' : `line ${i}\n`)).join('');
    for (const size of [7, 10_000]) {
      const { head, read } = await headOfLines(linesOfStream(inPieces(text, size), 'f'));
      expect(head).toEqual(headOf(Buffer.from(text)));
      expect(head.filter(line => line.trim() !== '')).toHaveLength(50);
      expect(read.slice(0, head.length).map(line => line.text)).toEqual(head);
    }
  });

  it('of a large text come in blocks of whole lines', () => {
    const text = Buffer.alloc((1 << 26) + 100, 'abcdefg\n');
    const blocks = [...blocksOf(text)];
    expect(blocks.map(block => block.length)).toEqual([(1 << 26) + 8, 92]);
    expect(Buffer.concat(blocks).equals(text)).toBe(true);
  });
});
