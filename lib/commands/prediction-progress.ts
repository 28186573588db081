/** How far `predict` is, for a person who looks at the error stream. */
import { fstatSync, statSync } from 'node:fs';
import { formatDuration, progressOn } from '../experiment/progress';
import { STANDARD_STREAM } from '../files';
import { formatBytes } from '../listed';
import { isQuiet } from './said';

export interface Work {
  readonly sentences: number;
  /** Bytes that were read. */
  readonly read: number;
  /** Bytes that there are, where that is known. */
  readonly total?: number;
  readonly seconds: number;
}

/** Such as `2,048 sentences, 410 a second; 1.5 MB of 6.0 MB, 15 s left`. */
export function describeWork({ sentences, read, total, seconds }: Work): string {
  const rate = Math.round(sentences / seconds).toLocaleString('en-US');
  const tagged = `${sentences.toLocaleString('en-US')} sentences, ${rate} a second`;
  if (total === undefined) return `${tagged}; ${formatBytes(read)} read`;
  const left = (seconds * Math.max(0, total - read)) / read;
  return `${tagged}; ${formatBytes(read)} of ${formatBytes(total)}, ${formatDuration(left)} left`;
}

/** Gets what was done, and tells of it now and then. */
export interface WorkProgress {
  read(bytes: number): void;
  tagged(sentences: number): void;
  end(): void;
}

/** Tells nothing where nobody looks. */
export function workProgress(inputs: readonly string[]): WorkProgress {
  if (isQuiet() || !process.stderr.isTTY) return { read() {}, tagged() {}, end() {} };
  const line = progressOn(process.stderr);
  const total = sizeOf(inputs);
  const started = performance.now();
  let [sentences, read] = [0, 0];
  const work = () => ({ sentences, read, total, seconds: (performance.now() - started) / 1000 });
  return {
    read(bytes) {
      read += bytes;
    },
    tagged(count) {
      sentences += count;
      line.update(describeWork(work()));
    },
    end() {
      if (sentences > 0) line.line(describeWork({ ...work(), total: undefined }));
    },
  };
}

/** The bytes of all inputs; `undefined` where one is no plain file. */
function sizeOf(inputs: readonly string[]): number | undefined {
  let size = 0;
  for (const input of inputs)
    try {
      const stats = input === STANDARD_STREAM ? fstatSync(0) : statSync(input);
      if (!stats.isFile()) return undefined;
      size += stats.size;
    } catch {
      // What cannot be read is told of when it is read.
      return undefined;
    }
  return size;
}
