/**
 * Energy of a piece of work: measured with the processor's own counters (Intel RAPL) where the system lets us read them,
 * else estimated from processor time and a stated power. The result says which.
 */
import { readFileSync } from 'node:fs';

export type Energy =
  | {
      readonly method: 'measured';
      readonly joules: number;
      /** Where the counters stand. They count the whole package: this work and all else that ran meanwhile. */
      readonly source: string;
    }
  | {
      readonly method: 'estimated';
      readonly joules: number;
      /** Seconds of processor time, over all cores. */
      readonly cpuSeconds: number;
      /** The power that one busy core is assumed to draw, in watts. */
      readonly wattsPerCore: number;
    };

/** Processor time times power: a proxy, good for ratios between models on one machine and for nothing else. */
export function estimateEnergy(cpuSeconds: number, wattsPerCore: number): Energy {
  return { method: 'estimated', joules: cpuSeconds * wattsPerCore, cpuSeconds, wattsPerCore };
}

/** The counters of the first processor package; readable by root only on most systems since 2020 (CVE-2020-8694). */
const RAPL = '/sys/class/powercap/intel-rapl:0';

/**
 * Runs the work and gives its energy.
 * @param wattsPerCore for the estimate, in watts; there is no default because no one number is honest.
 * @param rapl folder of the counters.
 */
export async function measureEnergy(
  work: () => Promise<void>,
  wattsPerCore: number,
  rapl = RAPL,
): Promise<Energy> {
  const microjoules = readCounter(`${rapl}/energy_uj`);
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const after = readCounter(`${rapl}/energy_uj`);
  if (microjoules === null || after === null) return estimateEnergy((user + system) / 1e6, wattsPerCore);
  // The counter wraps round at its range.
  const range = readCounter(`${rapl}/max_energy_range_uj`) ?? 0;
  const used = after >= microjoules ? after - microjoules : after + range - microjoules;
  return { method: 'measured', joules: used / 1e6, source: rapl };
}

function readCounter(path: string): number | null {
  try {
    const value = Number(readFileSync(path, 'utf8'));
    return Number.isFinite(value) ? value : null;
  } catch {
    return null;
  }
}
