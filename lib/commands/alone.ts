/** Options that mean nothing as they are given, which is a mistake of somebody who means something. */
import { InputError } from '../errors';

/** @throws InputError where an option is given without the one that it belongs to */
export function checkAlone(given: boolean, option: string, other: string): void {
  if (given) throw new InputError(`${option} says nothing alone: expected ${other} with it`);
}

/** @throws InputError where an option is given beside one that leaves nothing for it to say */
export function checkBeside(given: boolean, option: string, other: string): void {
  if (given) throw new InputError(`${option} says nothing beside ${other}: expected one of them`);
}
