/**
 * The paper's order of work: fine-tune the teacher; save the student's initial state; train the student without a
 * teacher (control), by vanilla and by constrained distillation, each from that same state; evaluate; keep everything.
 * A session asks for runs by their part in the study; the store says whether they must be made.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { min } from 'd3-array';
import { type LabelSet, labelSetOf } from '../corpus/labels';
import type { Corpus, Sentence } from '../corpus/sentence';
import { loadCorpus } from '../corpus/sources';
import { MOST_TYPES, typesIn } from '../corpus/tags';
import type { Engine } from '../engine/engine';
import { openEngine } from '../engine/select';
import { InputError, namedAs } from '../errors';
import type { ScoredSentence } from '../evaluation/errors';
import { readPredictions } from '../evaluation/predictions';
import { countSentences, type SpanCounts } from '../evaluation/scores';
import { InferenceModel } from '../inference/inference-model';
import type { Precision } from '../inference/precision';
import { openCheckpoint } from '../model/checkpoint';
import type { ModelConfig } from '../model/config';
import { type EncodedSplit, encodeSplit } from '../tokenization/align';
import { tokenizerIn } from '../tokenization/definition';
import { loadTokenizer, WordTokenizer } from '../tokenization/tokenizer';
import { trainWordPiece } from '../tokenization/wordpiece-trainer';
import { softmax } from '../training/losses/distillation';
import type { Loss, TeacherSignal } from '../training/losses/loss';
import { DivergenceError } from '../training/trainer';
import { comparedRuns } from './compared';
import { encodingNotes } from './encoding-notes';
import { FurtherRuns, type KnownRun } from './further-runs';
import { GIVEN_KINDS, type GivenTeacher, openGivenTeacher } from './given-teacher';
import { InitialStates } from './initial-states';
import { brief, makeGivenRun, makeRun, signalOfTeacher } from './make-run';
import type { ModelLatency } from './measure-model';
import { Measurements } from './measurement';
import { bringModels, inFolders, planOf, readPlan, type StudyPlan, trainedModels } from './plan';
import { type GivenRun, type PlannedRun, type RunChoice, RunPlanner } from './planned-runs';
import { tokenizerDifference } from './pretrained';
import { type Progress, stdoutProgress } from './progress';
import { quantizeRun } from './quantize-run';
import type { QuantizedRun } from './quantized-run';
import { RunStore } from './runs';
import { compareWithFloat, compareWithVanilla, intervalsOfSeeds, paperContrasts } from './statistics';
import { answersFile } from './store-files';
import {
  type Comparison,
  type Contrast,
  gatherSeeds,
  type IntervalsOverSeeds,
  type ModelOfRun,
  type Role,
  type Study,
  type StudyRun,
} from './study';
import { threadsOf } from './threads';
import { type UnlabelledText, unlabelledText } from './unlabelled';

const PROJECT_FOLDER = resolve(__dirname, '../..');
export const SAMPLE_FOLDER = join(PROJECT_FOLDER, 'data', 'sample');
/** The environment variable that tells a notebook which plan to follow: the path of a `plan.json`. */
export const PLAN_VARIABLE = 'NER_DISTILL_PLAN';
export const PLAN_FILE = 'plan.json';
/** The environment variable for how many seconds to wait for a run that another process makes; default: as long as it takes. */
export const WAIT_VARIABLE = 'NER_DISTILL_WAIT';

export interface SessionOptions {
  readonly plan?: StudyPlan;
  /** The name of a preset, instead of a plan; empty where none is named. */
  readonly preset?: string;
  /** The path of a `plan.json`, instead of a plan; empty where none is named. The study is that of its folder. */
  readonly planFile?: string;
  /** The output folder; default `results` in the project. */
  readonly out?: string;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
  /** For how long to wait for a run that another process makes, in milliseconds; default: as `NER_DISTILL_WAIT` says. */
  readonly patience?: number;
}

/**
 * Opens the study that a notebook or command works on: the given plan, preset or `plan.json`, else the `plan.json` that the
 * environment variable `NER_DISTILL_PLAN` names, else the preset `sample`.
 */
