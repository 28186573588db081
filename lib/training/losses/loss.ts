/**
 * What a loss is: its formula in three forms. On plain numbers, for reading and for toys; as a program of tensors, which
 * is what trains; and as a value with its settings, which a plan names and a run's id covers. A file of this folder has one
 * loss; `index.ts` lists them. One of your own may stand in a cell: `study.distil({ loss })`.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Arrays, NumericArray, Tensors } from '../../engine/engine';
import { InputError } from '../../errors';
import { IGNORED, UNLABELLED } from '../../tokenization/align';

/** What a loss may ask of the teacher, at the first piece of each word: its logits, or the hidden states before them. */
export const TEACHER_SIGNALS = ['logits', 'hidden'] as const;
export type TeacherSignal = (typeof TEACHER_SIGNALS)[number];

/** A number that a loss takes: its default, and what it may be (from `least`, above `above`, to `most`). */
export interface Setting {
  readonly default: number;
  readonly least?: number;
  readonly above?: number;
  readonly most?: number;
}

/** A token on plain numbers, labelled but in text without labels. */
export interface LabelledToken {
  /** z, one a class. */
  readonly logits: readonly number[];
  /** y, the index of the true class; `UNLABELLED` where there is none. */
  readonly label: number;
  /** Whether the true class is `B-` or `I-` of a critical type; without a label, whether the teacher's most probable is. */
  readonly critical: boolean;
  readonly hidden?: readonly number[];
  /** z′, and the teacher's hidden state. */
  readonly teacher?: { readonly logits: readonly number[]; readonly hidden?: readonly number[] };
}

/**
 * A weighted mean over the tokens of a whole batch that it is taken of, however that is padded and cut into parts:
 * Σ w · value / Σ w. Where `over` is given, a token has a value for each of its logits (or hidden units), and the mean is over
 * these too. It is 0 where no token weighs anything.
 */
export interface Mean<Names extends string = string> {
  readonly weight: (token: { readonly critical: boolean }, settings: Settings<Names>) => number;
  readonly over?: TeacherSignal;
  /**
   * Whether words without labels count as well, of which only the teacher says something; they are critical where its most
   * probable class is. Default: labelled tokens alone. A loss that has no such mean learns nothing from text.
   */
  readonly unlabelled?: boolean;
}
export type Settings<Names extends string = string> = Readonly<Record<Names, number>>;

/** Every labelled token alike. */
export const LABELLED = { weight: () => 1 } satisfies Mean;
/** Every token that the teacher says something of alike, in text without labels too. */
export const TAUGHT = { weight: () => 1, unlabelled: true } satisfies Mean;

/** What the program of a loss is made of. N tokens, C classes, D hidden units; what is no word counts in no mean. */
export interface LossInputs<MeanNames extends string = string> {
  /** z `[N, C]`. */
  readonly logits: Tensor2D;
  /** The last layer's output `[N, D]`. */
  readonly hidden: Tensor2D;
  /** The true classes, one-hot `[N, C]`; of no meaning where there is no label. */
  readonly gold: Tensor2D;
  /** What was asked of the teacher: logits `[N, C]`, hidden `[N, D]`. */
  readonly teacher: Readonly<Record<TeacherSignal, Tensor2D>>;
  /** The means that were declared, of values `[N]`, or `[N, C]` or `[N, D]` as `over` says. */
  readonly mean: Readonly<Record<MeanNames, (values: Tensor) => Scalar>>;
}

/** The names, which nothing is to be inferred of here (TypeScript 5.0, which checks cells, has no `NoInfer`). */
type Given<Names extends string> = [Names][Names extends unknown ? 0 : never];

/** How a loss is written down. */
export interface LossDefinition<SettingNames extends string, MeanNames extends string> {
  /** By which plans, flags and tables know it. */
  readonly name: string;
  /** For legends, such as `logit matching on critical tokens`; default: the name. */
  readonly title?: string;
  /** One that is called `beta` is a dial, by which it can be swept; at 0 the loss must be `vanilla`. */
  readonly settings: Readonly<Record<SettingNames, Setting>>;
  /** What it needs of the teacher; none for a loss without one. */
  readonly teacher: readonly TeacherSignal[];
  readonly means: Readonly<Record<MeanNames, Mean<Given<SettingNames>>>>;
  /** The loss of the tokens of a batch, on plain numbers. */
  readonly scalar: (tokens: readonly LabelledToken[], settings: Settings<SettingNames>) => number;
  /**
   * The loss as a program: `loss`, and the terms that it is made of, which `history.csv` keeps under their names. It must
   * not read values (see `Program`), and be a sum of its means times numbers: where a batch is computed in parts
   * (`--accumulation`), the parts' losses are added up.
   */
  readonly program: (
    inputs: LossInputs<MeanNames>,
    settings: Settings<SettingNames>,
  ) => { readonly loss: Tensor } & Tensors;
  /** The source file of a loss of the library (`__filename`); one's own is known by the text of its functions. */
  readonly file?: string;
}

