/** CSV that a spreadsheet shows and does not run. */
import { toCsv } from 'ner-distill/csv';
import { expect, it } from 'vitest';

const rowOf = (value: unknown) => toCsv([{ value }], 'unix').split('\n').slice(1).join('\n');

it.each(['=1+1', '+cmd', '-2+3', '@SUM(A1)', '\tx', '＝1'])(
  'a text that begins like a formula, %j, is marked as text',
  text => {
    expect(rowOf(text)).toBe(`'${text}\n`);
  },
);

it('also where it needs quotes', () => {
  expect(rowOf('=HYPERLINK("http://x","y")')).toBe(`"'=HYPERLINK(""http://x"",""y"")"\n`);
  expect(rowOf('\rx')).toBe(`"'\rx"\n`);
});

it.each<[unknown, string]>([
  [-1.5, '-1.5'],
  ['-1.5', '-1.5'],
  ['+7', '+7'],
  ['-1e-5', '-1e-5'],
  ['Ann = Bo', 'Ann = Bo'],
  ['a@b', 'a@b'],
  [null, ''],
])('%j stays as it is', (value, expected) => {
  expect(rowOf(value)).toBe(`${expected}\n`);
});
