/** Names of repositories on the Hugging Face Hub, and how a person writes them. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError } from '../errors';

export interface HubId {
  readonly kind: 'model' | 'dataset';
  /** `organisation/name`. */
  readonly name: string;
  /** A branch, a tag, a commit, or a reference such as `refs/convert/parquet`. */
  readonly revision: string;
}

export const MAIN = 'main';

/** What may follow an option that names a checkpoint, for help texts and messages. */
export const CHECKPOINT_PLACES =
  'a folder, or a model of the Hugging Face Hub such as google-bert/bert-base-uncased or organisation/name@revision';

/** The model that a text names, `organisation/name` or `organisation/name@revision`; `undefined` where it names none. */
export function modelId(text: string): HubId | undefined {
  const [, name, revision] = /^([^@]*)(?:@(.*))?$/s.exec(text)!;
  return isRepositoryName(name)
    ? { kind: 'model', name, revision: revisionOf(revision ?? MAIN, text) }
    : undefined;
}

/**
 * A checkpoint as a plan names it: a folder by its whole path, from `base` on, a model of the Hub as it is.
 * @throws InputError where a revision is none
 */
export function locatedCheckpoint(text: string, base = '.'): string {
  const path = resolve(base, text);
  return existsSync(path) || !modelId(text) ? path : text;
}

/** Whether the Hub has repositories of such names. What begins or ends as a path does is none. */
export function isRepositoryName(name: string): boolean {
  return (
    name.length <= 96 &&
    /^[A-Za-z0-9_][\w.-]*\/[A-Za-z0-9_][\w.-]*$/.test(name) &&
    !/--|\.\.|[.-](\/|$)|\.git$/.test(name)
  );
}

/** @throws InputError where git could have no such revision: it becomes part of paths */
export function revisionOf(revision: string, text: string): string {
  const parts = revision.split('/');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  if (parts.some(part => part === '' || /^\.|\.$|\.\.|\.lock$|[\x00-\x20\x7f~^:?*[\\]/.test(part)))
    throw new InputError(
      `${JSON.stringify(text)}: ${JSON.stringify(revision)} is no revision; expected a branch, a tag or a commit`,
    );
  return revision;
}

/** What a commit names never changes. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** As messages name it: the revision is left out where it is the usual one. */
export function labelOf({ name, revision }: HubId): string {
  return revision === MAIN ? name : `${name}@${revision}`;
}
