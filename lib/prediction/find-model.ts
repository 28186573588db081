/** Which folder is meant by what a command is given as a model. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../errors';
import { checkModelOfRun, RunStore } from '../experiment/runs';
import { resolveCheckpoint } from '../hub/checkpoint';
import { modelId } from '../hub/id';
import type { HubOptions } from '../hub/snapshot';
import { CONFIG_FILE } from '../model/checkpoint';
import { WEIGHTS_FILE } from '../model/weights';
import { tokenizerIn } from '../tokenization/definition';
import { TOKENIZER_FILE, tokenizerFiles } from '../tokenizer-files';

/** The folder of a model as `findModel` finds it, else that of a model of the Hugging Face Hub, brought into the cache. */
export async function bringModel(model: string, results: string, options?: HubOptions): Promise<string> {
  return modelId(model) && !existsSync(model) ? resolveCheckpoint(model, options) : findModel(model, results);
}

/**
 * The folder of a model: itself, that of a run, or that of the run in a results folder whose id begins so.
 * @throws InputError where there is none, where the beginning is that of several runs, and where a file of a run's model
 * is not as the run left it
 */
export function findModel(model: string, results: string): string {
  // A run has a config.json of its own beside its model's.
  const found = [model, join(model, 'model')].find(hasModel);
  if (found !== undefined) {
    checkModelOfRun(found);
    return found;
  }
  const store = new RunStore(results);
  if (store.idsFrom(model).length === 0)
    throw new InputError(
      `${model}: there is no model (${CONFIG_FILE}, ${TOKENIZER_FILE}, ${WEIGHTS_FILE}) in this folder or its folder "model", ` +
        `and no run in ${join(results, 'runs')} whose id begins so; a model of the Hugging Face Hub is organisation/name`,
    );
  const folder = store.pathOf(store.idOf(model), 'model');
  if (!hasModel(folder))
    throw new InputError(
      `${folder}: the run has no model; it is not finished, or damaged, or a teacher that was given without one`,
    );
  checkModelOfRun(folder);
  return folder;
}

/** The files of a model that are read. */
export function modelFiles(folder: string): string[] {
  const tokenizer = tokenizerFiles(name => existsSync(join(folder, name)));
  return [CONFIG_FILE, WEIGHTS_FILE, ...tokenizer].map(name => join(folder, name));
}

function hasModel(folder: string): boolean {
  return existsSync(join(folder, CONFIG_FILE)) && tokenizerIn(folder) !== undefined;
}