/** A loss with its settings, ready to train. */
export interface Loss {
  readonly name: string;
  readonly title: string;
  readonly settings: Settings;
  readonly teacher: readonly TeacherSignal[];
  /** Whether it matters which tokens are critical. */
  readonly usesCritical: boolean;
  /** Whether it learns from text without labels. */
  readonly usesUnlabelled: boolean;
  readonly origin: LossOrigin;
  /** The name with the settings that are not the defaults: `reverse KL (alpha 0.3)`. */
  readonly label: string;
  readonly means: ReadonlyMap<string, MeanOfLoss>;
  scalar(tokens: readonly LabelledToken[]): number;
  program(inputs: LossInputs): Tensors;
}

/** A mean with the weights that it gives. */
export interface MeanOfLoss extends Pick<Mean, 'over' | 'unlabelled'> {
  readonly weights: readonly [other: number, critical: number];
}

/** Where the source of a loss stands: a file of the library, or here. */
export type LossOrigin = { readonly file: string } | { readonly text: string };

/** Makes a loss of settings; those that are not given are the defaults. */
export interface LossKind<SettingNames extends string = string> {
  (settings?: Partial<Settings<SettingNames>>): Loss;
  readonly lossName: string;
  readonly title: string;
  readonly settings: Readonly<Record<SettingNames, Setting>>;
}

/**
 * A loss of a definition.
 * @throws InputError, when a loss is made of it, for a setting that it does not have or that is out of its bounds, and
 * for a weight that is negative or no number
 */
export function defineLoss<SettingNames extends string, MeanNames extends string>(
  definition: LossDefinition<SettingNames, MeanNames>,
): LossKind<SettingNames> {
  const { name, title = name, teacher, file } = definition;
  const make = (given: Partial<Settings<SettingNames>> = {}): Loss => {
    const settings = settingsOf(definition, given);
    const means = Object.entries<Mean<SettingNames>>(definition.means).map(([mean, { weight, ...rest }]) => {
      const [other, critical] = [false, true].map(isCritical => weight({ critical: isCritical }, settings));
      const wrong = [other, critical].find(each => !(Number.isFinite(each) && each >= 0));
      if (wrong !== undefined)
        throw new InputError(
          `the mean "${mean}" of the loss "${name}": found a weight of ${wrong}, expected a number from 0 on`,
        );
      if (rest.unlabelled && other !== critical && !teacher.includes('logits'))
        throw new InputError(
          `the mean "${mean}" of the loss "${name}" weighs critical words of text without labels by what the teacher finds: expected "logits" among what the loss asks of the teacher`,
        );
      return [mean, { ...rest, weights: [other, critical] as const }] as const;
    });
    return {
      name,
      title,
      settings,
      teacher,
      usesCritical: means.some(([, { weights }]) => weights[0] !== weights[1]),
      usesUnlabelled: means.some(([, { unlabelled }]) => unlabelled),
      origin: file === undefined ? { text: textOf(definition) } : { file },
      label: labelOf({ name, settings }, defaultsOf(definition)),
      means: new Map(means),
      scalar: tokens => definition.scalar(tokens, settings),
      program: inputs => definition.program(inputs as LossInputs<MeanNames>, settings),
    };
  };
  return Object.assign(make, { lossName: name, title, settings: definition.settings });
}

function settingsOf<Names extends string>(
  { name, settings }: Pick<LossDefinition<Names, string>, 'name' | 'settings'>,
  given: Partial<Settings<Names>>,
): Settings<Names> {
  const known = Object.entries<Setting>(settings);
  const unknown = Object.keys(given).find(setting => !(setting in settings));
  if (unknown !== undefined)
    throw new InputError(
      `the loss "${name}" has no setting "${unknown}", expected one of ${known.map(([setting]) => setting).join(', ') || '(none)'}`,
    );
  const chosen = known.map(([setting, { default: usual, least, above, most }]): [string, number] => {
    const value = (given as Partial<Settings>)[setting] ?? usual;
    const fits =
      Number.isFinite(value) &&
      value >= (least ?? -Infinity) &&
      value > (above ?? -Infinity) &&
      value <= (most ?? Infinity);
    if (fits) return [setting, value];
    const bounds = [
      ...(least === undefined ? [] : [`from ${least}`]),
      ...(above === undefined ? [] : [`above ${above}`]),
      ...(most === undefined ? [] : [`to ${most}`]),
    ];
    throw new InputError(
      `the loss "${name}": found ${setting} ${value}, expected ${['a number', ...bounds].join(' ')}`,
    );
  });
  return Object.fromEntries(chosen) as Settings<Names>;
}

