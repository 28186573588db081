/** Progress of long work as one line that rewrites itself, in a terminal or under a notebook's cell. */

import { shown } from '../shown';

/** Where progress goes: `update` replaces the present line, `line` ends it. */
export interface Progress {
  update(text: string): void;
  line(text: string): void;
}

/** Often enough to look alive, seldom enough to keep a notebook's output small. */
const INTERVAL_MS = 500;
/** Back to the first column, and clear to the end of the line. */
const REWRITE = '\r\x1b[K';

/** Progress on standard output. */
export function stdoutProgress(): Progress {
  return progressOn(process.stdout);
}

/** Progress on a stream of this process. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  let last = 0;
  return {
    update(text) {
      const now = performance.now();
      if (now - last < INTERVAL_MS) return;
      last = now;
      stream.write(REWRITE + shown(text));
    },
    line(text) {
      last = 0;
      stream.write(`${REWRITE}${shown(text)}\n`);
    },
  };
}

/** Cursor up so many lines, and clear to the end of the screen. */
const rewriteLines = (lines: number) => (lines > 0 ? `\x1b[${lines}A\r\x1b[J` : '');

/**
 * Progress of several runs at once: a line for each that is being made, which rewrites itself, below what has ended.
 * @param columns of the terminal, which a line must fit into to be rewritten
 */
export function progressOfSeveral(
  print: (text: string) => void,
  columns: number,
): (name: string) => Progress & { end(): void } {
  const present = new Map<object, string>();
  let drawn = 0;
  let last = 0;
  const draw = (ended = '') => {
    last = performance.now();
    const lines = [...present.values()].map(text => `${text.slice(0, columns - 1)}\n`);
    print(rewriteLines(drawn) + ended + lines.join(''));
    drawn = lines.length;
  };
  return name => {
    const key = {};
    present.set(key, `${shown(name)}: begins`);
    draw();
    return {
      update(text) {
        present.set(key, shown(text));
        if (performance.now() - last >= INTERVAL_MS) draw();
      },
      line: text => draw(`${shown(text)}\n`),
      end() {
        present.delete(key);
        draw();
      },
    };
  };
}

export const silentProgress: Progress = { update() {}, line() {} };

/** Lets through what a log should keep: whole lines, without those that were rewritten in place. */
export function withoutRewrites(write: (text: string) => void): (text: string) => void {
  let rest = '';
  return text => {
    const lines = (rest + text).split('\n').map(line => line.slice(line.lastIndexOf(REWRITE) + 1));
    // What stays may begin inside of the sequence, at its second character; the rest of a line is short.
    rest = lines.pop() as string;
    for (const line of lines) write(`${line.replace(REWRITE.slice(1), '')}\n`);
  };
}

/** Seconds in words: `45 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
