import { Terminal } from 'ner-distill/notebook/terminal';
import { describe, expect, it } from 'vitest';

function shown(...pieces: string[]): string {
  const terminal = new Terminal();
  for (const piece of pieces) terminal.write(piece);
  return terminal.text;
}

describe('Terminal', () => {
  it('lets a line overwrite itself after a carriage return', () => {
    expect(shown('step 1/20', '\rstep 2/20', '\rstep 20/20\n', 'done')).toBe('step 20/20\ndone');
  });

  it('keeps what a shorter text does not cover, as terminals do, unless it is erased', () => {
    expect(shown('abcdef\rxy')).toBe('xycdef');
    expect(shown('abcdef\r\x1b[Kxy')).toBe('xy');
    expect(shown('abcdef\x1b[2K\rxy')).toBe('xy');
  });

  it('takes \\r\\n as a line end and \\b as one step back', () => {
    expect(shown('one\r\ntwo\r', '\nthree')).toBe('one\ntwo\nthree');
    expect(shown('ab\bc')).toBe('ac');
  });

  it('keeps colours', () => {
    expect(shown('\x1b[31mred\x1b[0m\n')).toBe('\x1b[31mred\x1b[0m\n');
  });
});
