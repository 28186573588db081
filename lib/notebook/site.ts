/**
 * The executed notebooks and the documents as a web site: Sphinx with MyST-NB and the theme of Jupyter Book, set up in
 * `docs/site`. It works on copies in a folder of its own, so that it leaves nothing in the project.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { transformSync } from 'esbuild';
import { InputError } from '../errors';
import { checkOutputFolder } from '../output-checks';
import { plotlySource } from '../report/plotly';
import { PROJECT_FOLDER } from './jupyter';
import { NOTEBOOKS } from './reproduce';

const SET_UP = join(PROJECT_FOLDER, 'docs/site');
const SPHINX = 'sphinx-build';
const REPORT = 'report.html';
/** Beside those of `docs`. */
const DOCUMENTS = [
  'README.md',
  'README.ru.md',
  'environment.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'CITATION.cff',
  'data/README.md',
  'lib/README.md',
];

/** Draws the figures that wait for Plotly. Where there is not the room that they were made for, they are drawn smaller, as their pictures are. */
const DRAW = `
for (const draw of window.waitingForPlotly ?? []) draw();
function fitFigures() {
  for (const place of document.querySelectorAll('.js-plotly-plot')) {
    const { width, height } = place.layout;
    const scale = Math.min(1, place.parentElement.clientWidth / width);
    const style = { width: width + 'px', height: height * scale + 'px', transformOrigin: '0 0' };
    Object.assign(place.style, style, { transform: 'scale(' + scale + ')' });
    place.parentElement.style.overflow = 'hidden';
  }
}
addEventListener('resize', fitFigures);
fitFigures();
`;

/** How to get what the site is made with. */
export const HOW_TO_INSTALL_SPHINX = 'pip install -r docs/site/requirements.txt';

/** The version of Sphinx that is on the `PATH`; `undefined` where there is none. */
export function findSphinx(): string | undefined {
  const { status, stdout } = spawnSync(SPHINX, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

export interface SiteOptions {
  /** Folder of the pages; what else stands in it stays. */
  readonly out: string;
  /** Of the study whose notebooks and report are shown; default: the notebooks as they are committed. */
  readonly results?: string;
}

/**
 * Writes the site, and Sphinx's warnings to standard error.
 * @throws InputError where Sphinx or an executed notebook is missing, and where Sphinx fails
 */
export function buildSite({ out, results }: SiteOptions): void {
  checkOutputFolder(out);
  const notebooks = NOTEBOOKS.map(name => join(results ?? PROJECT_FOLDER, 'notebooks', `${name}.ipynb`));
  const missing = notebooks.find(file => !existsSync(file));
  if (missing !== undefined)
    throw new InputError(`${missing}: is not there; "npm run reproduce -- --out ${results}" makes it`);
  if (findSphinx() === undefined)
    throw new InputError(`${SPHINX} was not found; install it with: ${HOW_TO_INSTALL_SPHINX}`);
  const folder = mkdtempSync(join(tmpdir(), 'ner-distill-site-'));
  try {
    const source = join(folder, 'source');
    copyTo(source, notebooks, results);
    // MyST-NB writes beside the pages, too.
    const pages = join(folder, 'pages');
    const args = ['-q', '-b', 'html', '-d', join(folder, 'doctrees'), source, pages];
    const { status, stderr } = spawnSync(SPHINX, args, { encoding: 'utf8' });
    process.stderr.write(stderr);
    if (status !== 0) throw new InputError(`${SPHINX} failed (${status}); what it said stands above`);
    cpSync(pages, resolve(out), { recursive: true });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function copyTo(source: string, notebooks: readonly string[], results: string | undefined): void {
  const put = (from: string, path: string) => {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    copyFileSync(from, join(source, path));
  };
  for (const file of ['conf.py', 'index.md']) put(join(SET_UP, file), file);
  put(join(SET_UP, 'site.css'), 'static/site.css');
  for (const [i, file] of notebooks.entries()) put(file, `notebooks/${NOTEBOOKS[i]}.ipynb`);
  const inDocs = readdirSync(join(PROJECT_FOLDER, 'docs')).filter(name => /\.(md|svg)$/.test(name));
  for (const path of [...DOCUMENTS, ...inDocs.map(name => `docs/${name}`)])
    put(join(PROJECT_FOLDER, path), path);
  const { code } = transformSync(plotlySource(), { minify: true, legalComments: 'inline' });
  writeFileSync(join(source, 'static/figures.js'), code + DRAW);
  mkdirSync(join(source, 'extra'));
  const report = results === undefined ? undefined : join(results, REPORT);
  if (report === undefined || !existsSync(report)) return;
  put(report, `extra/${REPORT}`);
  const index = join(source, 'index.md');
  const link = `<p><a href="${REPORT}">The report of the study</a></p>`;
  // Above the first list of pages.
  writeFileSync(index, readFileSync(index, 'utf8').replace('```{toctree}', `${link}\n\n$&`));
}
