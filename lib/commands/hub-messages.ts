/** What a person is told while something comes from the Hugging Face Hub, on the error stream: outputs stay as they are. */
import type { HubOptions, HubProgress } from '../hub/snapshot';
import { formatBytes } from '../listed';
import { isQuiet } from './said';

export function hubMessages(stream: NodeJS.WriteStream = process.stderr): HubOptions {
  if (isQuiet()) return {};
  let last: HubProgress | undefined;
  /** Whether a line of a terminal waits to be rewritten. */
  let isOpen = false;
  return {
    onNotice(sentence) {
      stream.write(`${isOpen ? '\n' : ''}${sentence}\n`);
      isOpen = false;
    },
    onProgress(progress) {
      const { file, done, total } = progress;
      const ended = done === total;
      const text = `downloading ${file}: ${formatBytes(done)} of ${formatBytes(total)}`;
      // Without a terminal, a line when a file begins.
      if (!stream.isTTY && file !== last?.file) stream.write(`${text}\n`);
      if (stream.isTTY && (ended || percent(progress) !== percent(last))) {
        stream.write(`\r\x1b[K${text}${ended ? '\n' : ''}`);
        isOpen = !ended;
      }
      last = progress;
    },
  };
}

function percent(progress?: HubProgress): number {
  return progress ? Math.floor((100 * progress.done) / progress.total) : -1;
}
