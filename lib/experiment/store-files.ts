/** The files of a store that stand beside its runs: where each is, what it is of, and which of those in a folder are some. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathsIn } from '../files';
import { TEACHER_SIGNALS, type TeacherSignal } from '../training/losses/loss';
import { readSealedJson, readSealedTensors } from './sealed';

/** A file that holds what can be made again, with a digest within it. */
export interface StoreFile {
  /** Within the folder of the study, with `/`. */
  readonly path: string;
  /** What it is of, which its digest covers. */
  readonly of: string;
  readonly kind: 'initial' | 'answers' | 'latency' | 'list';
  /** The run that it belongs to. */
  readonly run: string | null;
}

/** @param key of what determines the state */
export function initialStateFile(architecture: string, key: string): StoreFile {
  return {
    path: `initial/${architecture}-${key}.safetensors`,
    of: `the initial state ${key}`,
    kind: 'initial',
    run: null,
  };
}

/**
 * What a teacher answered on the training part, or on text without labels.
 * @param text digest of the text
 */
export function answersFile(signal: TeacherSignal, teacher: string, text?: string): StoreFile {
  const key = text?.slice(0, TEXT_KEY_LENGTH);
  return {
    path: `teacher-${signal}/${teacher}${key === undefined ? '' : `-${key}`}.safetensors`,
    of: `the ${signal} of the teacher ${teacher}${key === undefined ? '' : ` on the text ${key}`}`,
    kind: 'answers',
    run: teacher,
  };
}

const TEXT_KEY_LENGTH = 16;

/** What was measured in one session. @param conditions digest of machine, engine, settings and sentences */
export function latencyFile(conditions: string): StoreFile {
  return {
    path: `latency/${conditions}.json`,
    of: `the latencies in the conditions ${conditions}`,
    kind: 'latency',
    run: null,
  };
}

/** Which students were distilled beside the plan. */
export const DISTILLED: StoreFile = {
  path: 'distilled.json',
  of: 'the list of the students that were distilled beside the plan',
  kind: 'list',
  run: null,
};

const SIGNALS = TEACHER_SIGNALS.join('|');
const PATHS: readonly [RegExp, (first: string, second: string, third?: string) => StoreFile][] = [
  [/^initial\/([a-z][a-z0-9-]*)-([0-9a-f]{16})\.safetensors$/, initialStateFile],
  [
    new RegExp(`^teacher-(${SIGNALS})/([0-9a-f]{16})(?:-([0-9a-f]{16}))?\\.safetensors$`),
    (signal, run, text) => answersFile(signal as TeacherSignal, run, text),
  ],
  [/^latency\/([0-9a-f]{12})\.json$/, latencyFile],
];
/** Where they stand. */
export const STORE_FOLDERS = ['latency', 'initial', ...TEACHER_SIGNALS.map(signal => `teacher-${signal}`)];

/** @throws DamagedFileError where it is not as it was written */
export function checkStoreFile(folder: string, { path, of, kind }: StoreFile): void {
  const file = join(folder, path);
  switch (kind) {
    case 'initial':
    case 'answers':
      readSealedTensors(file, of);
      break;
    case 'latency':
    case 'list':
      readSealedJson(file, of);
      break;
    default:
      throw new Error(`no kind of file: ${kind satisfies never}`);
  }
}

/** Those in the folder of a study, and nothing else that may stand there. */
export function storeFilesIn(folder: string): StoreFile[] {
  const paths = STORE_FOLDERS.flatMap(name =>
    existsSync(join(folder, name)) ? pathsIn(join(folder, name)).map(path => `${name}/${path}`) : [],
  );
  const files = paths.flatMap(path =>
    PATHS.flatMap(([pattern, make]) => {
      const match = pattern.exec(path);
      return match ? make(match[1], match[2], match[3]) : [];
    }),
  );
  return existsSync(join(folder, DISTILLED.path)) ? [...files, DISTILLED] : files;
}
