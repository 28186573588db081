/** The declarations that cells see: made where they are old, left alone where not. */
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from '@tslab/typescript-for-tslab';
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

  it(
    "are checked by the compiler of cells, with a plan's settings as plain types",
    async () => {
      await updateDeclarations();
      const right = `const plan: StudyPlan = planOf('smoke', { studentLayers: [1], scheme: 'IO' });
const layers: number = plan.students[0].layers;
const start: 'random' | 'teacher-layers' | { readonly checkpoint: string } = plan.teacher.initial;
export const other: StudyPlan = { ...plan, latency: { ...plan.latency, minSeconds: layers } };`;
      expect(errorsOfCell(right)).toEqual([]);
      expect(errorsOfCell("planOf('smoke', { studentLayer: [1] });")).toEqual([
        expect.stringContaining("'studentLayer' does not exist in type 'PlanChanges'"),
      ]);
      expect(errorsOfCell("planOf('smoke').teacher.layers = 3;")).toEqual([
        expect.stringContaining("'layers' because it is a read-only property"),
      ]);
    },
    PATIENCE,
  );
});

/** As tslab checks a cell: declarations are taken as they are, packages found as Node finds them. */
function errorsOfCell(code: string): string[] {
  const cell = join(__dirname, `cell-${process.pid}.ts`);
  writeFileSync(cell, `import { planOf, type StudyPlan } from 'ner-distill';\n${code}\n`);
  try {
    const program = ts.createProgram([cell], {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2020,
      module: ts.ModuleKind.CommonJS,
      moduleResolution: ts.ModuleResolutionKind.Node10,
      types: ['node'],
    });
    expect(program.getSourceFiles().filter(({ fileName }) => fileName.includes('/zod/'))).toEqual([]);
    return ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  } finally {
    rmSync(cell);
  }
}
