/** Numbers and tables of docs/conll2003.md. */
import type { PairedDifference } from 'ner-distill/evaluation/significance';

/** Stops the script where the numbers do not bear a sentence out. */
export function borneOut(holds: boolean, sentence: string): string {
  if (!holds)
    throw new Error(`the numbers do not bear this out, so that the page must be written anew: ${sentence}`);
  return '';
}

export const fraction = (value: number, digits: number) => (100 * value).toFixed(digits);
export const percent = (value: number) => fraction(value, 2);

/** With its sign, a true minus. */
export function points(value: number): string {
  const shown = fraction(Math.abs(value), 2);
  return shown === '0.00' ? shown : `${value < 0 ? '−' : '+'}${shown}`;
}

/** A difference with its interval. */
export function change({ difference, interval }: PairedDifference): string {
  return `${points(difference!)} (${points(interval!.low)} to ${points(interval!.high)})`;
}

/** `p = 0.023`, or `p < 0.001`. */
export const pShown = (p: number | null | undefined) => (p! < 0.001 ? 'p < 0.001' : `p = ${p!.toFixed(3)}`);

/** In Markdown. Of a heading that begins with `> ` the column is set to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(headings.map(heading => heading.replace(/^> /, ''))),
    line(headings.map(heading => (heading.startsWith('> ') ? '---:' : '---'))),
    ...rows.map(line),
  ].join('\n');
}

/** Letters of a line of prose. */
const WIDTH = 132;

/** Paragraphs and items of lists in lines of that width; headings, tables, figures and blocks of code as they are. */
export function wrapped(markdown: string): string {
  const blocks = markdown.split(/(```[\s\S]*?```)/);
  return blocks
    .map(block => (block.startsWith('```') ? block : block.split('\n\n').map(filled).join('\n\n')))
    .join('');
}

function filled(paragraph: string): string {
  if (/^\s*([#|!<]|$)/.test(paragraph)) return paragraph;
  const items = paragraph.split(/\n(?=- )/);
  return items
    .map(item => {
      const [margin, lines] = [item.startsWith('- ') ? '  ' : '', ['']];
      // A number stays with its unit, and with what it is compared by.
      for (const word of item.split(/(?<![<=])\s+(?![%×=<])/)) {
        const line = lines.at(-1)!;
        if (line === '' || line.length + 1 + word.length <= WIDTH)
          lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
        else lines.push(margin + word);
      }
      return lines.join('\n');
    })
    .join('\n');
}
