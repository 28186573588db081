/**
 * The paper's order of work: fine-tune the teacher; save the student's initial state; train the student without a
 * teacher (control), by vanilla and by constrained distillation, each from that same state; evaluate; keep everything.
 * A session asks for runs by their part in the study; the store says whether they must be made.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { formatConll, readTagColumns } from '../corpus/conll';
import { type LabelSet, labelSetOf } from '../corpus/labels';
import type { Corpus, Sentence } from '../corpus/sentence';
import { loadCorpus } from '../corpus/sources';
import type { Engine } from '../engine/engine';
import { openEngine } from '../engine/select';
import { InputError } from '../errors';
import { type Scores, scores } from '../evaluation/scores';
import { writeFileAtomically } from '../files';
import { withLock } from '../lock';
import { digestOfParameters, encodeSafetensors, loadSafetensors } from '../model/checkpoint';
import type { ModelConfig } from '../model/config';
import { initialParameters, type Parameters, parameterShapes } from '../model/parameters';
import { countParameters } from '../resources/parameters';
import { type EncodedSplit, encodeSplit } from '../tokenization/align';
import { loadTokenizer, WordTokenizer } from '../tokenization/tokenizer';
import { trainWordPiece } from '../tokenization/wordpiece-trainer';
import type { Loss } from '../training/losses';
import { Predictor, tagsOf } from '../training/predict';
import { type TrainingTask, train } from '../training/trainer';
import type { ModelLatency } from './measure-model';
import { Measurements } from './measurement';
import { checkPlan, type ModelPlan, planOf, type StudyPlan } from './plan';
import { formatDuration, type Progress, stdoutProgress } from './progress';
import { canonicalJson, type RunConfig, RunStore, runId, sourceDigest } from './runs';
import type { CriticalForm, Role, Study, StudyRun } from './study';

/** Sentences a batch when a model is only asked, not trained. */
const PREDICTION_BATCH = 32;

const PROJECT_FOLDER = resolve(__dirname, '../..');
export const SAMPLE_FOLDER = join(PROJECT_FOLDER, 'data', 'sample');
/** The environment variable that tells a notebook which plan to follow: the path of a `plan.json`. */
export const PLAN_VARIABLE = 'NER_DISTILL_PLAN';
export const PLAN_FILE = 'plan.json';

/** A sentence of the test part with what a model made of it. */
export interface PredictedSentence {
  readonly words: readonly string[];
  readonly gold: readonly string[];
  readonly predicted: readonly string[];
}

/** A run that the plan asks for. */
export interface PlannedRun {
  readonly id: string;
  readonly name: string;
  readonly config: RunConfig;
  readonly form: CriticalForm | null;
  readonly beta: number | null;
}

export interface SessionOptions {
  readonly plan?: StudyPlan;
  /** The output folder; default `results` in the project. */
  readonly out?: string;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/**
 * Opens the study that a notebook or command works on: the given plan, else the `plan.json` that the environment
 * variable `NER_DISTILL_PLAN` names, else the preset `sample`.
 */
export async function openStudy(options: SessionOptions = {}): Promise<StudySession> {
  const planFile = process.env[PLAN_VARIABLE];
  if (options.plan || !planFile)
    return StudySession.open(
      options.plan ?? planOf('sample'),
      options.out ?? join(PROJECT_FOLDER, 'results'),
      options,
    );
  let plan: StudyPlan;
  try {
    plan = JSON.parse(readFileSync(planFile, 'utf8')) as StudyPlan;
    checkPlan(plan);
  } catch (error) {
    throw new InputError(`${planFile}: the plan cannot be read (${(error as Error).message})`);
  }
  return StudySession.open(plan, options.out ?? resolve(planFile, '..'), options);
}

export class StudySession {
  readonly store: RunStore;
  private readonly initialStates = new Map<string, { digest: string; file: string }>();

  private constructor(
    readonly plan: StudyPlan,
    readonly corpus: Corpus,
    /** How the corpus was found and divided, in sentences. */
    readonly notes: readonly string[],
    readonly labels: LabelSet,
    readonly tokenizer: WordTokenizer,
    readonly encoded: Readonly<Record<'train' | 'valid' | 'test', EncodedSplit>>,
    readonly engine: Engine,
    out: string,
    private readonly progress: Progress,
    private readonly signal?: AbortSignal,
  ) {
    this.store = new RunStore(out);
  }

