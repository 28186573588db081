/**
 * The little of a canvas that Plotly paints pixels on (heatmaps, images), for a document that has none: rectangles in one
 * colour, blocks of pixels, and the whole as PNG.
 */
import { crc32, deflateSync } from 'node:zlib';
import type { DOMWindow } from 'jsdom';

/** Gives the canvases of a window pixels. What else a context can do (text, WebGL) none of them can. */
export function giveCanvas(window: DOMWindow): void {
  const contexts = new WeakMap<HTMLCanvasElement, PixelContext>();
  const contextOf = (canvas: HTMLCanvasElement) => {
    const known = contexts.get(canvas);
    if (known?.width === canvas.width && known.height === canvas.height) return known;
    const context = new PixelContext(canvas.width, canvas.height, colour => rgbaOf(colour, window.document));
    contexts.set(canvas, context);
    return context;
  };
  Object.assign(window.HTMLCanvasElement.prototype, {
    getContext(this: HTMLCanvasElement, kind: string) {
      return kind === '2d' ? contextOf(this) : null;
    },
    toDataURL(this: HTMLCanvasElement) {
      const { width, height, pixels } = contextOf(this);
      return `data:image/png;base64,${encodePng(width, height, pixels).toString('base64')}`;
    },
  });
}

class PixelContext {
  /** Four bytes a pixel, row by row: red, green, blue, opacity. */
  readonly pixels: Uint8ClampedArray;
  fillStyle = 'rgba(0,0,0,1)';

  constructor(
    readonly width: number,
    readonly height: number,
    private readonly rgba: (colour: string) => readonly number[],
  ) {
    this.pixels = new Uint8ClampedArray(4 * width * height);
  }

  createImageData(width: number, height: number) {
    return { width, height, data: new Uint8ClampedArray(4 * width * height) };
  }

  putImageData({ data }: { data: Uint8ClampedArray }): void {
    this.pixels.set(data);
  }

  /** Plotly fills each place once, so that colours are set and not mixed. Corners are whole pixels. */
  fillRect(x: number, y: number, width: number, height: number): void {
    const colour = this.rgba(this.fillStyle);
    for (let row = Math.max(0, y); row < Math.min(this.height, y + height); row++)
      for (let column = Math.max(0, x); column < Math.min(this.width, x + width); column++)
        this.pixels.set(colour, 4 * (row * this.width + column));
  }
}

/** A colour of CSS, four bytes; jsdom writes all of them as `rgb` or `rgba`. */
function rgbaOf(colour: string, document: Document): number[] {
  const parts = /^rgba?\(([\d.]+),([\d.]+),([\d.]+)(?:,([\d.]+))?\)$/.exec(colour.replace(/\s+/g, ''));
  if (parts) return [+parts[1], +parts[2], +parts[3], 255 * Number(parts[4] ?? 1)];
  const { style } = document.createElement('i');
  style.color = colour;
  return style.color === '' || style.color === colour ? [0, 0, 0, 0] : rgbaOf(style.color, document);
}

/** PNG with 8 bits a channel, nothing predicted (https://www.w3.org/TR/png-3/). */
function encodePng(width: number, height: number, pixels: Uint8ClampedArray): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6], 8);
  const rows = Buffer.alloc(height * (1 + 4 * width));
  for (let row = 0; row < height; row++)
    rows.set(pixels.subarray(4 * width * row, 4 * width * (row + 1)), row * (1 + 4 * width) + 1);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  frame.set(body, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}
