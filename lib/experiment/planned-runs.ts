/** The runs that a plan asks for, in the paper's order, each with everything that determines it and so with its id. */
import { sha256 } from '../digest';
import { InputError } from '../errors';
import { listedBriefly } from '../listed';
import { ARCHITECTURES } from '../model/architectures';
import { openCheckpoint } from '../model/checkpoint';
import type { ModelConfig } from '../model/config';
import type { WordTokenizer } from '../tokenization/tokenizer';
import { lossKind, lossWith, SWEPT_LOSSES } from '../training/losses';
import { crossEntropyLoss } from '../training/losses/cross-entropy';
import { vanillaDistillation } from '../training/losses/distillation';
import { type Loss, labelOf } from '../training/losses/loss';
import { GIVEN_KINDS, type GivenTeacher } from './given-teacher';
import type { InitialStateOf, InitialStates } from './initial-states';
import type { ModelPlan, StudentPlan, StudyPlan } from './plan';
import { MAX_SEED } from './plan-schema';
import { type GivenConfig, type RunConfig, runId } from './run-config';
import type { RunPart } from './runs';
import { givenDigest, identityOfLoss, sourceDigest } from './source-digest';
import type { Role } from './study';

/** A run that the plan asks for. */
export interface PlannedRun {
  readonly id: string;
  readonly name: string;
  readonly config: RunConfig;
  readonly loss: Loss;
  readonly part: RunPart;
  readonly initial: InitialStateOf;
}

/** A run of a teacher that the plan gives: its predictions are made, and nothing is trained. */
export interface GivenRun extends Pick<PlannedRun, 'id' | 'name' | 'part'> {
  readonly config: GivenConfig;
}

/** Which of the runs with one part in the study: by default that of the first seed and of the first student. */
export interface RunChoice {
  readonly seed?: number;
  readonly student?: string;
}

/** What the runs share beside the plan. */
export interface PlanningContext {
  readonly plan: StudyPlan;
  /** Digests, SHA-256 in hexadecimal. */
  readonly corpus: string;
  /** Of text without labels; `null` where there is none. */
  readonly unlabelled: string | null;
  readonly tokenizer: Pick<WordTokenizer, 'definition' | 'vocabularySize' | 'special'>;
  readonly tags: readonly string[];
  readonly engine: string;
  readonly states: InitialStates;
  /** In place of the plan's teacher, which is trained. */
  readonly given: GivenTeacher | null;
}

export class RunPlanner {
  /** The teacher that is given; `null` where it is trained. One for all seeds. */
  readonly given: GivenRun | null;

  constructor(private readonly context: PlanningContext) {
    this.given = context.given && this.describeGiven(context.given);
  }

  /** The teacher that is trained. */
  teacher({ seed = this.plan.seeds[0] }: RunChoice = {}): PlannedRun {
    return this.describe({
      role: 'teacher',
      name: 'teacher',
      model: this.plan.teacher,
      student: null,
      loss: crossEntropyLoss(),
      seed,
    });
  }

  control(choice: RunChoice = {}): PlannedRun {
    return this.ofStudent('control', 'student without teacher', crossEntropyLoss(), choice);
  }

  vanilla(choice: RunChoice = {}): PlannedRun {
    const { alpha, temperature } = this.plan.distillation;
    return this.ofStudent('vanilla', 'vanilla', vanillaDistillation({ alpha, temperature }), choice);
  }

  /** β = 0 is vanilla in every form, and the same run. */
  constrained(form: string, beta: number, choice: RunChoice = {}): PlannedRun {
    if (beta === 0) return this.vanilla(choice);
    const kind = SWEPT_LOSSES.find(({ lossName }) => lossName === form);
    if (!kind)
      throw new InputError(
        `there is no loss "${form}" with a weight β, expected one of ${SWEPT_LOSSES.map(({ lossName }) => `"${lossName}"`).join(', ')}`,
      );
    const { alpha, temperature, kappa } = this.plan.distillation;
    const loss = lossWith(kind, { alpha, temperature, kappa, beta });
    return this.ofStudent('constrained', `constrained (${form}, β = ${beta})`, loss, choice);
  }