function defaultsOf({ settings }: { readonly settings: Readonly<Record<string, Setting>> }): Settings {
  return Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, setting.default]));
}

/** A loss's name with those of its settings that are not the usual ones: `reverse KL (alpha 0.3)`. */
export function labelOf({ name, settings }: Pick<Loss, 'name' | 'settings'>, usual: Settings): string {
  const changed = Object.entries(settings).filter(([setting, value]) => value !== usual[setting]);
  return changed.length === 0
    ? name
    : `${name} (${changed.map(([setting, value]) => `${setting} ${value}`).join(', ')})`;
}

/** All that a definition computes, as it is written; what its functions use from outside of themselves is not in it. */
function textOf<S extends string, M extends string>({
  means,
  scalar,
  program,
  teacher,
}: LossDefinition<S, M>): string {
  const weights = Object.entries<Mean<S>>(means).map(
    ([name, { weight, over, unlabelled }]) =>
      `${name} ${over ?? ''}${unlabelled ? ' unlabelled' : ''}: ${weight}`,
  );
  return [`teacher: ${teacher.join(', ')}`, ...weights, String(scalar), String(program)].join('\n');
}

/** Σ w · value / Σ w on plain numbers; 0 where nothing weighs anything. */
export function weightedMean(
  tokens: readonly LabelledToken[],
  value: (token: LabelledToken) => number,
  weight: (token: LabelledToken) => number = () => 1,
): number {
  const total = tokens.reduce((sum, token) => sum + weight(token), 0);
  return total === 0 ? 0 : tokens.reduce((sum, token) => sum + weight(token) * value(token), 0) / total;
}

/** Those of the tokens that have a label. */
export function labelled(tokens: readonly LabelledToken[]): LabelledToken[] {
  return tokens.filter(({ label }) => label !== UNLABELLED);
}

/** Mean of (x − y)² over the elements of two rows. */
export function meanSquare(x: readonly number[], y: readonly number[]): number {
  return x.reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0) / x.length;
}

// --------------------------------------------------------------------------------------------- from batches to programs

/** What a batch of N tokens is to be learnt from. */
export interface Targets {
  /** Gold labels `[N]`: `UNLABELLED` at the words of text without labels, `IGNORED` where there is no word. */
  readonly labels: Int32Array;
  /** Whether a class id is `B-` or `I-` of a critical type. */
  readonly critical: readonly boolean[];
  /** `[N, C]` and `[N, D]`, row by row: what the loss needs of the teacher. */
  readonly teacher?: Readonly<Partial<Record<TeacherSignal, NumericArray>>>;
}

/** Denominators of a loss's means, by their names: over the tokens of a whole effective batch that each is taken of. */
export type Totals = ReadonlyMap<string, number>;

/** Counts the denominators; those of the parts of one optimizer step are added up. */
export function totalsOf({ means }: Loss, targets: Targets): Totals {
  return new Map(
    [...means].map(([name, mean]) => [
      name,
      weightsOf(mean, targets).reduce((sum, weight) => sum + weight, 0),
    ]),
  );
}

/** What each token weighs in a mean `[N]`. */
function weightsOf({ weights, unlabelled }: MeanOfLoss, { labels, critical, teacher }: Targets): number[] {
  const [other] = weights;
  const isAlike = weights.every(weight => weight === other);
  return Array.from(labels, (label, token) => {
    if (label === IGNORED || (label === UNLABELLED && !unlabelled)) return 0;
    if (isAlike) return other;
    const known = label === UNLABELLED ? mostProbable(teacher!.logits!, token) : label;
    return weights[Number(critical[known])];
  });
}

/** The class with the highest of the logits `[N, C]` of a token. */
function mostProbable({ shape: [, classes], values }: NumericArray, token: number): number {
  const row = Array.from({ length: classes }, (_, label) => values[token * classes + label]);
  return row.indexOf(Math.max(...row));
}

