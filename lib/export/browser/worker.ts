/** The page's worker: it loads the model and tags texts, so that the page itself never waits. */
import type * as Ort from 'onnxruntime-node';
import { graphSession } from '../../engine/onnx/graph-session';
import { WordTokenizer } from '../../tokenization/tokenizer';
import type { Answer, PageModel, Request } from './messages';
import { type TextModel, tagText } from './tag-text';

/** How long the worker works before it says how far it is, and hears what it is asked next. */
const BREATH_MILLISECONDS = 50;

/** The text that was asked for last. */
let latest = 0;
let opened: Promise<TextModel | undefined>;
/** Texts are tagged one after another. */
let work: Promise<void> = Promise.resolve();

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  switch (data.kind) {
    case 'open':
      opened = open(data.model, data.base).catch((error: unknown) => {
        say({ kind: 'failed', why: error instanceof Error ? error.message : String(error) });
        return undefined;
      });
      return;
    case 'tag': {
      const { id, text } = data;
      latest = id;
      work = work.then(() => tag(id, text));
      return;
    }
    default:
      data satisfies never;
  }
});

function say(answer: Answer): void {
  postMessage(answer);
}

async function open({ files, tags, maxLength }: PageModel, base: string): Promise<TextModel> {
  const needed = [files.wasm, files.tokenizer, files.graph];
  const total = needed.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  const onBytes = (bytes: number) => {
    done += bytes;
    say({ kind: 'loading', done, total });
  };
  const others = new AbortController();
  const [wasm, definition, graph] = await Promise.all(
    needed.map(({ path, bytes }) => loaded(path, base, { bytes, onBytes, signal: others.signal })),
  ).catch(error => {
    others.abort();
    throw error;
  });
  const ort: typeof Ort = await import(new URL(files.runtime.path, base).href).catch(() => {
    throw new Error(`${files.runtime.path} cannot be loaded`);
  });
  const { wasm: settings } = ort.env;
  settings.wasmBinary = wasm.buffer as ArrayBuffer;
  const session = await ort.InferenceSession.create(graph, { logSeverityLevel: 3 });
  const tokenizer = new WordTokenizer(new TextDecoder().decode(definition), files.tokenizer.path);
  const model = { session: graphSession(ort, session), tokenizer, tags, maxLength };
  // The first sequence takes longer than those after it.
  await tagText('.', model);
  say({ kind: 'ready', threads: settings.numThreads ?? 1 });
  return model;
}

interface Loading {
  /** How many there must be. */
  readonly bytes: number;
  readonly onBytes: (count: number) => void;
  readonly signal: AbortSignal;
}

/** The bytes of a file. @throws Error a sentence that says what is wrong with it */
async function loaded(path: string, base: string, { bytes, onBytes, signal }: Loading): Promise<Uint8Array> {
  const response = await fetch(new URL(path, base), { signal }).catch((error: Error) => {
    throw new Error(`${path} cannot be loaded (${error.message})`);
  });
  if (!response.ok || !response.body) throw new Error(`${path} cannot be loaded (${response.status})`);
  const content = new Uint8Array(bytes);
  let length = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (length + value.length <= bytes) content.set(value, length);
    length += value.length;
    onBytes(value.length);
  }
  if (length !== bytes)
    throw new Error(`${path} has ${length} bytes, expected ${bytes}: it is not the file that was exported`);
  return content;
}

class Superseded extends Error {}

async function tag(id: number, text: string): Promise<void> {
  const model = await opened;
  if (!model || id !== latest) return;
  const started = performance.now();
  let breath = started;
  try {
    const tagged = await tagText(text, model, async (done, total) => {
      if (performance.now() - breath < BREATH_MILLISECONDS) return;
      say({ kind: 'tagging', id, done, total });
      // Messages come between tasks.
      await new Promise(resolve => setTimeout(resolve));
      if (id !== latest) throw new Superseded();
      breath = performance.now();
    });
    say({ kind: 'tagged', id, milliseconds: performance.now() - started, ...tagged });
  } catch (error) {
    if (!(error instanceof Superseded)) say({ kind: 'failed', why: (error as Error).message });
  }
}
