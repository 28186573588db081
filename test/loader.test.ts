/** What was compiled is kept, and is run only where nobody else can have put it there. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'loader-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const PROJECT = join(__dirname, '..');
const user = process.geteuid?.();

describe.skipIf(user === undefined)('the loader', () => {
  let project: string;
  let cache: string;

  beforeEach(() => {
    project = mkdtempSync(join(root, 'project-'));
    cache = join(project, '.cache', `tsx-${user}`);
    mkdirSync(join(project, 'lib'));
    cpSync(join(PROJECT, 'lib/loader.cjs'), join(project, 'lib/loader.cjs'));
    symlinkSync(join(PROJECT, 'node_modules'), join(project, 'node_modules'));
    const source = `import { tmpdir } from 'node:os';
const said: string = ['own', tmpdir(), process.env.TSX_DISABLE_CACHE].join(' ');
console.log(said);
`;
    writeFileSync(join(project, 'lib/x.ts'), source);
  });

  function run(temporary = root): string {
    const args = ['--require', './lib/loader.cjs', 'lib/x.ts'];
    const env = { ...process.env, TMPDIR: temporary };
    return execFileSync(process.execPath, args, { cwd: project, encoding: 'utf8', env }).trim();
  }
  const own = `own ${root}`;

  /** Runs once, and puts other code into what was kept of it. */
  function poison(): void {
    run();
    for (const name of readdirSync(cache)) {
      const kept = JSON.parse(readFileSync(join(cache, name), 'utf8'));
      writeFileSync(join(cache, name), JSON.stringify({ ...kept, code: 'console.log("theirs")' }));
    }
  }

  it('leaves the environment as it is, and what it keeps is closed to others', () => {
    expect(run()).toBe(own);
    expect(readdirSync(cache)).toHaveLength(1);
    expect(readdirSync(root).filter(name => name.startsWith('tsx'))).toEqual([]);
  });

  it('runs what it has kept in a folder that is ours alone', () => {
    poison();
    expect(run()).toBe('theirs');
  });

  it('looks at nothing in the temporary directory', () => {
    poison();
    const temporary = mkdtempSync(join(root, 'tmp-'));
    renameSync(cache, join(temporary, `tsx-${user}`));
    expect(run(temporary)).toBe(`own ${temporary}`);
  });

  it.each<[string, () => void]>([
    ['others may write in', () => chmodSync(cache, 0o777)],
    ['others may read', () => chmodSync(cache, 0o755)],
    [
      'is a link',
      () => {
        renameSync(cache, join(project, 'elsewhere'));
        symlinkSync(join(project, 'elsewhere'), cache);
      },
    ],
  ])('does not use a folder that %s', (_, change) => {
    poison();
    change();
    expect(run()).toBe(own);
  });

  it.runIf(user === 0)('does not use a folder of another user', () => {
    poison();
    execFileSync('chown', ['65534', cache]);
    expect(run()).toBe(own);
  });

  it('does without where no folder can be made', () => {
    writeFileSync(join(project, '.cache'), '');
    expect(run()).toBe(own);
    expect(existsSync(cache)).toBe(false);
  });

  it('leaves packages to Node, with no map read; errors of the library keep their lines', () => {
    // The map of a bundle, which names a line that is not in it.
    const map = { version: 3, sources: ['far.ts'], names: [], mappings: 'AAoGA' };
    const at = Buffer.from(JSON.stringify(map)).toString('base64');
    const packages = {
      bundle: `exports.told = new Error('told').stack;\n//# sourceMappingURL=data:application/json;base64,${at}\n`,
      modern: 'export const told = import.meta.url;\n',
    };
    for (const [name, text] of Object.entries(packages)) {
      const folder = join(project, 'lib/node_modules', name);
      mkdirSync(folder, { recursive: true });
      const type = name === 'modern' ? 'module' : 'commonjs';
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, type, main: 'index.js' }));
      writeFileSync(join(folder, 'index.js'), text);
    }
    const source = `interface Nothing {
  readonly left: 'of this';
}
import * as bundle from 'bundle';
import * as modern from 'modern';
const own: Partial<Nothing> & Error = new Error('own');
const place = text => text.match(/([\\w.]+:\\d+):\\d+/)[1];
console.log(place(bundle.told), modern.told.endsWith('modern/index.js'), place(own.stack));
`;
    writeFileSync(join(project, 'lib/x.ts'), source);
    expect(run()).toBe('index.js:1 true x.ts:6');
  });
});