export async function openStudy(options: SessionOptions = {}): Promise<StudySession> {
  const planFile = options.planFile || process.env[PLAN_VARIABLE];
  if (options.plan || options.preset || !planFile)
    return StudySession.open(
      options.plan ?? planOf(options.preset || 'sample'),
      options.out ?? join(PROJECT_FOLDER, 'results'),
      options,
    );
  return StudySession.open(readPlan(planFile), options.out ?? resolve(planFile, '..'), options);
}

export class StudySession {
  readonly store: RunStore;
  readonly states: InitialStates;
  private readonly further: FurtherRuns;
  private readonly planner: RunPlanner;

  private constructor(
    readonly plan: StudyPlan,
    readonly corpus: Corpus,
    /** What the files are in, in sentences. */
    readonly readAs: readonly string[],
    /** What bears on every score of the study: what was divided, left out and cut off, in sentences. */
    readonly notes: readonly string[],
    /** Of these the seeds that take part in nothing, since a run of theirs diverged. */
    readonly leftOut: readonly string[],
    readonly labels: LabelSet,
    readonly tokenizer: WordTokenizer,
    readonly encoded: Readonly<Record<'train' | 'valid' | 'test', EncodedSplit>>,
    /** Text without labels, from which students learn what the teacher says of it; `null` where there is none. */
    readonly text: UnlabelledText | null,
    readonly engine: Engine,
    /** The teacher, where it is given; `null` where it is trained. */
    readonly given: GivenTeacher | null,
    out: string,
    readonly progress: Progress,
    readonly signal: AbortSignal | undefined,
    /** In milliseconds. */
    private readonly patience: number,
  ) {
    this.store = new RunStore(out, line => progress.line(line));
    this.states = new InitialStates(this.store);
    this.further = new FurtherRuns(this.store);
    this.planner = new RunPlanner({
      plan: inFolders(plan),
      corpus: digestOfCorpus(corpus),
      unlabelled: text?.digest ?? null,
      tokenizer,
      tags: labels.tags,
      engine: engine.name,
      states: this.states,
      given,
    });
  }

  static async open(
    asked: StudyPlan,
    out: string,
    {
      progress = stdoutProgress(),
      signal,
      patience = patienceOfEnvironment(),
    }: Pick<SessionOptions, 'progress' | 'signal' | 'patience'> = {},
  ): Promise<StudySession> {
    // A plan from another machine, or a cache that was emptied: what a commit holds can be had again.
    const plan = await bringModels(asked, { onNotice: sentence => progress.line(sentence), signal });
    const { corpus, rest, readAs, notes } = loadCorpus(plan.data ?? SAMPLE_FOLDER, plan.reading, plan.limit);
    const labels = labelSetOf(corpus.train.map(({ tags }) => tags));
    if (labels.types.length > MOST_TYPES)
      throw new InputError(
        `the corpus "${corpus.name}" has ${labels.types.length} entity types, expected at most ${MOST_TYPES}: a model has two classes for each`,
      );
    const elsewhere = [...corpus.valid, ...corpus.test].map(({ tags }) => tags);
    labels.checkCritical(plan.criticalTypes, typesIn(elsewhere));
    const tokenizer =
      'file' in plan.tokenizer
        ? loadTokenizer(plan.tokenizer.file)
        : new WordTokenizer(
            trainWordPiece(
              corpus.train.flatMap(({ words }) => words),
              { ...plan.tokenizer, size: plan.tokenizer.vocabularySize },
            ),
            'the vocabulary trained on the corpus',
          );
    const placed = inFolders(plan);
    checkCheckpoints(placed, tokenizer);
    const encode = (part: 'train' | 'valid' | 'test') =>
      encodeSplit(corpus[part], tokenizer, labels, plan.maxLength, { others: part !== 'train' });
    const encoded = { train: encode('train'), valid: encode('valid'), test: encode('test') };
    if (encoded.train.sentences.every(({ firstPieces }) => firstPieces.length === 0))
      throw new InputError(
        `maxLength (--max-length): found ${plan.maxLength} pieces, expected at least ${leastLength(corpus.train, tokenizer)}: no word of the training part fits`,
      );
    const text = plan.unlabelled
      ? await unlabelledText(plan.unlabelled, { corpus, rest }, tokenizer, plan.maxLength)
      : null;
    const engine = await openEngine(plan.engine, { threads: plan.threads ?? undefined });
    const given = placed.givenTeacher
      ? openGivenTeacher(placed.givenTeacher, corpus, labels.tags, engine)
      : null;
    const study = (followed: StudyPlan, ofSeeds: readonly string[]) =>
      new StudySession(
        followed,
        corpus,
        [...readAs, ...(text?.notes ?? [])],
        [
          ...notes,
          ...tokenizer.notes,
          ...encodingNotes(corpus, encoded, { ...plan, maxWordLength: tokenizer.maxWordLength }),
          ...(given?.notes ?? []),
          ...ofSeeds,
        ],
        ofSeeds,
        labels,
        tokenizer,
        encoded,
        text,
        engine,
        given,
        out,
        progress,
        signal,
        patience,
      );
    const whole = study(plan, []);
    const diverged = whole.diverged();
    const seeds = plan.seeds.filter(seed => !diverged.has(seed));
    return diverged.size === 0 || seeds.length === 0
      ? whole
      : study({ ...plan, seeds }, [...diverged.values()]);
  }

