/** The architectures, by the `model_type` of their `config.json`. */
import { bert } from './bert';
import { distilbert } from './distilbert';
import { roberta } from './roberta';

export const ARCHITECTURES = { bert, distilbert, roberta } as const;

export type Architecture = keyof typeof ARCHITECTURES;

export function isArchitecture(name: unknown): name is Architecture {
  return typeof name === 'string' && Object.hasOwn(ARCHITECTURES, name);
}
