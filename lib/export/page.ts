/**
 * A page that tags text in a reader's browser: it stands in an exported folder, runs the model there with onnxruntime-web, and
 * needs nothing but a server of files. Its program is the library's own code, put together for browsers.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { NAMELESS } from '../corpus/tags';
import type { Precision } from '../inference/precision';
import { formatBytes, listed } from '../listed';
import { dataBlock } from '../report/embed';
import { escapeHtml } from '../report/escape';
import { htmlPage, htmlTable } from '../report/page';
import { typeColours } from '../report/sentence-view';
import { TOKENIZER_FILE } from '../tokenizer-files';
import type { PageData, PageFile, PageType } from './browser/messages';
import type { Files } from './folder';
import { type CardFacts, COVERAGE, measureRows, scoredOn, sizeOf, typesOf } from './model-card';

const PAGE_FILE = 'index.html';
/** What the page needs and no other client of the folder does. */
const RUNTIME_FILE = 'page/onnxruntime.js';
const WASM_FILE = 'page/onnxruntime.wasm';
const WORKER_FILE = 'page/worker.js';
const LICENSES_FILE = 'page/LICENSES.txt';

export interface PageFacts extends CardFacts {
  /** The longest sequence, in pieces. */
  readonly maxLength: number;
  /** The graph that the page runs, and its precision. */
  readonly graph: PageFile;
  readonly precision: Precision;
  /** The text of `tokenizer.json`. */
  readonly tokenizer: string;
}

/** The files of the page, and how many bytes a browser loads. @throws where a package that it is made of is not installed */
export async function pageFiles(
  facts: PageFacts,
): Promise<{ readonly files: Files; readonly bytes: number }> {
  const worker = await bundled('worker', 'esm');
  const view = await bundled('view', 'iife');
  // Without what it has for graphics cards. Not every server knows `.mjs`, the ending that this has there, and a browser
  // runs no module whose type the server does not tell.
  const program = readFileSync(join(runtimeFolder(), 'ort.wasm.bundle.min.mjs'));
  const wasm = readFileSync(join(runtimeFolder(), 'ort-wasm-simd-threaded.wasm'));
  const sized = (path: string, content: string | Uint8Array): PageFile => ({
    path,
    bytes: Buffer.byteLength(content),
  });
  const loaded = {
    runtime: sized(RUNTIME_FILE, program),
    wasm: sized(WASM_FILE, wasm),
    tokenizer: sized(TOKENIZER_FILE, facts.tokenizer),
    graph: facts.graph,
  };
  const data: PageData = {
    model: { files: loaded, tags: facts.config.tags, maxLength: facts.maxLength },
    types: pageTypes(facts),
  };
  const bytes = Object.values(loaded).reduce((sum, file) => sum + file.bytes, Buffer.byteLength(worker.text));
  return {
    bytes,
    files: {
      [PAGE_FILE]: () => pageHtml(facts, data, view.text, bytes),
      [WORKER_FILE]: () => worker.text,
      [RUNTIME_FILE]: () => program,
      [WASM_FILE]: () => wasm,
      [LICENSES_FILE]: () => licenses(new Set([...worker.packages, ...view.packages])),
    },
  };
}

const ROOT = join(__dirname, '../..');
const runtimeFolder = () => dirname(require.resolve('onnxruntime-web/wasm'));

/** A program of `browser/` with all that it imports, and the folders of the packages in it. */
async function bundled(name: string, format: 'esm' | 'iife') {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(__dirname, 'browser', `${name}.ts`)],
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format,
    target: 'es2022',
    logLevel: 'silent',
    // Some modules have functions beside those that are used here which read files.
    plugins: [
      {
        name: 'nothing of Node',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^node:/ }, ({ path }) => ({ path, external: true, sideEffects: false })),
      },
    ],
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  const packages = Object.keys(inputs).flatMap(
    file => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [],
  );
  return { text: outputFiles[0].text, packages: new Set(packages) };
}

/** Types that many corpora have, in words. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  PER: 'person',
  ORG: 'organisation',
  LOC: 'place',
  MISC: 'miscellaneous',
  [NAMELESS]: 'entity',
};

function pageTypes({ config, run }: PageFacts): Record<string, PageType> {
  const types = typesOf(config);
  const colours = typeColours(types);
  const critical = run?.metrics.derived.criticalTypes ?? [];
  return Object.fromEntries(
    types.map(type => [
      type,
      { name: TYPE_NAMES[type] ?? type, colour: colours.get(type)!, critical: critical.includes(type) },
    ]),
  );
}

const STYLE = `
:root { color-scheme: light dark; --muted: #555; --line: #ccc; }
@media (prefers-color-scheme: dark) { :root { --muted: #b5b5b5; --line: #555; } }
body { color: CanvasText; background: Canvas; max-width: 52rem; padding: 16px; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 8px 0; } h2 { font-size: 1.2rem; margin: 32px 0 8px; }
.muted { color: var(--muted); font-size: .9rem; }
label { font-weight: 600; display: block; }
textarea { box-sizing: border-box; width: 100%; font: inherit; padding: 8px; }
button { font: inherit; padding: 6px 20px; }
progress { width: 100%; }
#status { min-height: 1.5em; margin: 12px 0 0; } #trouble:empty { display: none; }
#trouble { border-inline-start: 4px solid #c22; padding-inline-start: 12px; font-weight: 600; }
#output { line-height: 2.1; } #output p { margin: 0; min-height: 1em; white-space: pre-wrap; overflow-wrap: anywhere; }
mark { color: #111; padding: 1px 4px; border: 2px solid transparent; border-radius: 6px; unicode-bidi: isolate; -webkit-box-decoration-break: clone; box-decoration-break: clone; }
mark span { font-size: .75rem; }
mark.critical { font-weight: 700; border-color: CanvasText; }
.scroll { overflow-x: auto; margin-top: 16px; }
table { border-collapse: collapse; } caption { text-align: start; font-weight: 600; padding: 4px 0; }
th, td { text-align: start; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.number { text-align: end; font-variant-numeric: tabular-nums; }
code { overflow-wrap: anywhere; }`;

/** What the text field holds at first. */
const EXAMPLE = 'Ada Lovelace met Charles Babbage of the Royal Society in London.';