  /** Of seeds with a run that diverged, in a sentence: they take part in nothing, since methods are compared seed by seed. */
  private diverged(): ReadonlyMap<number, string> {
    const divergences = this.store.divergences();
    if (divergences.size === 0) return new Map();
    const sentences = this.planned().flatMap(({ id, name, config }): [number, string][] => {
      const found = divergences.get(id);
      const { seed } = config.training;
      return found === undefined ? [] : [[seed, `seed ${seed} is left out: ${name} diverged (${found})`]];
    });
    // The first of a seed.
    return new Map(sentences.reverse());
  }

  private readonly engines = new Map<number, Promise<Engine>>();
  /** The engine with the threads that a model of its size is trained and asked with. */
  engineOf(model: ModelConfig): Promise<Engine> {
    const { name, threads } = this.engine;
    const own = threadsOf(model, threads);
    if (own === threads) return Promise.resolve(this.engine);
    const engine = this.engines.get(own) ?? openEngine(name, { threads: own });
    this.engines.set(own, engine);
    return engine;
  }

  // ------------------------------------------------------------------------------------------- the runs of the study

  /**
   * Of the first seed, unless another is asked for; so are the others. A teacher that is given is the same for all.
   * @throws InputError where only logits of the training part were given, so that there is nothing to score
   */
  async teacher(choice: RunChoice = {}): Promise<StudyRun> {
    if (!this.given) return this.run(this.planner.teacher(choice));
    if (this.givenRun) return this.run(this.givenRun);
    throw new InputError(
      'the teacher was given by its logits on the training part alone: it has no scores, and no run',
    );
  }

  /** The student without a teacher: what distillation adds is seen against it. */
  control(choice: RunChoice = {}): Promise<StudyRun> {
    return this.run(this.planner.control(choice));
  }

  vanilla(choice: RunChoice = {}): Promise<StudyRun> {
    return this.run(this.planner.vanilla(choice));
  }

  /** @param form name of a loss that has β; β = 0 is vanilla in every form, and the same run. */
  constrained(form: string, beta: number, choice: RunChoice = {}): Promise<StudyRun> {
    return this.run(this.planner.constrained(form, beta, choice));
  }

  /**
   * A student of any loss, such as one that `defineLoss` makes in a cell. It belongs to the results of this study from
   * then on, in place of what was distilled by a loss of the same name before. A loss of the library with the settings of
   * the plan makes the run of the plan.
   */
  async distil({ loss, ...choice }: RunChoice & { readonly loss: Loss }): Promise<StudyRun> {
    const planned = this.planner.distilled(loss, choice);
    const run = await this.run(planned);
    await this.further.keep(planned);
    return run;
  }

  /** Every run of the study: those of the plan, and what `distil` has added that is in the store. */
  known(): KnownRun[] {
    return [...this.asked(), ...this.further.of(this.planned())];
  }

  /** Every run that the plan asks for: the teacher, where it is given, and those that are trained. */
  asked(): (GivenRun | PlannedRun)[] {
    return this.planner.asked();
  }

