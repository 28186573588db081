/**
 * The saved states that trainings start from. A state is known by its digest before anything is trained, so that run ids
 * can be told from a plan alone, and is made anew for each run, so that no run can see what another did to it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../digest';
import { InputError } from '../errors';
import { canonicalJson } from '../json';
import type { ModelConfig } from '../model/config';
import { initialParameters, type Parameters } from '../model/parameters';
import { digestOfParameters } from '../model/safetensors';
import type { Initial } from './plan';
import { evenlySpacedLayers, parametersFromTeacher, pretrainedStart } from './pretrained';
import type { RunStore } from './runs';
import { DamagedFileError, readSealedTensors, writeSealedTensors } from './sealed';
import { sourceDigest } from './source-digest';
import { initialStateFile, type StoreFile } from './store-files';

/** What determines an initial state. */
export interface InitialStateOf {
  readonly initial: Initial;
  readonly config: ModelConfig;
  readonly seed: number;
  /** The run that trains the teacher of this seed, and its number of layers; for students from its layers. */
  readonly teacher: { readonly id: string; readonly layers: number } | null;
}

interface InitialValues {
  readonly values: Parameters;
  readonly digest: string;
  /** In the store, or in a checkpoint. */
  readonly isSaved: boolean;
}

export class InitialStates {
  private readonly digests = new Map<string, string>();
  private readonly notes = new Map<string, readonly string[]>();

  constructor(private readonly store: RunStore) {}

  /**
   * The identity of a state: the digest of its values, or, for layers of a teacher that need not be trained yet, of
   * which layers of which run they are. Values that are not as they were saved are drawn instead of read.
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
        : this.valuesOf(state).digest;
    this.digests.set(key, digest);
    return digest;
  }

  /**
   * The state's values, in memory of their own. Random ones are kept on disk.
   * @throws InputError where the checkpoint has changed since the study began
   */
  load(state: InitialStateOf): Parameters {
    const { initial, config } = state;
    if (initial === 'teacher-layers')
      return parametersFromTeacher(this.store.checkpoint(teacherOf(state).id), config);
    const { values, digest, isSaved } = this.valuesOf(state);
    if (digest !== this.digestOf(state)) {
      const file = typeof initial === 'object' ? initial.checkpoint : this.fileOf(state);
      throw new InputError(`${file}: the initial state has changed since the study began`);
    }
    if (!isSaved) writeSealedTensors(this.fileOf(state), initialStateOf(state).of, values);
    return values;
  }

  /** What there is to say of a state: what a checkpoint had of it, and what was drawn anew. In sentences. */
  notesOf(state: InitialStateOf): readonly string[] {
    // Known with the digest, which nearly every caller has asked for before.
    this.digestOf(state);
    return this.notes.get(keyOf(state)) ?? [];
  }

  private valuesOf(state: InitialStateOf): InitialValues {
    const { initial, config, seed } = state;
    if (typeof initial === 'object') {
      const { parameters: values, notes } = pretrainedStart(initial.checkpoint, config, seed);
      this.notes.set(keyOf(state), notes);
      return { values, digest: digestOfParameters(values), isSaved: true };
    }
    if (initial !== 'random') throw new Error(`"${initial}" has no values before its teacher is trained`);
    const saved = this.saved(state);
    if (saved) return saved;
    const values = initialParameters(config, seed);
    return { values, digest: digestOfParameters(values), isSaved: false };
  }

  /** `undefined` where the state is not saved, or not as it was drawn. */
  private saved(state: InitialStateOf): InitialValues | undefined {
    const file = this.fileOf(state);
    if (!existsSync(file)) return undefined;
    try {
      const { tensors, digest } = readSealedTensors(file, initialStateOf(state).of);
      return { values: tensors, digest, isSaved: true };
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      this.store.say(`${error.message}: drawn anew`);
      return undefined;
    }
  }

  private fileOf(state: InitialStateOf): string {
    return join(this.store.folder, initialStateOf(state).path);
  }
}

function initialStateOf(state: InitialStateOf): StoreFile {
  return initialStateFile(state.config.architecture, keyOf(state));
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
