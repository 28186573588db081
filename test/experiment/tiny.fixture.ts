/** The smallest study that is one: a training takes a second. */
import { type ModelPlan, planOf, type StudentPlan, type StudyPlan } from 'ner-distill/experiment/plan';

const base = planOf('smoke');

/** @param train sentences of the training part @param epochs of every model */
export function tinyPlan(train: number, epochs: number): StudyPlan {
  const tiny = <M extends ModelPlan>(model: M): M => ({
    ...model,
    layers: 1,
    hiddenSize: 32,
    heads: 2,
    intermediateSize: 64,
    training: { ...model.training, epochs },
  });
  return {
    ...base,
    limit: { train, valid: 16, test: 24 },
    tokenizer: { vocabularySize: 300, lowercase: false, caseMarks: false },
    teacher: tiny(base.teacher),
    students: [tiny<StudentPlan>(base.students[0])],
    // Few shapes to compile, and some sentences are cut off.
    maxLength: 24,
    latency: { warmup: 1, batches: 2, repeats: 2, batchSize: 8 },
    engine: 'onnx',
    threads: 1,
  };
}