  /**
   * A student of any loss. One that the plan has is the plan's.
   * @throws InputError where a loss of one's own has the name of one of the library
   */
  distilled(loss: Loss, choice: RunChoice = {}): PlannedRun {
    if (lossKind(loss.name) && 'text' in loss.origin)
      throw new InputError(`the library has a loss "${loss.name}" already: give your own another name`);
    const run = this.ofStudent('distilled', `distilled (${this.labelOf(loss)})`, loss, choice);
    return this.all().find(({ id }) => id === run.id) ?? run;
  }

  /** Every run of the plan that is trained: seed after seed, student after student. */
  all(): PlannedRun[] {
    this.planned ??= this.describeAll();
    return [...this.planned];
  }

  private planned?: readonly PlannedRun[];
  private describeAll(): PlannedRun[] {
    const { seeds, students, distillation } = this.plan;
    const swept = distillation.forms.flatMap(form =>
      distillation.betas.filter(beta => beta > 0).map(beta => ({ form, beta })),
    );
    return seeds.flatMap(seed => [
      ...(this.given ? [] : [this.teacher({ seed })]),
      ...students.flatMap(({ name: student, sweep }) => [
        this.control({ seed, student }),
        this.vanilla({ seed, student }),
        ...(sweep ? swept.map(({ form, beta }) => this.constrained(form, beta, { seed, student })) : []),
      ]),
    ]);
  }

  /** Every run of the plan: a teacher that is given and can be scored, and those that are trained. */
  asked(): (GivenRun | PlannedRun)[] {
    return [...(this.scored ? [this.scored] : []), ...this.all()];
  }

  /** The run of the teacher that is given; `null` where one is trained, or where it says nothing that can be scored. */
  get scored(): GivenRun | null {
    return this.context.given?.isScored ? this.given : null;
  }

  /** Ids of the runs that must be there before this one is made: its teacher, where it has one that is a run. */
  needsOf(run: PlannedRun | GivenRun): string[] {
    const teacher = 'initial' in run ? (run.config.teacher ?? run.initial.teacher?.id) : null;
    const isNone = !teacher || (teacher === this.given?.id && !this.scored);
    return isNone ? [] : [teacher];
  }

  /**
   * The run of the plan whose id begins so.
   * @throws InputError where there is none, or more than one
   */
  find(prefix: string): PlannedRun | GivenRun {
    const found = new Map(
      this.asked().flatMap(run => (prefix !== '' && run.id.startsWith(prefix) ? [[run.id, run]] : [])),
    );
    if (found.size === 1) return [...found.values()][0];
    throw new InputError(
      found.size === 0
        ? `the plan has no run "${prefix}"; "reproduce --list-runs" with the same plan shows those that it has`
        : `"${prefix}" is the beginning of ${found.size} runs, ${listedBriefly([...found.keys()])}; expected that of one`,
    );
  }

  private get plan(): StudyPlan {
    return this.context.plan;
  }

  private ofStudent(role: Role, name: string, loss: Loss, choice: RunChoice): PlannedRun {
    const { students, seeds } = this.plan;
    const model =
      choice.student === undefined ? students[0] : students.find(({ name }) => name === choice.student);
    if (!model)
      throw new InputError(
        `the plan has no student "${choice.student}", expected one of ${listedBriefly(students.map(({ name }) => `"${name}"`))}`,
      );
    const full = model === students[0] ? name : `${name}, ${model.name}`;
    const seed = choice.seed ?? seeds[0];
    return this.describe({ role, name: full, model, student: model.name, loss, seed });
  }

