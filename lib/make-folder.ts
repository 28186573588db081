/** Makes folders, also where Node's own way of it would not end. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder, and those above it, where they are not there. Not by `mkdirSync` with `recursive`: in a folder that is there
 * and takes nothing, as `/proc` and a mount whose own folder was deleted do, the system says ENOENT, and Node tries without end.
 */
export function makeFolder(folder: string): void {
  const failure = failureToMake(folder);
  if (!failure) return;
  const above = dirname(folder);
  if (failure.code !== 'ENOENT' || above === folder) throw failure;
  // Another process may have made what is above meanwhile: then this finds it.
  makeFolder(above);
  const again = failureToMake(folder);
  if (again) throw again;
}

/** Why one folder cannot be made; `undefined` where it is there now, whoever made it. */
function failureToMake(folder: string): NodeJS.ErrnoException | undefined {
  try {
    mkdirSync(folder);
    return undefined;
  } catch (error) {
    const isThere = statSync(folder, { throwIfNoEntry: false })?.isDirectory();
    return isThere ? undefined : (error as NodeJS.ErrnoException);
  }
}
