/** A training step's forward and backward pass as a program of an engine, and what it reads of a batch. */
import type { AnySize, Arrays, Program } from '../engine/engine';
import type { ModelConfig } from '../model/config';
import { type ParameterShapes, parameterShapes } from '../model/parameters';
import {
  dropoutPlaces,
  forward,
  type Lookup,
  lookups,
  MASK,
  PLACES,
  programData,
} from '../model/token-classifier';
import type { EncodedBatch } from '../tokenization/batch';
import type { DropoutMasks } from './dropout';
import {
  type Loss,
  lossData,
  lossOf,
  type Targets,
  type TeacherSignal,
  type Totals,
  totalsOf,
} from './losses/loss';

/** One part of a batch, ready to be computed. */
export interface StepInputs {
  readonly batch: EncodedBatch;
  /** Where the W first pieces stand among its B · S pieces, ascending; at least one. */
  readonly places: Int32Array;
  /** Of the W first pieces. */
  readonly targets: Targets;
  /** What dropout is drawn from: differs between the parts of a run. */
  readonly draw: { readonly seed: number; readonly step: number };
}

/** The loss of a model on a batch, and its terms. Past the last attention only first pieces are computed. */
export function stepProgram(config: ModelConfig, loss: Loss): Program {
  return (variables, data) => lossOf(loss, forward(config, variables, data), data);
}

/** @param totals denominators of the loss's means, of the whole effective batch */
export function stepData(
  config: ModelConfig,
  loss: Loss,
  { batch, places, targets, draw }: StepInputs,
  totals: Totals,
  masks: DropoutMasks,
): Arrays {
  return {
    ...programData(batch, places),
    ...masks.draw(dropoutPlaces(config, sizeOfBatch(batch, places)), draw),
    ...lossData(loss, targets, totals, config.hiddenSize),
  };
}

/** What the program reads at any size of a batch. */
export function stepSizes(config: ModelConfig, loss: Loss): AnySize {
  const float = (shape: readonly number[]) => ({ shape, values: new Float32Array(0) });
  return {
    told: { tokens: MASK, places: PLACES },
    at(size) {
      const { batch: batchSize, length, places } = size;
      const inputIds = new Int32Array(batchSize * length);
      const batch = { batchSize, length, inputIds, attentionMask: new Float32Array(0) };
      const targets: Targets = {
        labels: new Int32Array(places),
        critical: config.tags.map(() => false),
        teacher: Object.fromEntries(
          loss.teacher.map(signal => [signal, float([places, signalWidth(config, signal)])]),
        ),
      };
      const shapes = shapesRead(parameterShapes(config), lookups(config, batch));
      return {
        variables: Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, float(shape)])),
        data: {
          ...programData(batch, new Int32Array(places)),
          ...Object.fromEntries(dropoutPlaces(config, size).map(({ name, shape }) => [name, float(shape)])),
          ...lossData(loss, targets, totalsOf(loss, targets), config.hiddenSize),
        },
      };
    },
  };
}

/** Numbers of a word in what a teacher gives. */
export function signalWidth({ tags, hiddenSize }: ModelConfig, signal: TeacherSignal): number {
  return { logits: tags.length, hidden: hiddenSize }[signal];
}

/** Of a table only the rows that are looked up. */
function shapesRead(shapes: ParameterShapes, tables: readonly Lookup[]): ParameterShapes {
  const rows = tables.map(({ table, ids }) => [table, [ids.length, shapes[table][1]]]);
  return { ...shapes, ...Object.fromEntries(rows) };
}

function sizeOfBatch({ batchSize, length }: EncodedBatch, places: Int32Array) {
  return { batch: batchSize, length, places: places.length };
}
