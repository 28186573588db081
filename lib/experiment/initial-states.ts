/**
 * The saved states that trainings start from. A state is known by its digest before anything is trained, so that run ids
 * can be told from a plan alone, and is made anew for each run, so that no run can see what another did to it.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../errors';
import { writeFileAtomically } from '../files';
import { canonicalJson } from '../json';
import type { ModelConfig } from '../model/config';
import { initialParameters, type Parameters } from '../model/parameters';
import { digestOfParameters, encodeSafetensors, loadSafetensors } from '../model/safetensors';
import type { Initial } from './plan';
import { evenlySpacedLayers, parametersFromTeacher, pretrainedStart } from './pretrained';
import type { RunStore } from './runs';
import { sourceDigest } from './source-digest';

/** What determines an initial state. */
export interface InitialStateOf {
  readonly initial: Initial;
  readonly config: ModelConfig;
  readonly seed: number;
  /** The run that trains the teacher of this seed, and its number of layers; for students from its layers. */
  readonly teacher: { readonly id: string; readonly layers: number } | null;
}

export class InitialStates {
  private readonly digests = new Map<string, string>();
  private readonly notes = new Map<string, readonly string[]>();

  constructor(private readonly store: RunStore) {}

  /**
   * The identity of a state: the digest of its values, or, for layers of a teacher that need not be trained yet, of
   * which layers of which run they are.
   */
  digestOf(state: InitialStateOf): string {
    const key = keyOf(state);
    const known = this.digests.get(key);
    if (known !== undefined) return known;
    const { initial, config } = state;
    const digest =
      initial === 'teacher-layers'
        ? sha256(
            canonicalJson({
              teacher: teacherOf(state).id,
              layers: evenlySpacedLayers(teacherOf(state).layers, config.layers),
              config,
            }),
          )
        : digestOfParameters(this.valuesOf(state));
    this.digests.set(key, digest);
    return digest;
  }

  /**
   * The state's values, in memory of their own. Random ones are kept on disk.
   * @throws InputError where the saved values or the checkpoint have changed since the study began
   */
  load(state: InitialStateOf): Parameters {
    const { initial, config } = state;
    if (initial === 'teacher-layers')
      return parametersFromTeacher(this.store.checkpoint(teacherOf(state).id), config);
    const digest = this.digestOf(state);
    const file = typeof initial === 'object' ? initial.checkpoint : this.fileOf(state);
    if (initial === 'random' && !existsSync(file))
      writeFileAtomically(file, encodeSafetensors(this.valuesOf(state)));
    const values = this.valuesOf(state);
    if (digestOfParameters(values) !== digest)
      throw new InputError(
        `${file}: the saved initial state has changed since the study began; delete it to draw it anew`,
      );
    return values;
  }

  /** What there is to say of a state: what a checkpoint had of it, and what was drawn anew. In sentences. */
  notesOf(state: InitialStateOf): readonly string[] {
    // Known with the digest, which nearly every caller has asked for before.
    this.digestOf(state);
    return this.notes.get(keyOf(state)) ?? [];
  }

  private valuesOf(state: InitialStateOf): Parameters {
    const { initial, config, seed } = state;
    if (typeof initial === 'object') {
      const { parameters, notes } = pretrainedStart(initial.checkpoint, config, seed);
      this.notes.set(keyOf(state), notes);
      return parameters;
    }
    if (initial !== 'random') throw new Error(`"${initial}" has no values before its teacher is trained`);
    const file = this.fileOf(state);
    return existsSync(file) ? loadSafetensors(file) : initialParameters(config, seed);
  }

  private fileOf(state: InitialStateOf): string {
    return join(this.store.folder, 'initial', `${state.config.architecture}-${keyOf(state)}.safetensors`);
  }
}

function keyOf({ initial, config, seed, teacher }: InitialStateOf): string {
  const from = initial === 'random' ? {} : { initial, teacher };
  return sha256(canonicalJson({ config, seed, source: sourceDigest(config.architecture), ...from })).slice(
    0,
    16,
  );
}

function teacherOf({ teacher }: InitialStateOf): { readonly id: string; readonly layers: number } {
  if (!teacher) throw new Error('a teacher cannot start from the layers of a teacher');
  return teacher;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
