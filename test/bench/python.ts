/** Python peers: which interpreter has them, in which versions, and how to get what is missing. */
import { spawnSync } from 'node:child_process';

export interface Python {
  readonly command: string;
  /** Of the packages that were asked for, in their order. */
  readonly versions: readonly string[];
}

const VERSIONS = `
import importlib, importlib.metadata, json, sys
def version(name):
    module = importlib.import_module(name)
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return module.__version__
print(json.dumps([version(name) for name in sys.argv[1:]]))
`;

/**
 * The interpreter in `NER_DISTILL_PYTHON`; without that, of `python3` on the path and Debian's own the one whose first package
 * is the newest. `undefined` where none has all the packages.
 */
export function pythonWith(...packages: string[]): Python | undefined {
  const { NER_DISTILL_PYTHON: given } = process.env;
  const found = (given ? [given] : ['python3', '/usr/bin/python3']).flatMap(command => {
    const { status, stdout } = spawnSync(command, ['-c', VERSIONS, ...packages], { encoding: 'utf8' });
    return status === 0 ? [{ command, versions: JSON.parse(stdout) as string[] }] : [];
  });
  return found.sort((a, b) => compareVersions(b.versions[0], a.versions[0]))[0];
}

/** Below 0 where the first is the older; by their leading numbers. */
function compareVersions(a: string, b: string): number {
  const [first, second] = [a, b].map(version =>
    version.split('.').map(part => Number.parseInt(part, 10) || 0),
  );
  const place = first.findIndex((number, i) => number !== (second[i] ?? 0));
  return place < 0 ? 0 : first[place] - (second[place] ?? 0);
}

/** What a row says where its peer is missing. */
export function missing(name: string, packages: string): string {
  return `no ${name} here: pip install ${packages}, and name that Python in NER_DISTILL_PYTHON`;
}