  /** That of the teacher which is given; `null` where one is trained, or where it says nothing that can be scored. */
  get givenRun(): GivenRun | null {
    return this.planner.scored;
  }

  /**
   * Every run of the plan that is trained: seed after seed, student after student, each in the paper's order. A teacher that
   * is given is not among them.
   */
  planned(): PlannedRun[] {
    return this.planner.all();
  }

  /** Ids of the runs of the plan that must be there before this one is made. */
  needsOf(run: GivenRun | PlannedRun): string[] {
    return this.planner.needsOf(run);
  }

  /** The run of the plan whose id begins so. @throws InputError where not one run has such an id */
  find(prefix: string): GivenRun | PlannedRun {
    return this.planner.find(prefix);
  }

  /**
   * The run of the plan whose id begins so, made where it is missing; of a teacher also its answers, so that students which
   * begin at the same time need not compute them each. @throws InputError as `find` does
   */
  async one(prefix: string): Promise<StudyRun> {
    const planned = this.find(prefix);
    const run = await this.run(planned);
    for (const signal of this.unanswered(planned)) await signalOfTeacher(this, planned.id, signal);
    return run;
  }

  /** What runs of the plan that are not done will ask of a run, and is not in the store. */
  unanswered({ id }: Pick<StudyRun, 'id'>): TeacherSignal[] {
    const asked = this.planned().flatMap(({ id: student, config, loss }) =>
      config.teacher === id && !this.store.isDone(student)
        ? loss.teacher.map(signal => ({ signal, text: config.unlabelled }))
        : [],
    );
    const missing = asked.filter(
      ({ signal, text }) =>
        !existsSync(join(this.store.folder, answersFile(signal, id).path)) ||
        (text !== undefined && !existsSync(join(this.store.folder, answersFile(signal, id, text).path))),
    );
    return [...new Set(missing.map(({ signal }) => signal))];
  }

  /** All of them, or those with one of these parts in the study, of every seed and student; made where missing. */
  async all(roles?: readonly Role[]): Promise<StudyRun[]> {
    const runs: StudyRun[] = [];
    for (const planned of this.asked())
      if (!roles || roles.includes(planned.part.role)) runs.push(await this.run(planned));
    return runs;
  }

  /**
   * Makes anew the finished runs of the plan whose scores are damaged. Whoever reads all of them, as `results` does, cannot go on
   * where a file of one is not as it was written; weights are held against their digests by who asks for the run.
   */
  async mend(): Promise<void> {
    for (const run of this.asked())
      if (this.store.isDone(run.id) && this.store.damageOfScores(run.id) !== null) await this.run(run);
  }

  /** The study so far: every run of the plan that is in the store, and those that `distil` has added. */
  results(): Study {
    const { preset, criticalTypes, distillation, students, seeds, precisions } = this.plan;
    const known = this.known().filter(({ id }) => this.store.isDone(id));
    const runs = known.map(each => this.read(each));
    // Of those that are compared: what else was once asked in 8 bits must not change what is said of them.
    const compared = precisions.includes('int8') ? comparedRuns(runs, students[0].name) : [];
    const quantized = compared.flatMap(run => this.readQuantized(run) ?? []);
    return {
      preset,
      corpus: this.corpus.name,
      criticalTypes,
      betas: distillation.betas,
      forms: distillation.forms,
      students: students.map(({ name }) => name),
      givenTeacher: this.given?.kind ?? null,
      seeds,
      notes: [
        ...new Set([
          ...this.readAs,
          ...(this.given ? [`the teacher was given, not trained: ${GIVEN_KINDS[this.given.kind]}`] : []),
          ...this.notes,
          ...this.further.leftOut,
          ...runs.flatMap(run => run.notes),
        ]),
      ],
      runs,
      quantized,
      quantization: this.once('quantization', quantized, () =>
        compareWithFloat(quantized, runs, criticalTypes, this.countsOf),
      ),
      comparisons: this.comparisons(runs),
      contrasts: this.contrasts(runs),
      overSeeds: [...this.overSeeds(runs), ...this.overSeeds(quantized)],
    };
  }