  static async open(
    plan: StudyPlan,
    out: string,
    { progress = stdoutProgress(), signal }: Pick<SessionOptions, 'progress' | 'signal'> = {},
  ): Promise<StudySession> {
    const { corpus, notes } = readCorpus(plan);
    const labels = labelSetOf(corpus.train.map(({ tags }) => tags));
    labels.criticalIds(plan.criticalTypes);
    const tokenizer =
      'file' in plan.tokenizer
        ? loadTokenizer(plan.tokenizer.file)
        : new WordTokenizer(
            trainWordPiece(
              corpus.train.flatMap(({ words }) => words),
              { size: plan.tokenizer.vocabularySize, lowercase: plan.tokenizer.lowercase },
            ),
            'the vocabulary trained on the corpus',
          );
    const encode = (sentences: readonly Sentence[]) =>
      encodeSplit(sentences, tokenizer, labels, plan.maxLength);
    const encoded = { train: encode(corpus.train), valid: encode(corpus.valid), test: encode(corpus.test) };
    const engine = await openEngine(plan.engine, { threads: plan.threads ?? undefined });
    const { words, entities } = encoded.test.truncated;
    const cut = `At ${plan.maxLength} pieces a sequence, ${words} words and ${entities} entities of the test part are cut off; they count as not found.`;
    return new StudySession(
      plan,
      corpus,
      [...notes, cut],
      labels,
      tokenizer,
      encoded,
      engine,
      out,
      progress,
      signal,
    );
  }

  // ------------------------------------------------------------------------------------------- the runs of the study

  teacher(): Promise<StudyRun> {
    return this.run(this.plannedTeacher());
  }

  /** The student without a teacher: what distillation adds is seen against it. */
  control(): Promise<StudyRun> {
    return this.run(this.plannedStudent('control', { kind: 'fine-tuning' }));
  }

  vanilla(): Promise<StudyRun> {
    return this.run(this.plannedVanilla());
  }

  /** β = 0 is vanilla in both forms, and the same run. */
  constrained(form: CriticalForm, beta: number): Promise<StudyRun> {
    return this.run(this.plannedConstrained(form, beta));
  }

  /** Every run of the plan, in the paper's order. */
  planned(): PlannedRun[] {
    const { betas, forms } = this.plan.distillation;
    return [
      this.plannedTeacher(),
      this.plannedStudent('control', { kind: 'fine-tuning' }),
      this.plannedVanilla(),
      ...forms.flatMap(form =>
        betas.filter(beta => beta > 0).map(beta => this.plannedConstrained(form, beta)),
      ),
    ];
  }

  /** All of them, made where missing. */
  async all(): Promise<StudyRun[]> {
    const runs: StudyRun[] = [];
    for (const planned of this.planned()) runs.push(await this.run(planned));
    return runs;
  }

  /** The study so far: every run of the plan that is in the store. */
  results(): Study {
    const { preset, criticalTypes, distillation } = this.plan;
    return {
      preset,
      corpus: this.corpus.name,
      criticalTypes,
      betas: distillation.betas,
      forms: distillation.forms,
      notes: this.notes,
      runs: this.planned()
        .filter(({ id }) => this.store.isDone(id))
        .map(planned => this.read(planned)),
    };
  }

  /** The test part as a run predicted it. */
  predictions({ id }: Pick<StudyRun, 'id'>): PredictedSentence[] {
    const file = this.store.predictionsFile(id);
    return readTagColumns(readFileSync(file), { file, tagColumns: 2 }).map(({ words, columns }) => ({
      words,
      gold: columns[0],
      predicted: columns[1],
    }));
  }

  // ------------------------------------------------------------------------------------------------------- latency

  /** Latency and energy of a run's model by the plan's protocol, measured once a machine and kept beside the run. */
  latency(run: Pick<StudyRun, 'id' | 'name'>): Promise<ModelLatency> {
    return this.measurements.of(run, this.progress, this.signal);
  }

  private measurementsOnce?: Measurements;
  get measurements(): Measurements {
    this.measurementsOnce ??= new Measurements({
      store: this.store,
      engine: this.engine,
      protocol: this.plan.latency,
      sentences: this.corpus.test.map(({ words }) => words),
      maxLength: this.plan.maxLength,
    });
    return this.measurementsOnce;
  }

  // ------------------------------------------------------------------------------------------------- how runs are made

  private plannedTeacher(): PlannedRun {
    const { teacher } = this.plan;
    return this.describe('teacher', 'teacher', teacher, { kind: 'fine-tuning' }, null);
  }

  private plannedVanilla(): PlannedRun {
    const { alpha, temperature } = this.plan.distillation;
    return this.plannedStudent('vanilla', { kind: 'vanilla', alpha, temperature });
  }

  private plannedConstrained(form: CriticalForm, beta: number): PlannedRun {
    if (beta === 0) return this.plannedVanilla();
    const { alpha, temperature, kappa } = this.plan.distillation;
    return this.plannedStudent('constrained', { kind: 'constrained', form, alpha, temperature, beta, kappa });
  }

