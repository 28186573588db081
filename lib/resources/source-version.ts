/** Which state of this library made something, for those who want to make it again. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const PROJECT = join(__dirname, '../..');

/** `ner-distill 0.1.0, commit 1a2b3c4`, with `-dirty` behind where files were changed since; without a commit where it is installed as a package. */
export function sourceVersion(): string {
  const { name, version } = require('../package.json') as { name: string; version: string };
  const commit = existsSync(join(PROJECT, '.git')) ? commitOf(PROJECT) : '';
  return `${name} ${version}${commit && `, commit ${commit}`}`;
}

/** Empty where there is no git to ask. */
function commitOf(folder: string): string {
  const command = ['-C', folder, 'describe', '--always', '--dirty', '--exclude', '*'];
  const { status, stdout } = spawnSync('git', command, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : '';
}
