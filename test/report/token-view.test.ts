/** The answers of two models at the words of a sentence. */
import { JSDOM } from 'jsdom';
import { tokensHtml, tokensText } from 'ner-distill/report/token-view';
import { describe, expect, it } from 'vitest';

const answers = {
  words: ['<Ann>', 'left', 'far'],
  gold: ['B-PER', 'O', 'O'],
  critical: ['PER'],
  tags: ['O', 'B-PER', 'B-ORG'],
  probabilities: {
    teacher: [
      [0.1, 0.7, 0.2],
      [0.9, 0.06, 0.04],
      [1, 0, 0],
    ],
    // The last word was cut off.
    student: [
      [0.5, 0.3, 0.2],
      [0.8, 0.05, 0.15],
    ],
  },
};

describe('the answers at each word', () => {
  it('stand beside each other, the most probable first, and critical words say so', () => {
    expect(tokensText(answers).split('\n')).toEqual([
      'word   gold             teacher                   student',
      '<Ann>  B-PER  critical  B-PER 0.700, B-ORG 0.200  O 0.500, B-PER 0.300',
      'left   O                O 0.900, B-PER 0.060      O 0.800, B-ORG 0.150',
      'far    O                O 1.000, B-PER 0.000      –',
    ]);
  });

  it('are a table with headings of rows and columns, escaped, bold where an answer is right', () => {
    const { document } = new JSDOM(tokensHtml(answers)).window;
    const textOf = (selector: string) =>
      [...document.querySelectorAll(selector)].map(({ textContent }) => textContent);
    expect(textOf('th[scope=col]')).toEqual(['word', 'gold', '', 'teacher', 'student']);
    expect(textOf('th[scope=row]')).toEqual(answers.words);
    expect(textOf('mark')).toEqual(['<Ann>']);
    expect(textOf('tbody tr:first-child b')).toEqual(['B-PER 0.700']);
  });
});