  private plannedStudent(role: Role, loss: Loss): PlannedRun {
    const name =
      loss.kind === 'constrained'
        ? `constrained (${loss.form}, β = ${loss.beta})`
        : role === 'control'
          ? 'student without teacher'
          : role;
    const teacher = loss.kind === 'fine-tuning' ? null : this.plannedTeacher().id;
    return this.describe(role, name, this.plan.student, loss, teacher);
  }

  private describe(
    role: Role,
    name: string,
    model: ModelPlan,
    loss: Loss,
    teacher: string | null,
  ): PlannedRun {
    const config: RunConfig = {
      role,
      loss,
      criticalTypes: this.plan.criticalTypes,
      corpus: this.corpusDigest,
      tokenizer: this.tokenizer.digest,
      initialWeights: this.initialState(model).digest,
      source: sourceDigest(),
      model: this.modelConfig(model),
      training: { ...model.training, seed: this.plan.seed },
      teacher,
      engine: this.engine.name,
    };
    return {
      id: runId(config),
      name,
      config,
      form: loss.kind === 'constrained' ? loss.form : null,
      beta: loss.kind === 'constrained' ? loss.beta : role === 'vanilla' ? 0 : null,
    };
  }

  private modelConfig({ architecture, layers, hiddenSize, heads, intermediateSize }: ModelPlan): ModelConfig {
    const { dropout, maxLength } = this.plan;
    return {
      architecture,
      vocabularySize: this.tokenizer.vocabularySize,
      hiddenSize,
      layers,
      heads,
      intermediateSize,
      maxPositions: maxLength,
      dropout,
      attentionDropout: dropout,
      tags: this.labels.tags,
    };
  }

  private corpusDigestOnce?: string;
  private get corpusDigest(): string {
    this.corpusDigestOnce ??= sha256(
      (['train', 'valid', 'test'] as const).map(part => formatConll(this.corpus[part])).join('\f'),
    );
    return this.corpusDigestOnce;
  }

  /**
   * The saved state that every training of this model starts from. It is drawn once, kept on disk, and read anew for
   * each run, so no run can see what another did to it.
   */
  private initialState(model: ModelPlan): { digest: string; file: string } {
    const config = this.modelConfig(model);
    const key = sha256(canonicalJson({ config, seed: this.plan.seed, source: sourceDigest() })).slice(0, 16);
    let state = this.initialStates.get(key);
    if (!state) {
      const file = join(this.store.folder, 'initial', `${config.architecture}-${key}.safetensors`);
      const parameters = existsSync(file) ? loadSafetensors(file) : initialParameters(config, this.plan.seed);
      state = { digest: digestOfParameters(parameters), file };
      this.initialStates.set(key, state);
    }
    return state;
  }

  private loadInitial(model: ModelPlan): Parameters {
    const { digest, file } = this.initialState(model);
    if (!existsSync(file))
      writeFileAtomically(
        file,
        encodeSafetensors(initialParameters(this.modelConfig(model), this.plan.seed)),
      );
    const parameters = loadSafetensors(file);
    if (digestOfParameters(parameters) !== digest)
      throw new InputError(
        `${file}: the saved initial state has changed since the study began; delete it to draw it anew`,
      );
    return parameters;
  }

  private run(planned: PlannedRun): Promise<StudyRun> {
    const { id, name } = planned;
    if (!this.store.isDone(id))
      return withLock(this.store.pathOf(id, 'lock'), `the run ${id} (${name})`, () => this.make(planned));
    const run = this.read(planned);
    this.progress.line(`${name}: read from the store, ${brief(run.test)} (run ${id})`);
    return Promise.resolve(run);
  }