/** Of two parts of one effective batch. */
export function addTotals(a: Totals, b: Totals): Totals {
  return new Map([...a].map(([name, total]) => [name, total + b.get(name)!]));
}

const weightsName = (mean: string): string => `weights of mean ${mean}`;
const teacherName = (signal: TeacherSignal): string => `teacher's ${signal}`;

/**
 * The data inputs of `lossOf` for one batch. All means become weighted sums here, so the result does not depend
 * on padding, nor on how an effective batch is cut.
 * @param width D, hidden units of the model; default: of the teacher, where it was asked for them
 */
export function lossData(
  { means, teacher, name }: Loss,
  targets: Targets,
  totals: Totals,
  width = targets.teacher?.hidden?.shape[1] ?? 0,
): Arrays {
  const { labels, critical, teacher: signals } = targets;
  const shape = [labels.length];
  const sizes = { logits: critical.length, hidden: width };
  const data: Record<string, NumericArray> = {
    labels: { shape, values: labels.map(label => Math.max(0, label)) },
  };
  for (const signal of teacher) {
    const array = signals?.[signal];
    if (!array) throw new Error(`the loss "${name}" needs the ${signal} of a teacher`);
    data[teacherName(signal)] = array;
  }
  for (const [name, mean] of means) {
    const total = totals.get(name)! * (mean.over ? sizes[mean.over] : 1);
    const values = Float32Array.from(weightsOf(mean, targets), weight => (weight === 0 ? 0 : weight / total));
    data[weightsName(name)] = { shape, values };
  }
  return data;
}

/** The columns of `history.csv` that are there for every loss, its own apart; terms stand behind them. */
const COLUMNS = ['step', 'epoch', 'learningRate', 'gradientNorm'];

/**
 * The loss of a model's outputs on a batch, and its terms, as tensors.
 * @throws InputError where the loss asks for what it did not declare, or gives what is no scalar
 */
export function lossOf(
  loss: Loss,
  { logits, hidden }: Pick<LossInputs, 'logits' | 'hidden'>,
  data: Tensors,
): Tensors {
  const outputs = { logits, hidden };
  const mean = Object.fromEntries(
    [...loss.means].map(([name, { over }]) => [
      name,
      (values: Tensor) => {
        const expected = over ? outputs[over].shape : [logits.shape[0]];
        if (String(values.shape) !== String(expected))
          throw new InputError(
            `the mean "${name}" of the loss "${loss.name}" is of values ${shown(expected)}, found ${shown(values.shape)}; "over" is for means over logits or hidden units, too`,
          );
        const ofTokens = over ? tf.sum(values, -1) : values;
        return tf.sum(tf.mul(ofTokens, data[weightsName(name)])) as Scalar;
      },
    ]),
  );
  // Whole numbers on some engines.
  const gold = tf.cast(tf.oneHot(data.labels as Tensor1D, logits.shape[1]), 'float32') as Tensor2D;
  const ofTeacher = (signal: TeacherSignal): Tensor2D => {
    if (!loss.teacher.includes(signal))
      throw new InputError(
        `the loss "${loss.name}" reads the teacher's ${signal}, which are not among what it asks of the teacher: ${loss.teacher.join(', ') || '(nothing)'}`,
      );
    return data[teacherName(signal)] as Tensor2D;
  };
  const teacher = {
    get logits() {
      return ofTeacher('logits');
    },
    get hidden() {
      return ofTeacher('hidden');
    },
  };
  return checked(loss.program({ logits, hidden, gold, teacher, mean }), loss);
}

/** What a program gives, where that is a loss and terms that `history.csv` can keep. */
function checked(outputs: Tensors | undefined, { name }: Loss): Tensors {
  if (outputs?.loss === undefined)
    throw new InputError(`the program of the loss "${name}" gives no "loss", expected a scalar tensor`);
  for (const [term, value] of Object.entries<unknown>(outputs)) {
    if (COLUMNS.includes(term) || /[",\r\n]/.test(term))
      throw new InputError(
        `the program of the loss "${name}" calls a term "${term}", expected a name other than ${COLUMNS.join(', ')} and without commas, quotes and line ends`,
      );
    const isTensor = value instanceof tf.Tensor;
    if (isTensor && value.size === 1 && value.dtype === 'float32') continue;
    const found = !isTensor
      ? value
      : value.size === 1
        ? `a tensor of ${value.dtype}`
        : `a tensor of shape ${shown(value.shape)}`;
    throw new InputError(
      `the program of the loss "${name}" gives as "${term}" ${found}, expected a scalar tensor of float32`,
    );
  }
  return outputs;
}

function shown(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
