/** The models of a study that are looked at in 8 bits, too: those that Table 1 compares. */
import type { StudySession } from '../experiment/paper';
import type { StudyRun } from '../experiment/study';
import { comparedModels } from './summaries';

/**
 * The models of Table 1 in 8 bits, each scored and measured, where the plan asks for them; made where they are missing. Which
 * constrained student is among them is known when all have been made. There are none where onnxruntime, which executes them,
 * cannot be loaded; then it says so.
 */
export async function quantizeCompared(study: StudySession): Promise<StudyRun[]> {
  const precisions = await study.precisions();
  if (!precisions.includes('int8')) return [];
  const quantized: StudyRun[] = [];
  const runs = comparedModels(study.results()).flatMap(model => model.runs);
  // A teacher that was given as an ONNX model or by its logits has no weights to round.
  for (const run of runs.filter(({ id }) => study.store.hasModel(id)))
    quantized.push(await study.quantized(run));
  await study.measure();
  return quantized.map(model => ({ ...model, latency: study.measurements.known(model) }));
}
