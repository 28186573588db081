/** The declarations that cells see: made where they are old, left alone where not. */
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from '@tslab/typescript-for-tslab';
import * as library from 'ner-distill';
import { updateDeclarations } from 'ner-distill/notebook/declarations';
import { describe, expect, it } from 'vitest';

/** The compiler shares two cores with other tests. */
const PATIENCE = 120_000;

describe('declarations', () => {
  it(
    'are made where they are older than a source, name what cells import, and then stay',
    async () => {
      // Of their own: kernels of other tests read those of the library.
      const folder = mkdtempSync(join(tmpdir(), 'types-'));
      const file = join(folder, 'index.mjs');
      writeFileSync(file, 'old');
      utimesSync(file, new Date(0), new Date(0));
      await updateDeclarations(folder);
      const { mtimeMs } = statSync(file);
      expect(mtimeMs).toBeGreaterThan(0);
      expect(readFileSync(join(folder, 'index.d.ts'), 'utf8')).toMatch(/export \{[^}]*openStudy/);
      const named = /export const \{ (.*) \} = library;/.exec(readFileSync(file, 'utf8'))?.[1].split(', ');
      expect(named?.sort()).toEqual(Object.keys(library).sort());
      await updateDeclarations(folder);
      expect(statSync(file).mtimeMs).toBe(mtimeMs);
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
      const wrong = ["planOf('smoke', { studentLayer: [1] });", "planOf('smoke').teacher.layers = 3;"];
      const spared = /[/]node_modules[/](zod|@tensorflow[/](tfjs|tfjs-layers|tfjs-backend-webgl))[/]/;
      expect(errorsOfCells([right, ...wrong], spared)).toEqual([
        [],
        [expect.stringContaining("'studentLayer' does not exist in type 'PlanChanges'")],
        [expect.stringContaining("'layers' because it is a read-only property")],
      ]);
    },
    PATIENCE,
  );

  it(
    'have the tensors of tfjs, which they do not read for it',
    async () => {
      await updateDeclarations();
      const right = `import * as tf from '@tensorflow/tfjs';
import { type Engine, parameterShapes } from 'ner-distill';
type Program = Parameters<Engine['evaluation']>[0];
export const twice: Program = ({ a }) => ({ y: tf.mul(a, 2), z: a.add(a) });
export const shapes = parameterShapes;`;
      const alone = `import { type Engine, tf } from 'ner-distill';
export const twice: Parameters<Engine['evaluation']>[0] = ({ a }) => ({ y: a.add(a).sum(), z: tf.logSoftmax(a) });`;
      const wrong = 'export const none: Parameters<Engine["evaluation"]>[0] = () => ({ y: 1 });';
      expect(errorsOfCells([right, alone, `import type { Engine } from 'ner-distill';\n${wrong}`])).toEqual([
        [],
        [],
        [expect.stringContaining("'number' is not assignable to type 'Tensor")],
      ]);
    },
    PATIENCE,
  );
});

/** As tslab checks cells: declarations are taken as they are, packages found as Node finds them, none of those `spared`. */
function errorsOfCells(codes: readonly string[], spared?: RegExp): string[][] {
  const cells = codes.map((_, i) => join(__dirname, `cell-${process.pid}-${i}.ts`));
  codes.forEach((code, i) => {
    writeFileSync(cells[i], `import { planOf, type StudyPlan } from 'ner-distill';\n${code}\n`);
  });
  try {
    const program = ts.createProgram(cells, {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2020,
      module: ts.ModuleKind.CommonJS,
      moduleResolution: ts.ModuleResolutionKind.Node10,
      types: ['node'],
    });
    if (spared) expect(program.getSourceFiles().filter(({ fileName }) => spared.test(fileName))).toEqual([]);
    return cells.map(cell =>
      ts
        .getPreEmitDiagnostics(program, program.getSourceFile(cell))
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
    );
  } finally {
    for (const cell of cells) rmSync(cell);
  }
}
