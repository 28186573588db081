/** What actions over a folder of results share. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { filesOfStudy } from 'ner-distill/commands/actions/results';
import { expect, it } from 'vitest';

it('the files of a study are those of its runs and all that stands beside them, answers of teachers too', () => {
  const folder = mkdtempSync(join(tmpdir(), 'study-'));
  const kept = [
    'runs/0000000000000000/done',
    'latency/bbbbbbbbbbbb.json',
    'initial/bert-0000000000000000.safetensors',
    'teacher-logits/0000000000000000.safetensors',
    'teacher-hidden/0000000000000000.safetensors',
  ];
  for (const file of [...kept, 'report.html']) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  const files = filesOfStudy(folder).sort();
  expect(files).toEqual(['plan.json', 'distilled.json', ...kept].map(file => join(folder, file)).sort());
});
