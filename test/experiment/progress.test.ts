import { formatDuration, progressOfSeveral, withoutRewrites } from 'ner-distill/experiment/progress';
import { describe, expect, it } from 'vitest';

const REWRITE = '\r\x1b[K';

describe('a log without rewrites', () => {
  const logOf = (...texts: string[]): string[] => {
    const written: string[] = [];
    const write = withoutRewrites(text => written.push(text));
    for (const text of texts) write(text);
    return written;
  };

  it('keeps whole lines, and of a rewritten line the last state', () => {
    expect(logOf('one\ntwo\n')).toEqual(['one\n', 'two\n']);
    expect(logOf(`${REWRITE}10 %${REWRITE}20 %${REWRITE}done\nnext\n`)).toEqual(['done\n', 'next\n']);
  });

  it('waits for the end of a line that comes in parts', () => {
    expect(logOf(`${REWRITE}10 %`)).toEqual([]);
    expect(logOf(`${REWRITE}10 %`, `${REWRITE}do`, 'ne', '\nrest')).toEqual(['done\n']);
    expect(logOf('first\r', '\x1b[Ksecond\n')).toEqual(['second\n']);
  });

  it('keeps empty lines', () => {
    expect(logOf('\n\n')).toEqual(['\n', '\n']);
  });
});

describe('the progress of several runs', () => {
  it('is a line for each that is being made, below what has ended, none wider than the terminal', () => {
    let screen: string[] = [];
    const print = (text: string) => {
      const [up, rest] = text.startsWith('\x1b[') ? text.split('A\r\x1b[J') : ['', text];
      const kept = screen.length - Number(up.slice(2));
      screen = [...screen.slice(0, kept), ...rest.split('\n').slice(0, -1)];
    };
    const progressOf = progressOfSeveral(print, 21);
    const [a, b] = [progressOf('teacher'), progressOf('student')];
    expect(screen).toEqual(['teacher: begins', 'student: begins']);
    b.update('student: epoch 1/8, step 1/40');
    a.line('teacher: trained');
    expect(screen).toEqual(['teacher: trained', 'teacher: begins', 'student: epoch 1/8, ']);
    a.end();
    expect(screen).toEqual(['teacher: trained', 'student: epoch 1/8, ']);
    b.line('student: trained');
    b.end();
    expect(screen).toEqual(['teacher: trained', 'student: trained']);
  });
});

it.each([
  [0, '0 s'],
  [45.4, '45 s'],
  [59.4, '59 s'],
  [59.6, '1 min 0 s'],
  [200, '3 min 20 s'],
  [3599.4, '59 min 59 s'],
  [3600, '1 h 0 min'],
  [3900, '1 h 5 min'],
  [7170, '2 h 0 min'],
  [90_000, '25 h 0 min'],
])('%f seconds are %s', (seconds, words) => {
  expect(formatDuration(seconds)).toBe(words);
});
