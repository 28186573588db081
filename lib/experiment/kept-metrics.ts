/** Scores that are kept in a file beside the predictions from which they are derived, and can be derived again. */
import { existsSync } from 'node:fs';
import { InputError } from '../errors';
import { canonicalJson } from '../json';
import { derivation, type RunMetrics } from './metrics';
import { DamagedFileError, readSealedJson, writeSealedJson } from './sealed';

/** Where scores are kept, and of which files they are, so that those of others are none of theirs. */
export class KeptMetrics {
  constructor(
    private readonly file: string,
    private readonly of: string,
  ) {}

  /** `null` where there are none, or none that can be trusted. @param say gets what is wrong with them */
  read(say: (line: string) => void): RunMetrics | null {
    if (!existsSync(this.file)) return null;
    try {
      return readSealedJson<RunMetrics>(this.file, this.of);
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      say(`${error.message}: derived again from the predictions`);
      return null;
    }
  }

  /** Those that were read, where they hold for these types by the code that is here; else derived and kept, if possible. */
  orDerived(
    kept: RunMetrics | null,
    criticalTypes: readonly string[],
    derive: (criticalTypes: readonly string[]) => RunMetrics,
  ): RunMetrics {
    if (canonicalJson(kept?.derived ?? null) === canonicalJson(derivation(criticalTypes))) return kept!;
    const metrics = derive(criticalTypes);
    ifPossible(() => writeSealedJson(this.file, this.of, metrics));
    return metrics;
  }

  /** Derives them once more. @throws DamagedFileError where they are others */
  check(derive: (criticalTypes: readonly string[]) => RunMetrics): void {
    if (!existsSync(this.file)) return;
    const kept = readSealedJson<RunMetrics>(this.file, this.of);
    const derived = derive(kept.derived.criticalTypes);
    if (kept.derived.by === derived.derived.by && canonicalJson(kept) !== canonicalJson(derived))
      throw new DamagedFileError(this.file, 'the scores are not those of the predictions');
  }
}

/** Writes what can be made again. */
export function ifPossible(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
}