  private describe(part: {
    role: Role;
    name: string;
    model: ModelPlan | StudentPlan;
    student: string | null;
    loss: Loss;
    seed: number;
  }): PlannedRun {
    const { plan, corpus, unlabelled, tokenizer, engine, states } = this.context;
    const { role, model, student, loss, seed } = part;
    if (!(Number.isInteger(seed) && seed >= 0 && seed <= MAX_SEED))
      throw new InputError(`seed: found ${seed}, expected a whole number from 0 to ${MAX_SEED}`);
    const isTaught = loss.teacher.length > 0;
    const needsTeacher = isTaught || model.initial === 'teacher-layers';
    const teacher = needsTeacher
      ? { id: (this.given ?? this.teacher({ seed })).id, layers: plan.teacher.layers }
      : null;
    const initial: InitialStateOf = {
      initial: model.initial,
      config: this.modelConfig(model),
      seed,
      teacher,
    };
    if (loss.teacher.includes('hidden')) this.checkWidths(loss, initial.config);
    const config: RunConfig = {
      loss: identityOfLoss(loss),
      // Their order bears on tables only.
      criticalTypes: loss.usesCritical ? [...plan.criticalTypes].sort() : null,
      corpus,
      // A run that learns nothing from text is the same run without it.
      ...(unlabelled !== null && loss.usesUnlabelled && { unlabelled }),
      tokenizer: sha256(tokenizer.definition),
      initialWeights: states.digestOf(initial),
      source: sourceDigest(initial.config.architecture),
      model: initial.config,
      maxLength: plan.maxLength,
      training: { ...trainingOf(plan, model, loss), seed },
      teacher: isTaught ? teacher!.id : null,
      engine,
    };
    const name = plan.seeds.length > 1 ? `${part.name}, seed ${seed}` : part.name;
    return {
      id: runId(config),
      name,
      config,
      loss,
      part: {
        name,
        role,
        student,
        form: role === 'constrained' ? loss.name : role === 'distilled' ? this.labelOf(loss) : null,
        beta: role === 'vanilla' ? 0 : (loss.settings.beta ?? null),
        criticalTypes: plan.criticalTypes,
      },
      initial,
    };
  }

  /** The loss as tables name it: one of the library with those of its settings that are not the plan's. */
  private labelOf(loss: Loss): string {
    const { alpha, temperature, kappa } = this.plan.distillation;
    return lossKind(loss.name) ? labelOf(loss, { alpha, temperature, kappa }) : loss.label;
  }

  private describeGiven({ kind, digest, model }: GivenTeacher): GivenRun {
    const { plan, corpus, tags, engine } = this.context;
    const source = givenDigest(model?.architecture ?? null);
    const config: GivenConfig = { given: kind, digest, corpus, tags, source, model, engine };
    const { criticalTypes } = plan;
    const none = { student: null, form: null, beta: null };
    return {
      id: runId(config),
      name: 'teacher',
      config,
      part: { name: 'teacher', role: 'teacher', ...none, criticalTypes },
    };
  }

  /** As it is trained, or given. */
  private configOfTeacher(): ModelConfig {
    return this.context.given?.model ?? this.modelConfig(this.plan.teacher);
  }

  private checkWidths({ name }: Loss, { hiddenSize }: ModelConfig): void {
    const { given } = this.context;
    if (given && given.model === null)
      throw new InputError(
        `the loss "${name}" compares hidden states, and ${GIVEN_KINDS[given.kind]} gives logits alone: expected another loss, or --teacher-model`,
      );
    const teacher = this.configOfTeacher();
    if (teacher.hiddenSize !== hiddenSize)
      throw new InputError(
        `the loss "${name}" compares hidden states: found a student of width ${hiddenSize}, expected the teacher's ${teacher.hiddenSize}`,
      );
  }

  private modelConfig(model: ModelPlan): ModelConfig {
    const { dropout, maxLength } = this.plan;
    const { tokenizer, tags } = this.context;
    const fixed = { dropout, attentionDropout: dropout, tags };
    if (typeof model.initial === 'object')
      return { ...openCheckpoint(model.initial.checkpoint).config, ...fixed };
    const { architecture, layers, hiddenSize, heads, intermediateSize } = model;
    const tables =
      model.initial === 'teacher-layers'
        ? this.configOfTeacher()
        : { vocabularySize: tokenizer.vocabularySize, maxPositions: maxLength };
    return {
      architecture,
      vocabularySize: tables.vocabularySize,
      hiddenSize,
      layers,
      heads,
      intermediateSize,
      maxPositions: tables.maxPositions,
      ...(ARCHITECTURES[architecture].positionsBehindPadding && { padId: tokenizer.special.pad }),
      ...fixed,
    };
  }
}

function trainingOf({ distillation }: StudyPlan, { training }: ModelPlan, loss: Loss): ModelPlan['training'] {
  const { from, learningRateFactor } = distillation.highBeta;
  const high = (loss.settings.beta ?? 0) >= from;
  return high ? { ...training, learningRate: training.learningRate * learningRateFactor } : training;
}