  /** The test part as a run predicted it. */
  predictions({ id, precision }: ModelOfRun): readonly ScoredSentence[] {
    const file =
      precision === 'int8' ? this.quantizedOf(id).predictionsFile() : this.store.predictionsFile(id);
    return readPredictions({ file }).sentences;
  }

  /** How a run was trained: every step, and the scores on validation after each epoch; none of what was given. */
  training({ id, name, role }: Pick<StudyRun, 'id' | 'name' | 'role'>) {
    const { epochs } = this.store.metrics(id, this.plan.criticalTypes);
    return { name, role, history: this.store.history(id), scores: epochs.map(({ critical }) => critical.f1) };
  }

  /**
   * What a run's model, or a teacher that was given, answers at the words of a sentence of the test part: probabilities
   * `[words][classes]`, classes in the order of the labels. Words that were cut off have none.
   */
  async probabilities({ id }: Pick<StudyRun, 'id'>, sentence: number): Promise<number[][]> {
    const rows = await this.logits(id, sentence);
    const classes = this.labels.size;
    return Array.from({ length: rows.length / classes }, (_, word) =>
      softmax([...rows.subarray(word * classes, (word + 1) * classes)]),
    );
  }

  private async logits(id: string, sentence: number): Promise<Float32Array> {
    if (id === this.givenRun?.id) {
      const [rows] = await this.given!.answers([this.corpus.test[sentence]], 'logits', { batchSize: 1 });
      return rows;
    }
    const { config, parameters } = this.store.checkpoint(id);
    const model = await InferenceModel.open(await this.engineOf(config), config, parameters);
    const encoded = this.encoded.test.sentences[sentence];
    const [rows] = await model.ofBatch([encoded], this.tokenizer.special.pad).finally(() => model.dispose());
    return rows;
  }

  // ------------------------------------------------------------------------------------------------------- latency

  /**
   * Measures latency and energy of all models of the study so far, each precision of the plan, by the plan's protocol: in one
   * session, in turn, kept beside the runs. It is read where it is there, holds all of them and found the machine quiet.
   */
  async measure(): Promise<void> {
    const precisions = await this.precisions();
    const runs = this.known().filter(({ id }) => this.store.isDone(id) && this.store.hasModel(id));
    const models = precisions.flatMap(precision =>
      runs.map(({ id, name }) => ({
        id,
        precision,
        name: precision === 'fp32' ? name : `${name}, ${precision}`,
      })),
    );
    await this.measurements.all(models, this.progress, this.signal);
  }

  /**
   * Latency and energy of a run's model, measured with those of all others of the study; `null` of a teacher that was given
   * and is no model of this library.
   */
  async latency(run: ModelOfRun): Promise<ModelLatency | null> {
    if (!this.store.hasModel(run.id)) return null;
    await this.measure();
    return this.measurements.known(run);
  }