  private async make(planned: PlannedRun): Promise<StudyRun> {
    const { id, name, config } = planned;
    const model = config.role === 'teacher' ? this.plan.teacher : this.plan.student;
    const teacherLogits = config.teacher === null ? undefined : await this.teacherLogits();
    const predictor = new Predictor(this.engine, config.model);
    const evaluate = async (parameters: Parameters, part: 'valid' | 'test') => {
      const logits = await predictor.logits(parameters, this.encoded[part].sentences, {
        batchSize: PREDICTION_BATCH,
        padId: this.tokenizer.special.pad,
        signal: this.signal,
      });
      const predicted = tagsOf(this.corpus[part], logits, this.labels);
      const gold = this.corpus[part].map(({ tags }) => tags);
      return { predicted, scores: scores(gold, predicted, { critical: this.plan.criticalTypes }) };
    };
    const criticalIds = this.labels.criticalIds(config.criticalTypes);
    const task: TrainingTask<Scores> = {
      engine: this.engine,
      config: config.model,
      initial: this.loadInitial(model),
      loss: config.loss,
      critical: this.labels.tags.map((_, label) => criticalIds.includes(label)),
      sentences: this.encoded.train.sentences,
      special: this.tokenizer.special,
      teacherLogits,
      settings: config.training,
      validate: async parameters => (await evaluate(parameters, 'valid')).scores,
    };
    const started = performance.now();
    const resume = this.store.loadEpoch(id);
    if (resume)
      this.progress.line(`${name}: goes on after epoch ${resume.epoch} of ${config.training.epochs}`);
    try {
      const end = await train(task, {
        signal: this.signal,
        resume,
        onProgress: ({ epoch, epochs, step, steps, loss, rate, secondsLeft }) =>
          this.progress.update(
            `${name}: epoch ${epoch}/${epochs}, step ${step}/${steps}, loss ${loss.toFixed(3)}, ${rate.toFixed(0)} sentences/s, ${formatDuration(secondsLeft)} left`,
          ),
        onEpoch: (state, validation) => {
          this.store.saveEpoch(id, config, state());
          this.progress.update(`${name}: validation ${brief(validation)}`);
        },
      });
      const test = await evaluate(end.parameters, 'test');
      this.store.finish(id, config, {
        checkpoint: { config: config.model, parameters: end.parameters },
        tokenizer: this.tokenizer.definition,
        history: end.history,
        predictions: formatConll(this.corpus.test, test.predicted),
        metrics: {
          parameters: countParameters(Object.values(parameterShapes(config.model))),
          validation: end.validations[end.validations.length - 1],
          test: test.scores,
          epochs: end.validations,
          truncated: this.encoded.test.truncated,
        },
      });
      const seconds = (performance.now() - started) / 1000;
      this.progress.line(`${name}: trained in ${formatDuration(seconds)}, ${brief(test.scores)} (run ${id})`);
      return this.read(planned);
    } finally {
      await predictor.dispose();
    }
  }

  private read({ id, name, config, form, beta }: PlannedRun): StudyRun {
    const { parameters, validation, test } = this.store.metrics(id);
    return {
      id,
      name,
      role: config.role,
      form,
      beta,
      seed: config.training.seed,
      parameters,
      validation,
      test,
      latency: this.measurements.known(id),
    };
  }

  /** The teacher's logits on the training part: computed once, kept on disk, shared by all students. */
  private async teacherLogits(): Promise<Float32Array[]> {
    const teacher = await this.ensureTeacher();
    const file = join(this.store.folder, 'teacher-logits', `${teacher.id}.safetensors`);
    const { sentences } = this.encoded.train;
    const classes = this.labels.size;
    const counts = sentences.map(({ firstPieces }) => firstPieces.length * classes);
    if (!existsSync(file)) {
      const { config, parameters } = this.store.checkpoint(teacher.id);
      const predictor = new Predictor(this.engine, config);
      const logits = await predictor.logits(parameters, sentences, {
        batchSize: PREDICTION_BATCH,
        padId: this.tokenizer.special.pad,
        signal: this.signal,
        onBatch: (done, total) => this.progress.update(`teacher's logits: batch ${done}/${total}`),
      });
      await predictor.dispose();
      const values = new Float32Array(counts.reduce((sum, count) => sum + count, 0));
      let offset = 0;
      for (const rows of logits) {
        values.set(rows, offset);
        offset += rows.length;
      }
      writeFileAtomically(
        file,
        encodeSafetensors({ logits: { shape: [values.length / classes, classes], values } }),
      );
    }
    const { values } = loadSafetensors(file).logits;
    let offset = 0;
    return counts.map(count => {
      offset += count;
      return values.subarray(offset - count, offset);
    });
  }

  private async ensureTeacher(): Promise<PlannedRun> {
    const planned = this.plannedTeacher();
    if (!this.store.isDone(planned.id)) await this.run(planned);
    return planned;
  }
}

function readCorpus(plan: StudyPlan): { corpus: Corpus; notes: readonly string[] } {
  const { corpus, notes } = loadCorpus(plan.data ?? SAMPLE_FOLDER);
  const { limit } = plan;
  if (!limit) return { corpus, notes };
  const parts = {
    train: corpus.train.slice(0, limit.train),
    valid: corpus.valid.slice(0, limit.valid),
    test: corpus.test.slice(0, limit.test),
  };
  return {
    corpus: { ...corpus, ...parts },
    notes: [...notes, `Only the first ${limit.train} / ${limit.valid} / ${limit.test} sentences are used.`],
  };
}

function brief({ overall, critical, coverage }: Scores): string {
  const percent = (value: number | null) => (value === null ? 'none' : (100 * value).toFixed(2));
  return `F1 ${percent(overall.f1)}, F1 critical ${percent(critical.f1)}, Coverage ${percent(coverage)}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
