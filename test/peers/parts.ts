/**
 * The parts of a corpus as a study reads and divides it, as columns for peers: `parts.ts CORPUS FOLDER` writes `train.txt`,
 * `valid.txt` and `test.txt`, a word and its BIO tag a line.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCorpus } from 'ner-distill';

const [source, folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('expected a corpus and the folder to write to');
const { corpus, notes } = loadCorpus(source);
mkdirSync(folder, { recursive: true });
for (const part of ['train', 'valid', 'test'] as const) {
  const sentences = corpus[part].map(({ words, tags }) =>
    words.map((word, i) => `${word} ${tags[i]}\n`).join(''),
  );
  writeFileSync(join(folder, `${part}.txt`), sentences.join('\n'));
  console.log(`${part}: ${sentences.length} sentences`);
}
for (const note of notes) console.log(note);
