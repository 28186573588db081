/** The house: imports run one way from floor to floor, and no file leads back to itself. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const LIB = resolve(__dirname, '../lib');
/** From the ground up. What stands in `lib` itself is below all floors, but for the entrances above them. */
const FLOORS = [
  'hub',
  'corpus',
  'tokenization',
  'engine',
  'model',
  'inference',
  'training',
  'resources',
  'evaluation',
  'experiment',
  'prediction',
  'report',
  'export',
  'notebook',
  'commands',
];
const ENTRANCES = ['index.ts', 'boot.cjs', 'cli.ts', 'bin.cjs'];

const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' })
  .filter(file => /\.(ts|cjs)$/.test(file) && !/^types\b|\bassembly\b/.test(file))
  .map(file => file.split(sep).join('/'));

/** The files of `lib` that a file names: in imports, of types too, in exports, and in what it loads when it is needed. */
function importsOf(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(join(LIB, file), 'utf8'), ts.ScriptTarget.Latest);
  const names: string[] = [];
  const take = (node: ts.Node | undefined) => {
    if (node && ts.isStringLiteral(node)) names.push(node.text);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) take(node.moduleSpecifier);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) take(node.argument.literal);
    else if (ts.isCallExpression(node) && /^(require|import)$/.test(node.expression.getText(source)))
      take(node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names.filter(name => name.startsWith('.')).map(name => resolved(file, name));
}

function resolved(from: string, name: string): string {
  const path = join(LIB, dirname(from), name);
  const found = ['', '.ts', '/index.ts'].map(ending => path + ending).find(isFile);
  if (!found) throw new Error(`${from} imports ${name}, which is no file`);
  return relative(LIB, found).split(sep).join('/');
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

const imports = new Map(files.map(file => [file, importsOf(file)]));

function floorOf(file: string): number {
  if (!file.includes('/')) return ENTRANCES.includes(file) ? FLOORS.length : -1;
  return FLOORS.indexOf(file.slice(0, file.indexOf('/')));
}

describe('the house', () => {
  it('has fifteen floors and no other folders', () => {
    const folders = files.filter(file => file.includes('/')).map(file => file.slice(0, file.indexOf('/')));
    expect([...new Set(folders)].sort()).toEqual([...FLOORS].sort());
  });

  it('has imports that never go up', () => {
    const upward = [...imports].flatMap(([file, names]) =>
      names.filter(name => floorOf(name) > floorOf(file)).map(name => `${file} → ${name}`),
    );
    expect(upward).toEqual([]);
  });

  it('has evaluation and resources know words, tags and plain data only', () => {
    const foreign = [...imports]
      .filter(([file]) => /^(evaluation|resources)\//.test(file))
      .flatMap(([file, names]) => names.map(name => [file, name]))
      .filter(([, name]) => name.includes('/') && !/^(evaluation|resources|corpus)\//.test(name));
    expect(foreign).toEqual([]);
  });

  it('has no circle of files', () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const follow = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      else if (!done.has(file)) for (const name of imports.get(file) ?? []) follow(name, [...path, file]);
      done.add(file);
    };
    for (const file of files) follow(file, []);
    expect(circles).toEqual([]);
  });
});
