/** What is told on the error stream while something comes from the Hub. */
import { hubMessages } from 'ner-distill/commands/hub-messages';
import { expect, it } from 'vitest';

function told(isTTY: boolean): string {
  const pieces: string[] = [];
  const stream = { isTTY, write: (piece: string) => pieces.push(piece) } as unknown as NodeJS.WriteStream;
  const { onProgress, onNotice } = hubMessages(stream);
  const total = 20_000_000;
  for (const done of [0, 100, 10_000_000]) onProgress!({ file: 'model.safetensors', done, total });
  onNotice!('a wait');
  onProgress!({ file: 'vocab.txt', done: 15_000_000, total });
  onProgress!({ file: 'vocab.txt', done: total, total });
  return pieces.join('');
}

it('tells of each file where nobody looks on', () => {
  expect(told(false)).toBe(
    'downloading model.safetensors: 0 B of 20.0 MB\na wait\ndownloading vocab.txt: 15.0 MB of 20.0 MB\n',
  );
});

it('rewrites a line in a terminal, once a percent, and ends it', () => {
  const lines = told(true).split('\r\x1b[K');
  expect(lines).toEqual([
    '',
    'downloading model.safetensors: 0 B of 20.0 MB',
    'downloading model.safetensors: 10.0 MB of 20.0 MB\na wait\n',
    'downloading vocab.txt: 15.0 MB of 20.0 MB',
    'downloading vocab.txt: 20.0 MB of 20.0 MB\n',
  ]);
});
