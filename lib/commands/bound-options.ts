/** The bounds on scores that `select` and `gate` hold models against. */
import type { Command } from 'commander';
import type { ByMeasure } from '../evaluation/significance';
import { fraction } from './arguments';

/** Lowest scores that are acceptable, as fractions. */
export interface BoundFlags {
  readonly minCoverage?: number;
  readonly minF1Critical?: number;
  readonly minF1?: number;
}

export function addBoundOptions(command: Command): Command {
  return command
    .option('--min-coverage <fraction>', 'lowest Coverage, such as 0.92', fraction)
    .option('--min-f1-critical <fraction>', 'lowest F1 over the critical types', fraction)
    .option('--min-f1 <fraction>', 'lowest F1 over all types', fraction);
}

/** Those that were given. */
export function boundsOf({ minF1, minF1Critical, minCoverage }: BoundFlags): Partial<ByMeasure<number>> {
  return {
    ...(minF1 !== undefined && { f1: minF1 }),
    ...(minF1Critical !== undefined && { f1Critical: minF1Critical }),
    ...(minCoverage !== undefined && { coverage: minCoverage }),
  };
}
