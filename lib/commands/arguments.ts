/** What the options of commands take: each parser gives a value or one sentence that says what was expected. */
import { InvalidArgumentError, Option } from 'commander';
import { tagNamesOf } from '../corpus/tag-names';
import { SCHEMES, type Scheme } from '../corpus/tags';
import { DEFAULT_PRECISION, PRECISIONS } from '../inference/precision';
import { lazily, type Offering } from './lazily';

export function list(text: string): string[] {
  return text.split(',').map(item => item.trim());
}

export function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}

export function wholeNumber(text: string): number {
  const value = decimal(text);
  if (!Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('Expected a whole number, 0 or more.');
  return value;
}

/** Of things of which there must be one. */
export function positive(text: string): number {
  const value = decimal(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('Expected a whole number, 1 or more.');
  return value;
}

/** Of a whole, both ends included: a bound on a score. */
export function fraction(text: string): number {
  const value = decimal(text);
  if (value < 0 || value > 1) throw new InvalidArgumentError('Expected a fraction from 0 to 1.');
  return value;
}

/** Of an interval: at 0 it would be empty, at 1 without end. */
export function confidence(text: string): number {
  const value = decimal(text);
  if (value <= 0 || value >= 1) throw new InvalidArgumentError('Expected a number between 0 and 1.');
  return value;
}

export function numbers(text: string): number[] {
  return list(text).map(decimal);
}

export function wholeNumbers(text: string): number[] {
  return list(text).map(wholeNumber);
}

/** `3` is the seeds 1, 2 and 3; a list is the seeds themselves. */
export function seeds(text: string): number[] {
  const given = wholeNumbers(text);
  if (given.length > 1) return given;
  if (given[0] < 1 || given[0] > MAX_SEEDS)
    throw new InvalidArgumentError(`Expected a number from 1 to ${MAX_SEEDS}, or a list of seeds.`);
  return Array.from({ length: given[0] }, (_, i) => i + 1);
}

/** More repetitions than anyone waits for; a single seed of a higher number is given by --seed. */
const MAX_SEEDS = 100;

export function oneOf<T extends string>(allowed: readonly T[]): Parser<T> {
  return offering(allowed, text => {
    const found = allowed.find(each => each === text);
    if (found === undefined) throw new InvalidArgumentError(`Expected one of ${allowed.join(', ')}.`);
    return found;
  });
}

type Parser<T> = ((text: string) => T) & Offering;

function offering<T>(values: readonly string[], parse: (text: string) => T): Parser<T> {
  return Object.assign(parse, { values });
}

/** A list of such. */
export function someOf<T extends string>(allowed: readonly T[]): Parser<T[]> {
  return offering(allowed, text => list(text).map(oneOf(allowed)));
}

const ALIASES: Readonly<Record<string, Scheme>> = { BIO: 'IOB2', BIOES: 'IOBES' };

/** A scheme by any of its names, in capitals or not. */
export const scheme = offering([...SCHEMES, ...Object.keys(ALIASES)], (text): Scheme => {
  const name = text.toUpperCase();
  return ALIASES[name] ?? oneOf(SCHEMES)(name);
});

/** The name of an engine, which is checked where one is opened. */
export const engine = lazily(() => offering(require('../engine/select').ENGINE_NAMES, name => name));

/** That of a preset, which is checked with the rest of the plan. */
export const preset = lazily(() => offering(require('../experiment/plan-schema').PRESETS, name => name));

/** Names of tags in their order: a list or a file. */
export function tags(text: string): string[] {
  try {
    return tagNamesOf(text);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
}

/** The number of a column or its name. */
export function column(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** In which numbers a model is run. */
export function precisionOption(): Option {
  return new Option(
    '--precision <precision>',
    'of the numbers: fp32, or int8, which the onnx engine has (a quarter of the memory, faster, nearly the same entities)',
  )
    .choices(PRECISIONS)
    .default(DEFAULT_PRECISION);
}
