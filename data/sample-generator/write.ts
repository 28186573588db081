/** Writes the sample corpus to `data/sample`: `npm run sample`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { formatConll } from 'ner-distill/corpus/formats/conll';
import { generateSample, SAMPLE_OPTIONS } from './sample';

const folder = resolve(__dirname, '../sample');
mkdirSync(folder, { recursive: true });
const corpus = generateSample(SAMPLE_OPTIONS);
for (const part of ['train', 'valid', 'test'] as const)
  writeFileSync(join(folder, `${part}.txt`), formatConll(corpus[part]));
