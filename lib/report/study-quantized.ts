/** The models of a study that are looked at in 8 bits, too: those that Table 1 compares. */
import { openEngine } from '../engine/select';
import { InputError } from '../errors';
import type { StudySession } from '../experiment/paper';
import type { StudyRun } from '../experiment/study';
import { comparedModels } from './summaries';

/**
 * The models of Table 1 in 8 bits, each scored and measured, where the plan asks for them; made where they are missing. Which
 * constrained student is among them is known when all have been made. There are none where onnxruntime, which executes them,
 * cannot be loaded; then it says so.
 */
export async function quantizeCompared(study: StudySession): Promise<StudyRun[]> {
  if (!study.plan.precisions.includes('int8')) return [];
  try {
    await openEngine('onnx');
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    study.progress.line(`no model in 8 bits: ${error.message}`);
    return [];
  }
  const quantized: StudyRun[] = [];
  const runs = comparedModels(study.results()).flatMap(model => model.runs);
  // A teacher that was given as an ONNX model or by its logits has no weights to round.
  for (const run of runs.filter(({ id }) => study.store.hasModel(id))) {
    const model = await study.quantized(run);
    quantized.push({ ...model, latency: await study.latency(model) });
  }
  return quantized;
}
