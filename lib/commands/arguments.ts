/** What the options of commands take: each parser gives a value or one sentence that says what was expected. */
import { InvalidArgumentError } from 'commander';

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

export function numbers(text: string): number[] {
  return list(text).map(decimal);
}

export function oneOf<T extends string>(text: string, allowed: readonly T[]): T {
  if (!(allowed as readonly string[]).includes(text))
    throw new InvalidArgumentError(`Expected one of ${allowed.join(', ')}.`);
  return text as T;
}
