/** Output that is written as it comes: to the standard output, or to a file that takes its place when it is whole. */
import { once } from 'node:events';
import { createWriteStream, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '../errors';

export interface Output {
  /** Resolves when more can be written. */
  write(text: string): Promise<void>;
  /** Puts the file in its place. */
  close(): Promise<void>;
  /** Leaves what was there before. */
  discard(): Promise<void>;
}

/** @throws InputError here or in `write` and `close` where the file cannot be written. */
export async function openOutput(file?: string): Promise<Output> {
  if (file === undefined)
    return {
      async write(text) {
        if (!process.stdout.write(text)) await once(process.stdout, 'drain');
      },
      async close() {},
      async discard() {},
    };
  const temporary = `${file}.${process.pid}.tmp`;
  const orExplain = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw new InputError(`${file}: cannot be written (${(error as Error).message})`);
    }
  };
  const open = async () => {
    mkdirSync(dirname(file), { recursive: true });
    const opened = createWriteStream(temporary);
    await once(opened, 'open');
    return opened;
  };
  const stream = await orExplain(open());
  const end = async () => {
    stream.end();
    if (!stream.closed) await once(stream, 'close');
  };
  return {
    async write(text) {
      if (!stream.write(text)) await orExplain(once(stream, 'drain'));
    },
    async close() {
      await orExplain(end());
      await orExplain((async () => renameSync(temporary, file))());
    },
    async discard() {
      if (!stream.destroyed) await end().catch(() => {});
      rmSync(temporary, { force: true });
    },
  };
}
