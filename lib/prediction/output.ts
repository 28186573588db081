/** Output that is written as it comes: to the standard output, or to a file that takes its place when it is whole. */
import { once } from 'node:events';
import { isStandardOutput, openFile } from '../files';

export interface Output {
  /** Resolves when more can be written. */
  write(text: string): Promise<void>;
  /** Puts the file in its place. */
  close(): Promise<void>;
  /** Leaves what was there before. */
  discard(): Promise<void>;
}

/** @throws InputError here or in `write` and `close` where the file cannot be written. */
export async function openOutput(file: string): Promise<Output> {
  if (isStandardOutput(file))
    return {
      async write(text) {
        if (!process.stdout.write(text)) await once(process.stdout, 'drain');
      },
      async close() {},
      async discard() {},
    };
  const output = openFile(file);
  return {
    async write(text) {
      output.write(text);
    },
    async close() {
      output.close();
    },
    async discard() {
      output.discard();
    },
  };
}
