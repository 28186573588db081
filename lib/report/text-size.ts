/** The size of SVG text, computed: for a document without a layout engine. */
import { sum } from 'd3-array';

/** Advance widths of Helvetica (as of Arial and Liberation Sans) for U+0020 to U+007E, in thousandths of an em. */
const WIDTHS = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
  556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
  500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
  556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
  278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
/** For any other letter, and for those of East Asia and pictures, which are as wide as they are high. */
const OTHER_WIDTH = 600;
const WIDE_WIDTH = 1000;
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\u{1f300}-\u{3ffff}]/u;
/** Bold letters are wider by about this factor. */
const BOLD = 1.07;
/** Heights above and below the baseline, and from line to line, in em; Plotly's line height is 1.3. */
const ASCENT = 0.905;
const DESCENT = 0.212;
const LINE = 1.3;
const DEFAULT_SIZE = 12;

/** A rectangle as `getBBox` and `getBoundingClientRect` give it, in pixels. */
export type Box = Omit<DOMRectReadOnly, 'toJSON'>;

/** The box of an SVG text element, where its own `x` and `y` place it; of a group, the largest text in it; else empty. */
export function textBox(element: Element): Box {
  const name = element.tagName.toLowerCase();
  if (name !== 'text' && name !== 'tspan' && name !== 'a')
    return largest([...element.querySelectorAll('text')].map(textBox));
  const lines = [...element.querySelectorAll('tspan.line')];
  const size = fontSize(element);
  const width = Math.max(...(lines.length > 0 ? lines : [element]).map(lineWidth));
  const height = element.textContent ? (ASCENT + DESCENT + LINE * Math.max(0, lines.length - 1)) * size : 0;
  const [x, y] = ['x', 'y'].map(name => Number.parseFloat(element.getAttribute(name) ?? '') || 0);
  return boxOf(x - width * anchorShare(element), y - ASCENT * size, width, height);
}

/**
 * Gives every line of text below an element the width that it was measured with: whatever letters a reader has instead of
 * Helvetica, none run over the edge or into a neighbour.
 */
export function fixTextWidths(element: Element): void {
  for (const text of element.querySelectorAll('text')) {
    const lines = [...text.querySelectorAll('tspan.line')];
    for (const line of lines.length > 0 ? lines : [text]) {
      const width = lineWidth(line);
      if (width <= 0) continue;
      line.setAttribute('textLength', width.toFixed(1));
      line.setAttribute('lengthAdjust', 'spacingAndGlyphs');
    }
  }
}

/** The width of a line whose parts may have their own size and weight. */
function lineWidth(node: Node): number {
  if (node.nodeType === 3) return textWidth(node.textContent ?? '', node.parentElement!);
  return sum(node.childNodes, lineWidth);
}

function textWidth(text: string, parent: Element): number {
  return widthOfText(text, fontSize(parent)) * (isBold(parent) ? BOLD : 1);
}

/** The width of a text of a size, both in pixels. */
export function widthOfText(text: string, size: number): number {
  const widthOf = (letter: string) =>
    WIDTHS[letter.codePointAt(0)! - 32] ?? (WIDE.test(letter) ? WIDE_WIDTH : OTHER_WIDTH);
  return (sum(text, widthOf) / 1000) * size;
}

function fontSize(element: Element | null): number {
  if (!element) return DEFAULT_SIZE;
  const size = (element as SVGElement).style?.fontSize || element.getAttribute('font-size');
  if (!size) return fontSize(element.parentElement);
  const number = Number.parseFloat(size);
  return size.endsWith('%') ? (number / 100) * fontSize(element.parentElement) : number;
}

function isBold(element: Element | null): boolean {
  if (!element) return false;
  const weight = (element as SVGElement).style?.fontWeight;
  return weight ? weight === 'bold' || Number(weight) >= 600 : isBold(element.parentElement);
}

/** How much of the text stands left of its anchor. */
function anchorShare(element: Element): number {
  const anchor = element.getAttribute('text-anchor') ?? (element as SVGElement).style?.textAnchor;
  return anchor === 'middle' ? 0.5 : anchor === 'end' ? 1 : 0;
}

function largest(boxes: readonly Box[]): Box {
  const width = Math.max(0, ...boxes.map(box => box.width));
  const height = Math.max(0, ...boxes.map(box => box.height));
  return boxOf(0, 0, width, height);
}

function boxOf(x: number, y: number, width: number, height: number): Box {
  return { x, y, width, height, left: x, top: y, right: x + width, bottom: y + height };
}

/** A text of so many letters at most, an ellipsis in the place of the rest. */
export function shortened(text: string, most: number): string {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : text;
}
