/** Parsers of options whose values the library names; loaded when such an option is given. */
import {
  FORMATS,
  type Format,
  INPUT_FORMATS,
  type InputFormat,
  OUTPUT_FORMATS,
  type OutputFormat,
} from '../../corpus/formats';
import { SCHEMES, type Scheme } from '../../corpus/tags';
import { oneOf } from '../arguments';

const ALIASES: Readonly<Record<string, Scheme>> = { BIO: 'IOB2', BIOES: 'IOBES' };

/** In capitals or not. */
export function schemeNamed(text: string): Scheme {
  const name = text.toUpperCase();
  return ALIASES[name] ?? oneOf(name, SCHEMES);
}

export function formatNamed(text: string): Format {
  return oneOf(text, FORMATS);
}

export function inputFormatNamed(text: string): InputFormat {
  return oneOf(text, INPUT_FORMATS);
}

export function outputFormatNamed(text: string): OutputFormat {
  return oneOf(text, OUTPUT_FORMATS);
}