function pageHtml(facts: PageFacts, data: PageData, program: string, bytes: number): string {
  const { graph } = facts;
  const types = Object.entries(data.types);
  const names = types.map(([, { name }]) => name);
  const title = `Entities in text${names.length > 0 ? `: ${listed(names, 'and')}` : ''}`;
  const legend = types.map(
    ([type, { name, colour, critical }]) =>
      `<mark${critical ? ' class="critical"' : ''} style="background:${colour}">${escapeHtml(name === type ? type : `${name} (${type})`)}${critical ? ' <span>critical</span>' : ''}</mark>`,
  );
  const body = `<p>The model runs here, in your browser (${formatBytes(bytes)} to load): nothing that you type is sent anywhere.</p>
<form>
<label for="text">Text</label>
<textarea id="text" dir="auto" rows="5" spellcheck="false" autocomplete="off" aria-describedby="hint">${EXAMPLE}</textarea>
<p id="hint" class="muted">Each line is read as one sentence. It is tagged when you pause, or at once with Ctrl + Enter.</p>
<button type="submit">Find entities</button>
</form>
<progress hidden></progress>
<p id="status" role="status"></p>
<p id="trouble" role="alert"></p>
<noscript><p>This page needs JavaScript.</p></noscript>
<h2>The text with its entities</h2>
<p class="muted">${legend.join(' ')}</p>
<div id="output"></div>
${htmlTable(
  '<div id="entities" class="scroll" role="region" aria-label="Table of entities" tabindex="0" hidden><table><caption>The entities</caption>',
  [
    '<th scope="col">entity</th>',
    '<th scope="col">type</th>',
    '<th scope="col" class="number">confidence</th>',
  ],
  [],
)}
<p class="muted">The confidence of an entity is the lowest probability that the model gives to the tags of its words.</p>
${scoresHtml(facts)}
<h2>Where it comes from</h2>
<p>${escapeHtml(originOf(facts))} More of it is in its <a href="README.md">model card</a>. The page runs <code>${escapeHtml(graph.path)}</code> with onnxruntime-web; <a href="${LICENSES_FILE}">licences</a>.</p>
${dataBlock('page', data)}`;
  return htmlPage(title, STYLE, body, [program], ["worker-src 'self'"]);
}

function scoresHtml({ run, precision }: PageFacts): string {
  if (!run) return '';
  const rounded = `This page runs the model in 8 bits${run.in8Bits ? '' : ', of which no scores were taken'}.`;
  const [heading, ...rows] = measureRows(run);
  const header = heading.map((text, column) => cell(column === 0 ? 'td' : 'th', 'col', text, column));
  const table = htmlTable(
    '<div class="scroll" role="region" aria-label="Table of scores" tabindex="0"><table>',
    header,
    rows.map(row => row.map((text, column) => cell(column === 0 ? 'th' : 'td', 'row', text, column))),
  );
  return `<h2>How good it is</h2>
<p>${scoredOn(run.config)} ${COVERAGE} ${precision === 'int8' ? rounded : 'This page runs the model as it was trained, in 32 bits.'}</p>
${table}`;
}

function cell(tag: 'th' | 'td', scope: 'col' | 'row', text: string, column: number): string {
  const attributes = `${tag === 'th' ? ` scope="${scope}"` : ''}${column > 0 ? ' class="number"' : ''}`;
  return `<${tag}${attributes}>${escapeHtml(text)}</${tag}>`;
}

/** What the model is, which run's, and what exported it. */
function originOf(facts: PageFacts): string {
  const { run, version } = facts;
  const trained = run
    ? `It is that of the run ${run.id}, trained on a corpus whose SHA-256 begins with ${run.config.corpus.slice(0, 12)}, and was exported`
    : 'It was exported';
  return `${sizeOf(facts)} ${trained} by ner-distill ${version}.`;
}

/** The licences of all that the page is made of, as they ask. @param packages their folders, from the project's */
function licenses(packages: ReadonlySet<string>): string {
  const texts = [...packages].sort().map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(ROOT, folder)).find(entry => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${folder} has no licence beside it`);
    return [`${name} ${version} (${license})`, readFileSync(join(ROOT, folder, file), 'utf8')];
  });
  const { version } = JSON.parse(readFileSync(join(runtimeFolder(), '../package.json'), 'utf8'));
  return [
    ['ner-distill (Apache-2.0)', readFileSync(join(ROOT, 'LICENSE'), 'utf8')],
    ...texts,
    [`onnxruntime-web ${version} (MIT)`, onnxruntimeLicense(version)],
  ]
    .map(([of, text]) => `${'='.repeat(of.length)}\n${of}\n${'='.repeat(of.length)}\n\n${text.trim()}\n`)
    .join('\n');
}

/** As the package, which lacks it, is licensed. */
function onnxruntimeLicense(version: string): string {
  return `MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.

What it holds of others has its notices here:
https://github.com/microsoft/onnxruntime/blob/v${version}/ThirdPartyNotices.txt`;
}
