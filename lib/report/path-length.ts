/** The length of SVG paths and the points on them, computed: for a document without a layout engine. */

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Straight pieces that stand for a curve; lengths are then right to about a thousandth. */
const PIECES = 24;
/** Operands of the commands of a path that Plotly writes, all of them in absolute places. */
const OPERANDS = { M: 2, L: 2, H: 1, V: 1, C: 6, Q: 4, Z: 0 } as const;

/** `SVGGeometryElement.getTotalLength`: moves from one part of a path to the next count nothing. */
export function pathLength(d: string): number {
  return segmentsOf(d).reduce((sum, [from, to]) => sum + distance(from, to), 0);
}

/** `SVGGeometryElement.getPointAtLength`: the ends of the path for lengths beyond them. */
export function pointAtLength(d: string, length: number): Point {
  const segments = segmentsOf(d);
  let left = Math.max(0, length);
  for (const [from, to] of segments) {
    const size = distance(from, to);
    if (left <= size && size > 0) return between(from, to, left / size);
    left -= size;
  }
  return segments.at(-1)?.[1] ?? { x: 0, y: 0 };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function between(a: Point, b: Point, share: number): Point {
  return { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) };
}

/** The path as straight pieces. @throws Error for a command that is not in `OPERANDS` */
function segmentsOf(d: string): (readonly [Point, Point])[] {
  const segments: (readonly [Point, Point])[] = [];
  let start: Point = { x: 0, y: 0 };
  let at = start;
  const lineTo = (to: Point) => {
    segments.push([at, to]);
    at = to;
  };
  const curveTo = (controls: readonly Point[]) => {
    const all = [at, ...controls];
    for (let piece = 1; piece <= PIECES; piece++) lineTo(bezier(all, piece / PIECES));
  };
  // The letter e stands in numbers.
  for (const [, command, text] of d.matchAll(/([a-df-zA-DF-Z])([^a-df-zA-DF-Z]*)/g)) {
    const count = OPERANDS[command as keyof typeof OPERANDS];
    if (count === undefined) throw new Error(`a path with ${command} has no length here`);
    const numbers = (text.match(/[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/g) ?? []).map(Number);
    if (command === 'Z') lineTo(start);
    for (let i = 0; count > 0 && i + count <= numbers.length; i += count) {
      const operands = numbers.slice(i, i + count);
      const points = Array.from({ length: Math.floor(count / 2) }, (_, p) => ({
        x: operands[2 * p],
        y: operands[2 * p + 1],
      }));
      // What follows the first pair of a move are lines.
      if (command === 'M' && i === 0) {
        start = points[0];
        at = start;
      } else if (command === 'H') lineTo({ x: operands[0], y: at.y });
      else if (command === 'V') lineTo({ x: at.x, y: operands[0] });
      else if (points.length === 1) lineTo(points[0]);
      else curveTo(points);
    }
  }
  return segments;
}

/** A point of a Bézier curve, by de Casteljau's construction. */
function bezier(points: readonly Point[], t: number): Point {
  if (points.length === 1) return points[0];
  return bezier(
    points.slice(1).map((to, i) => between(points[i], to, t)),
    t,
  );
}