  /** Those of the plan, without 8 bits where onnxruntime, which executes them, cannot be loaded; then it says so. */
  async precisions(): Promise<readonly Precision[]> {
    const { precisions } = this.plan;
    if (!precisions.includes('int8')) return precisions;
    try {
      await openEngine('onnx');
      return precisions;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.store.say(`no model in 8 bits: ${error.message}`);
      return precisions.filter(precision => precision !== 'int8');
    }
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

  // -------------------------------------------------------------------------------------------------- models in 8 bits

  /**
   * A run with its model in 8 bits, which predicts once; what it predicts is kept beside the run.
   * @throws InputError where onnxruntime, which has it predict whatever the engine, cannot be loaded, and of a teacher that was
   * given and is no model of this library
   */
  async quantized(run: StudyRun): Promise<StudyRun> {
    const isKnown = this.store.quantized(run.id) !== null;
    if (!isKnown) this.progress.update(`${run.name}: in 8 bits`);
    await namedAs(
      run.name,
      quantizeRun(this.store, run.id, { threads: this.engine.threads, signal: this.signal }),
    );
    const made = this.readQuantized(run)!;
    if (!isKnown) this.progress.line(`${made.name}: ${brief(made.test)} (run ${run.id})`);
    return made;
  }

  /** `null` where it has not predicted yet. */
  private readQuantized(run: StudyRun): StudyRun | null {
    const found = this.store.quantizedScores(run.id, this.plan.criticalTypes);
    if (!found) return null;
    const { validation, test, intervals } = found.metrics;
    const scored = { validation, test, intervals };
    const model = { name: `${run.name}, int8`, precision: 'int8', bytes: found.bytes } as const;
    return { ...run, ...model, ...scored, latency: this.measurements.known({ ...run, ...model }) };
  }

  private quantizedOf(id: string): QuantizedRun {
    const found = this.store.quantized(id);
    if (!found) throw new InputError(`the model of the run ${id} has not predicted in 8 bits`);
    return found;
  }

  // ------------------------------------------------------------------------------------------------- how runs are made

  /** Runs that are being made or read: whoever asks for the same one gets the same. */
  private readonly underWay = new Map<string, Promise<StudyRun>>();
  private run(planned: PlannedRun | GivenRun): Promise<StudyRun> {
    const { id } = planned;
    let run = this.underWay.get(id);
    if (!run) {
      run = this.readOrMake(planned).finally(() => this.underWay.delete(id));
      this.underWay.set(id, run);
    }
    return run;
  }

  private async readOrMake(planned: PlannedRun | GivenRun): Promise<StudyRun> {
    const { id, name, part } = planned;
    if (this.isWhole(id)) {
      const run = this.read(planned);
      this.store.keepPart(id, part);
      this.store.tidy(id);
      this.progress.line(`${name}: read from the store, ${brief(run.test)} (run ${id})`);
      return run;
    }
    if ('initial' in planned && this.needsOf(planned).length > 0) {
      const teacher = this.givenRun ?? this.planner.teacher({ seed: planned.config.training.seed });
      if (!this.isWhole(teacher.id)) await this.run(teacher);
    }
    const make = async () => {
      if (this.isWhole(id)) return;
      this.store.keepPart(id, part);
      if (!('initial' in planned)) return namedAs(name, makeGivenRun(this, this.given!, planned));
      // Several runs start from one checkpoint, of which there is the same to say.
      for (const note of this.states.notesOf(planned.initial)) this.store.say(note);
      await namedAs(name, this.trained(planned));
    };
    const onWait = (sentence: string) => this.progress.line(sentence);
    const { patience, signal } = this;
    await this.store.withRun(id, `the run ${id} (${name})`, make, { patience, onWait, signal });
    return this.read(planned);
  }

  /** Makes a run; that it diverged is kept for those who open the study next. */
  private async trained(planned: PlannedRun): Promise<void> {
    try {
      await makeRun(this, planned);
    } catch (error) {
      if (error instanceof DivergenceError) this.store.keepDivergence(planned.id, error.message);
      throw error;
    }
  }

  /** Whether a run is finished, and every file of it as it was written. */
  private isWhole(id: string): boolean {
    return this.store.isDone(id) && this.store.damageOf(id) === null;
  }

  private read({ id, name, config, part }: KnownRun): StudyRun {
    const { criticalTypes, ...place } = part;
    const { parameters, validation, test, intervals, notes } = this.store.metrics(id, criticalTypes);
    return {
      id,
      ...place,
      name,
      seed: 'given' in config ? null : config.training.seed,
      given: 'given' in config ? config.given : null,
      parameters,
      precision: 'fp32',
      bytes: this.store.weightsBytes(id),
      validation,
      test,
      intervals,
      notes,
      latency: this.measurements.known({ id }),
    };
  }

  // -------------------------------------------------------------------------------------------------------- statistics

  private readonly counts = new Map<string, SpanCounts>();
  private countsOf = (run: StudyRun): SpanCounts => {
    const key = keyOf(run);
    const known = this.counts.get(key);
    if (known) return known;
    const counts = countSentences(this.predictions(run));
    this.counts.set(key, counts);
    return counts;
  };

  /** What was computed for the same runs is not computed again: a notebook asks for results in many cells. */
  private readonly statistics = new Map<string, unknown>();
  private once<T>(name: string, runs: readonly StudyRun[], compute: () => T): T {
    const key = [name, ...runs.map(keyOf)].join(' ');
    if (!this.statistics.has(key)) this.statistics.set(key, compute());
    return this.statistics.get(key) as T;
  }

  private comparisons(runs: readonly StudyRun[]): Comparison[] {
    const swept = runs.filter(({ student }) => student === this.plan.students[0].name);
    return this.once('comparisons', swept, () =>
      compareWithVanilla(swept, this.plan.criticalTypes, this.countsOf),
    );
  }

  private contrasts(runs: readonly StudyRun[]): Contrast[] {
    const own = runs.filter(({ student }) => student === null || student === this.plan.students[0].name);
    return this.once('contrasts', own, () => paperContrasts(own, this.plan.criticalTypes, this.countsOf));
  }

  private overSeeds(runs: readonly StudyRun[]): IntervalsOverSeeds[] {
    return gatherSeeds(runs)
      .filter(group => group.length > 1)
      .map(group =>
        this.once('over seeds', group, () => intervalsOfSeeds(group, this.plan.criticalTypes, this.countsOf)),
      );
  }
}

/** Tells the model of a run from itself in 8 bits. */
function keyOf({ id, precision }: StudyRun): string {
  return `${id}-${precision}`;
}

function patienceOfEnvironment(): number {
  const text = process.env[WAIT_VARIABLE] ?? '';
  if (text === '') return Number.POSITIVE_INFINITY;
  if (!(Number(text) >= 0))
    throw new InputError(`${WAIT_VARIABLE}: found "${text}", expected seconds, 0 or more`);
  return Number(text) * 1000;
}

/** Of the words and tags of each part; how their files are written is no matter. */
function digestOfCorpus(corpus: Corpus): string {
  const hash = createHash('sha256');
  for (const part of ['train', 'valid', 'test'] as const)
    hash.update(JSON.stringify(corpus[part].map(({ words, tags }) => [words, tags])));
  return hash.digest('hex');
}

/** A checkpoint must know every piece of the tokenizer and every position of the longest sequence. */
function checkCheckpoints(plan: StudyPlan, tokenizer: WordTokenizer): void {
  const { givenTeacher: given, students, maxLength } = plan;
  const starts = trainedModels(plan).flatMap(({ initial }) => (typeof initial === 'object' ? [initial] : []));
  const givesLayers =
    given && 'model' in given && students.some(({ initial }) => initial === 'teacher-layers');
  const initials = givesLayers ? [{ checkpoint: given.model }, ...starts] : starts;
  const own = initials.flatMap(({ checkpoint }) =>
    [checkpoint, tokenizerIn(checkpoint) ?? []].flat().map(path => resolve(path)),
  );
  const used = 'file' in plan.tokenizer ? plan.tokenizer.file : 'the vocabulary trained on the corpus';
  for (const initial of initials) {
    const { vocabularySize, maxPositions, padId } = openCheckpoint(initial.checkpoint).config;
    if (tokenizer.vocabularySize > vocabularySize)
      throw new InputError(
        `${initial.checkpoint}: the checkpoint has ${vocabularySize} word pieces, the tokenizer ${tokenizer.vocabularySize}; expected the checkpoint's own tokenizer`,
      );
    if (padId !== undefined && padId !== tokenizer.special.pad)
      throw new InputError(
        `${initial.checkpoint}: the checkpoint's padding token is ${padId}, the tokenizer's ${tokenizer.special.pad}; expected the checkpoint's own tokenizer`,
      );
    if (maxLength > maxPositions)
      throw new InputError(
        `${initial.checkpoint}: the checkpoint has ${maxPositions} positions, expected at least the ${maxLength} of the longest sequence (--max-length)`,
      );
    // Whoever gives a tokenizer of his own may take words apart by other rules, but into pieces that the checkpoint knows.
    const difference = tokenizerDifference(
      initial.checkpoint,
      tokenizer.definition,
      !own.includes(resolve(used)),
    );
    if (difference !== undefined)
      throw new InputError(
        `${initial.checkpoint}: the checkpoint's tokenizer is another than ${used}, by which all models of a study read: ${difference}`,
      );
  }
}

/** The shortest sequence that holds the first word of a sentence between its frame. */
function leastLength(sentences: readonly Sentence[], tokenizer: WordTokenizer): number {
  return 2 + min(sentences, ({ words }) => tokenizer.pieces(words[0]).length)!;
}
