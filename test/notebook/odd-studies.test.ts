/**
 * The code of the notebooks on studies that are legal and unlike those that they were written on. Cells run here, one after
 * another as in a kernel, but without one: types are not checked, figures are specified and not drawn, and nothing is timed.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format } from 'node:util';
import * as library from 'ner-distill';
import { formatConll } from 'ner-distill/corpus/formats/conll';
import type { MeasurementSetting, ModelLatency } from 'ner-distill/experiment/measure-model';
import { Measurements } from 'ner-distill/experiment/measurement';
import { PLAN_VARIABLE } from 'ner-distill/experiment/paper';
import type { StudyPlan } from 'ner-distill/experiment/plan';
import { exportModel } from 'ner-distill/export/export-model';
import { NOTEBOOKS } from 'ner-distill/notebook/reproduce';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tinyPlan } from '../experiment/tiny.fixture';
import { study as madeUp } from '../report/study.fixture';

const FOLDER = join(__dirname, '../../notebooks');
const load = createRequire(join(FOLDER, 'cell.js'));

/** What a cell says or shows, as text. */
let said = '';
function say(...values: unknown[]): void {
  said += `${format(...values)}\n`;
}

beforeAll(() => {
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    say(text);
    return true;
  });
  const timed = madeUp.runs.find(({ latency }) => latency)!.latency!;
  const fake = ({ protocol, length }: MeasurementSetting): ModelLatency => ({
    ...timed,
    ...protocol,
    length,
  });
  vi.spyOn(Measurements.prototype, 'known').mockReturnValue(timed);
  vi.spyOn(Measurements.prototype, 'all').mockResolvedValue();
  vi.spyOn(Measurements.prototype, 'in').mockImplementation(async (settings, models) =>
    models.map(() => settings.map(fake)),
  );
});
afterAll(() => void vi.restoreAllMocks());

/** Runs the cells of a notebook; returns the first that fails, with its error, or what it shows that it should not. */
async function failureOf(name: string): Promise<string | undefined> {
  const { cells } = JSON.parse(readFileSync(join(FOLDER, `${name}.ipynb`), 'utf8'));
  const scope: Record<string, unknown> = { console: { log: say } };
  let number = 0;
  for (const { source } of cells.filter(({ cell_type }: { cell_type: string }) => cell_type === 'code')) {
    number++;
    said = '';
    try {
      Object.assign(scope, await run([source].flat().join(''), scope));
    } catch (error) {
      return `${name}, cell ${number}: ${(error as Error).stack}`;
    }
    const [bad] = /^.*\b(undefined|NaN|Infinity|\[object)\b.*$/m.exec(said) ?? [];
    if (bad) return `${name}, cell ${number} shows: ${bad}`;
  }
  return undefined;
}

/** What a cell declares, with what cells before it have declared in its scope. */
async function run(source: string, scope: object): Promise<object> {
  const names = declaredIn(source);
  const { outputText } = ts.transpileModule(`${source}\nexport { ${names.join(', ')} };`, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      alwaysStrict: false,
      esModuleInterop: true,
    },
  });
  const exports = {};
  const cell = new Function(
    'scope',
    'exports',
    'require',
    `with (scope) return (async () => { ${outputText.replace('"use strict";', '')}\n})();`,
  );
  const show = async ({ data, layout, description }: library.Figure) =>
    say(JSON.stringify({ data, layout }), description);
  const required = (module: string) => (module === 'ner-distill' ? { ...library, show } : load(module));
  await cell(scope, exports, required);
  return exports;
}

function declaredIn(source: string): string[] {
  const { statements } = ts.createSourceFile('cell.ts', source, ts.ScriptTarget.ES2022);
  const namesOf = (name: ts.BindingName): string[] =>
    ts.isIdentifier(name)
      ? [name.text]
      : name.elements.flatMap(each => ('name' in each ? namesOf(each.name) : []));
  return statements.flatMap(statement => {
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.flatMap(({ name }) => namesOf(name));
    if (ts.isFunctionDeclaration(statement) && statement.name) return [statement.name.text];
    const bindings = ts.isImportDeclaration(statement) && statement.importClause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings)) return [];
    return bindings.elements.flatMap(each => (each.isTypeOnly ? [] : [each.name.text]));
  });
}

const sentence = (type: string, i: number) => ({
  words: [`Abc${i}`, 'saw', `Def${i}`, '.'],
  tags: [`B-${type}`, 'O', `B-${type}`, 'O'],
  document: 0,
});
const plain = { words: ['nothing', 'here', '.'], tags: ['O', 'O', 'O'], document: 0 };

