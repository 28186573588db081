/**
 * What transformers.js makes of an exported folder. Arguments: the package's folder, then a JSON file with `folder`, `dtype`
 * and `texts`. Prints of each text the label at each of its pieces, by the piece's place in the sequence.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

const [place, request] = process.argv.slice(2);
const { folder, dtype, texts } = JSON.parse(readFileSync(request, 'utf8'));
const entry = createRequire(`${place}/`).resolve('@huggingface/transformers');
const { default: common, ...named } = await import(pathToFileURL(entry).href);
const { env, pipeline } = { ...common, ...named };
env.allowRemoteModels = false;
env.localModelPath = dirname(folder);
const tagger = await pipeline('token-classification', basename(folder), { dtype, local_files_only: true });
const labels = [];
for (const text of texts) {
  const pieces = await tagger(text, { ignore_labels: [] });
  labels.push(Object.fromEntries(pieces.map(({ index, entity }) => [index, entity])));
}
process.stdout.write(JSON.stringify(labels));
