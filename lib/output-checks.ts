/** What a command will write, looked at before it reads or writes anything: that no input is lost, and no output by another. */
import {
  accessSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InputError, reasonOf } from './errors';
import { placeOf, STANDARD_STREAM } from './files';

/** Names of files by the option that they were given with; `undefined` where one was not given. */
export type NamedFiles = Readonly<Record<string, string | undefined>>;

/**
 * Holds the files that a command will write against those that it will read, and against one another, before it does
 * either: by whatever links and names they go. A folder among the inputs stands for the files in it.
 * @throws InputError where two are one file, and where a folder would be written as a file
 */
export function checkOutputs(outputs: NamedFiles, inputs: readonly (string | undefined)[]): void {
  const read = inputs.flatMap(name => (name === undefined ? [] : [{ name, of: identityOf(name, 0) }]));
  const written: { option: string; of: Identity }[] = [];
  for (const [option, name] of Object.entries(outputs)) {
    if (name === undefined) continue;
    const of = identityOf(name, 1);
    const input = read.find(each => isSame(each.of, of));
    if (input) {
      const output = name === STANDARD_STREAM ? 'the standard output' : `${option} ${name}`;
      const replaced = input.name === STANDARD_STREAM ? 'the file of the standard input' : input.name;
      throw new InputError(
        input.of.isFolder
          ? `${output}: would stand among the files of ${input.name}, which are read; expected another folder`
          : `${output}: would replace ${replaced}, which is read; expected another file`,
      );
    }
    const other = written.find(each => isSame(each.of, of));
    if (other)
      throw new InputError(`${name}: ${other.option} and ${option} would both write it; expected two files`);
    written.push({ option, of });
  }
}

interface Identity {
  /** Of what exists: its device and number there. */
  readonly node?: string;
  /** Without links. */
  readonly path?: string;
  readonly isFolder?: boolean;
}

/** What tells whether two names are one file; nothing does for `/dev/null` or a terminal, which take any number of readers and writers. */
function identityOf(name: string, stream: 0 | 1): Identity {
  const stats = statsOf(name, stream);
  const node =
    !stats || stats.isCharacterDevice() || stats.isSocket() ? undefined : `${stats.dev}:${stats.ino}`;
  if (name === STANDARD_STREAM) return { node, path: `/dev/fd/${stream}` };
  if (stats?.isDirectory() && stream === 0) return { node, path: realpathSync(name), isFolder: true };
  try {
    const place = placeOf(name);
    if (place.kind === 'descriptor') return { node, path: `/dev/fd/${place.descriptor}` };
    return place.kind === 'plain' ? { node, path: place.path } : { node };
  } catch (error) {
    // An input that cannot be read is told of when it is read.
    if (stream === 1 && error instanceof InputError) throw error;
    return { node };
  }
}

function statsOf(name: string, stream: 0 | 1): Stats | undefined {
  try {
    return name === STANDARD_STREAM ? fstatSync(stream) : statSync(name);
  } catch {
    return undefined;
  }
}

function isSame(input: Identity, output: Identity): boolean {
  if (input.node !== undefined && input.node === output.node) return true;
  if (input.path === undefined || output.path === undefined) return false;
  return input.path === (input.isFolder ? dirname(output.path) : output.path);
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/** @throws InputError where a folder is to be written that cannot be; what is not there yet is looked for above it. */
export function checkOutputFolder(folder: string): void {
  if (folder === STANDARD_STREAM)
    throw new InputError(
      `${folder}: found the standard output, expected a folder, in which several files are written`,
    );
  const problem = (reason: string) =>
    new InputError(`${folder}: the output folder cannot be written (${reason})`);
  let at = resolve(folder);
  try {
    // A link that leads to nothing is there, and no folder can be made in its place.
    while (!existsSync(at) && !isLink(at)) at = dirname(at);
    if (!statSync(at).isDirectory()) throw problem(`${at} is not a folder`);
    accessSync(at, constants.W_OK);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw problem(reasonOf(error));
  }
}
