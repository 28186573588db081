/** Writes a model for other runtimes and says what it wrote. */
import { basename, join } from 'node:path';
import { exportModel } from '../../export/export-model';
import type { Precision } from '../../inference/precision';
import { prettyJson } from '../../json';
import { formatBytes } from '../../listed';
import type { NumberType } from '../../model/number-types';
import { checkOutputFolder, checkOutputs } from '../../output-checks';
import { bringModel, modelFiles } from '../../prediction/find-model';
import { shown } from '../../shown';
import { hubMessages } from '../hub-messages';

interface ExportFlags {
  readonly run: string;
  readonly out: string;
  readonly results: string;
  readonly dtype: NumberType;
  readonly scores: boolean;
  readonly page?: Precision;
  readonly json: boolean;
}

export async function exportRun({
  run,
  out,
  results,
  dtype,
  scores,
  page,
  json,
}: ExportFlags): Promise<void> {
  const model = await bringModel(run, results, hubMessages());
  checkOutputFolder(out);
  for (const file of modelFiles(model)) checkOutputs({ '--out': join(out, basename(file)) }, [file]);
  const record = await exportModel(model, out, { numberType: dtype, scores, page });
  if (json) {
    process.stdout.write(prettyJson({ folder: out, ...record }));
    return;
  }
  process.stdout.write(
    `${shown(out)}: ${record.run === null ? 'a model of no run, so without scores' : `the model of run ${record.run}`}\n`,
  );
  for (const [name, { bytes }] of Object.entries(record.files))
    process.stdout.write(`  ${name}, ${formatBytes(bytes)}\n`);
  if (record.page)
    process.stdout.write(
      `The page, index.html, loads ${formatBytes(record.page.bytes)}; a browser opens it from a server, such as "npx http-server" in this folder.\n`,
    );
}
