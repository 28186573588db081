/** The architectures, by the `model_type` of their `config.json`. */
import type { ArchitectureDefinition } from './architecture';
import { bert } from './bert';
import { distilbert } from './distilbert';
import { roberta } from './roberta';

export const ARCHITECTURES = {
  bert,
  distilbert,
  roberta,
} as const satisfies Readonly<Record<string, ArchitectureDefinition>>;

export type Architecture = keyof typeof ARCHITECTURES;

export function isArchitecture(name: unknown): name is Architecture {
  return typeof name === 'string' && Object.hasOwn(ARCHITECTURES, name);
}