/** Writes a study of a corpus that has these parts, and leads notebooks to it. */
function lead(
  parts: Readonly<Record<'train' | 'valid' | 'test', readonly library.Sentence[]>>,
  { distillation, ...changes }: Partial<StudyPlan>,
): void {
  const folder = mkdtempSync(join(tmpdir(), 'odd-'));
  for (const [part, sentences] of Object.entries(parts))
    writeFileSync(join(folder, `${part}.txt`), formatConll(sentences));
  const plan = tinyPlan(1, 1);
  writeFileSync(
    join(folder, 'plan.json'),
    JSON.stringify({
      ...plan,
      data: folder,
      limit: null,
      ...changes,
      distillation: { ...plan.distillation, forms: ['logits'], ...distillation },
      latency: { ...plan.latency, batchSize: 1 },
    }),
  );
  vi.stubEnv(PLAN_VARIABLE, join(folder, 'plan.json'));
}

describe('the notebooks run on a study', () => {
  it('of fifty types, some named as what objects and frames have, of eight pieces, at a single β', async () => {
    const odd = [
      'size',
      'T',
      'index',
      'columns',
      'constructor',
      'toString',
      '1',
      'part',
      'all',
      'a-b',
      'U.S.',
      '人名',
    ];
    const types = [...odd, ...Array.from({ length: 38 }, (_, i) => `${'LONG_'.repeat(8)}${i}`)];
    const train = types.map(sentence);
    lead(
      { train, valid: train.slice(0, 3), test: train.slice(0, 20) },
      { criticalTypes: ['size', 'constructor'], maxLength: 8, distillation: { betas: [0.3] } as never },
    );
    for (const name of NOTEBOOKS) expect(await failureOf(name)).toBeUndefined();
  });

  it('of one type and one sentence without entities in the test part, at β = 0 alone', async () => {
    lead(
      { train: [0, 1, 2, 3].map(i => sentence('PER', i)), valid: [sentence('PER', 1)], test: [plain] },
      { criticalTypes: ['PER'], distillation: { betas: [0] } as never },
    );
    for (const name of NOTEBOOKS) expect(await failureOf(name)).toBeUndefined();
  });

  describe('whose teacher is given', () => {
    const train = [0, 1, 2, 3].map(i => sentence('PER', i));
    const parts = { train, valid: [sentence('PER', 1)], test: [sentence('PER', 2), plain] };
    const { tags } = library.labelSetOf(train.map(each => each.tags));

    it('as a model, and as an ONNX model of it', async () => {
      const parent = mkdtempSync(join(tmpdir(), 'odd-teacher-'));
      const [folder, exported] = [join(parent, 'model'), join(parent, 'export')];
      const definition = library.trainWordPiece(
        train.flatMap(({ words }) => words),
        { size: 40 },
      );
      const { vocabularySize } = new library.WordTokenizer(definition, 'made here');
      const config: library.ModelConfig = {
        architecture: 'bert',
        vocabularySize,
        hiddenSize: 8,
        layers: 1,
        heads: 1,
        intermediateSize: 8,
        maxPositions: 12,
        dropout: 0.1,
        attentionDropout: 0.1,
        tags,
      };
      library.saveCheckpoint(folder, { config, parameters: library.initialParameters(config, 1) });
      writeFileSync(join(folder, 'tokenizer.json'), definition);
      await exportModel(folder, exported, { scores: false });
      lead(parts, { criticalTypes: ['PER'], givenTeacher: { model: folder } });
      expect(await failureOf('02-teacher-and-students')).toBeUndefined();
      lead(parts, { criticalTypes: ['PER'], givenTeacher: { onnx: exported }, precisions: ['fp32', 'int8'] });
      for (const name of NOTEBOOKS) expect(await failureOf(name)).toBeUndefined();
    });

    it('by its logits on the training part alone, so that it has no row', async () => {
      const file = join(mkdtempSync(join(tmpdir(), 'odd-teacher-')), 'logits.jsonl');
      const lines = train.map(each => ({
        tokens: each.words,
        logits: each.tags.map(tag => tags.map(other => (other === tag ? 4 : 0))),
      }));
      writeFileSync(file, [{ labels: tags }, ...lines].map(line => JSON.stringify(line)).join('\n'));
      lead(parts, { criticalTypes: ['PER'], givenTeacher: { logits: file }, seeds: [1, 2] });
      for (const name of NOTEBOOKS) expect(await failureOf(name)).toBeUndefined();
    });
  });
});
