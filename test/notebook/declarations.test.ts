/** The declarations that cells see: made where they are old, left alone where not. */
import { readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { updateDeclarations } from 'ner-distill/notebook/declarations';
import { describe, expect, it } from 'vitest';

const FILE = join(__dirname, '../../lib/types/index.d.ts');
/** The compiler shares two cores with other tests. */
const PATIENCE = 120_000;

describe('declarations', () => {
  it(
    'are made where they are older than a source, name what cells import, and then stay',
    async () => {
      await updateDeclarations();
      utimesSync(FILE, new Date(0), new Date(0));
      await updateDeclarations();
      const { mtimeMs } = statSync(FILE);
      expect(mtimeMs).toBeGreaterThan(0);
      expect(readFileSync(FILE, 'utf8')).toMatch(/export \{[^}]*openStudy/);
      await updateDeclarations();
      expect(statSync(FILE).mtimeMs).toBe(mtimeMs);
    },
    PATIENCE,
  );
});
