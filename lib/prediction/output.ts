/** Output that is written as it comes: to the standard output, or to a file that takes its place when it is whole. */
import { once } from 'node:events';
import { mkdir, open, rename, rm } from 'node:fs/promises';
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
  const opened = async () => {
    await mkdir(dirname(file), { recursive: true });
    return open(temporary, 'w');
  };
  const handle = await orExplain(opened());
  return {
    // Goes on where the last one ended.
    write: text => orExplain(handle.appendFile(text)),
    async close() {
      await orExplain(handle.close());
      await orExplain(rename(temporary, file));
    },
    async discard() {
      await handle.close().catch(() => {});
      await rm(temporary, { force: true });
    },
  };
}
