/**
 * Energy of a piece of work: measured with the processor's own counters (RAPL) where the system lets us read them, else
 * estimated from processor time and a stated power. The result says which, and from what.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface MeasuredEnergy {
  readonly method: 'measured';
  /** Above what the machine draws when idle: `grossJoules − idleWatts · seconds`, or 0 where that is less. */
  readonly joules: number;
  /** All that the counters counted: this work and whatever else ran meanwhile. */
  readonly grossJoules: number;
  /** Power before the work, in watts; 0 where it was not measured. */
  readonly idleWatts: number;
  /** Wall-clock time of the work. */
  readonly seconds: number;
  /** Names of the domains that were added up, such as `package-0` and `dram`. */
  readonly domains: readonly string[];
}

export interface EstimatedEnergy {
  readonly method: 'estimated';
  readonly joules: number;
  /** Seconds of processor time, over all cores. */
  readonly cpuSeconds: number;
  /** The power that one busy core is assumed to draw, in watts. */
  readonly wattsPerCore: number;
  /** Why it was not measured. */
  readonly reason: string;
}

export type Energy = MeasuredEnergy | EstimatedEnergy;

/** Processor time times power: a proxy, good for ratios between models on one machine and for nothing else. */
export function estimateEnergy(
  cpuSeconds: number,
  wattsPerCore: number,
  reason = 'asked for an estimate',
): EstimatedEnergy {
  return { method: 'estimated', joules: cpuSeconds * wattsPerCore, cpuSeconds, wattsPerCore, reason };
}

/**
 * `measured (package-0 + dram, 3.1 W idle subtracted)`, where nothing is left of it `measured (package-0, no more than the
 * 3.1 W of the idle machine)`, or `estimated (processor time × 10 W a core)`.
 */
export function describeEnergy(energy: Energy): string {
  if (energy.method === 'estimated') return `estimated (processor time × ${energy.wattsPerCore} W a core)`;
  const { domains, idleWatts, joules } = energy;
  const idle = `${idleWatts.toFixed(1)} W`;
  const above =
    idleWatts > 0 && joules === 0
      ? `no more than the ${idle} of the idle machine`
      : `${idle} idle subtracted`;
  return `measured (${domains.join(' + ')}, ${above})`;
}

/** Where Linux has the counters; readable by root only on most systems since 2020 (CVE-2020-8694). */
const POWERCAP = '/sys/class/powercap';
/** The time over which idle power is taken. */
const IDLE_SECONDS = 1;

export interface MeterOptions {
  /** For the estimate, in watts; there is no default because no one number is honest. */
  readonly wattsPerCore: number;
  /** Folder of the counters; default `/sys/class/powercap`. */
  readonly powercap?: string;
  /** What is subtracted from measured power, as `measureIdleWatts` gives it; default 0. */
  readonly idleWatts?: number;
  /** A clock in milliseconds that never goes back; default `performance.now`. */
  readonly now?: () => number;
}

/**
 * Reads counters from its making to `stop`, but for pauses. Where they cannot be read, at any time, the result is an estimate.
 */
export class EnergyMeter {
  private readonly rapl: RaplCounter | string;
  private cpu = process.cpuUsage();
  private cpuMicroseconds = 0;
  private start = 0;
  private milliseconds = 0;
  private isRunning = true;

  constructor(private readonly options: MeterOptions) {
    this.rapl = openRapl(options.powercap ?? POWERCAP);
    this.start = this.now();
  }

  /** To be called at least once a minute: a counter that wraps round twice in between loses a round. */
  sample(): void {
    if (typeof this.rapl !== 'string' && this.isRunning) this.rapl.sample();
  }

  /** What happens until `resume` is not counted. */
  pause(): void {
    if (!this.isRunning) return;
    this.milliseconds += this.now() - this.start;
    const { user, system } = process.cpuUsage(this.cpu);
    this.cpuMicroseconds += user + system;
    this.sample();
    this.isRunning = false;
  }

  resume(): void {
    if (typeof this.rapl !== 'string') this.rapl.skip();
    this.isRunning = true;
    this.cpu = process.cpuUsage();
    this.start = this.now();
  }

  stop(): Energy {
    this.pause();
    const seconds = this.milliseconds / 1000;
    const { rapl } = this;
    const { wattsPerCore, idleWatts = 0 } = this.options;
    const failure = typeof rapl === 'string' ? rapl : rapl.failure;
    if (typeof rapl === 'string' || failure !== null)
      return estimateEnergy(this.cpuMicroseconds / 1e6, wattsPerCore, failure ?? '');
    const grossJoules = rapl.microjoules / 1e6;
    return {
      method: 'measured',
      joules: Math.max(0, grossJoules - idleWatts * seconds),
      grossJoules,
      idleWatts,
      seconds,
      domains: rapl.domains,
    };
  }

  private now(): number {
    return (this.options.now ?? (() => performance.now()))();
  }
}

/**
 * Power that the machine draws while this process waits for so many seconds; 0 at once where there are no counters.
 * @param wait default a timer.
 */
export async function measureIdleWatts(
  options: MeterOptions & {
    readonly seconds?: number;
    readonly wait?: (seconds: number) => Promise<unknown>;
  },
): Promise<number> {
  const { powercap = POWERCAP, seconds = IDLE_SECONDS, wait = s => delay(1000 * s) } = options;
  if (typeof openRapl(powercap) === 'string') return 0;
  const meter = new EnergyMeter({ ...options, idleWatts: 0 });
  await wait(seconds);
  const energy = meter.stop();
  return energy.method === 'measured' ? energy.joules / energy.seconds : 0;
}

/** Measures idle power for a second where that can be done, then runs the work and gives its energy. */
export async function measureEnergy(work: () => Promise<void>, options: MeterOptions): Promise<Energy> {
  const meter = new EnergyMeter({
    ...options,
    idleWatts: options.idleWatts ?? (await measureIdleWatts(options)),
  });
  await work();
  return meter.stop();
}

interface Domain {
  readonly name: string;
  readonly folder: string;
  /** Where the counter wraps round, in microjoules. */
  readonly range: number;
}

/** Adds up what the counters of some domains advance, also across their wrap. */
class RaplCounter {
  microjoules = 0;
  /** Why the counters cannot be read any more. */
  failure: string | null = null;
  private last: number[];

  constructor(private readonly rapl: readonly Domain[]) {
    this.last = rapl.map(readEnergy);
  }

  get domains(): string[] {
    return this.rapl.map(({ name }) => name);
  }

  sample(): void {
    this.read(next =>
      next.forEach((value, i) => {
        const advance = value - this.last[i];
        this.microjoules += advance >= 0 ? advance : advance + this.rapl[i].range;
      }),
    );
  }

  /** Goes on from here, without what was since the last sample. */
  skip(): void {
    this.read(() => {});
  }

  private read(add: (next: readonly number[]) => void): void {
    if (this.failure !== null) return;
    try {
      const next = this.rapl.map(readEnergy);
      add(next);
      this.last = next;
    } catch (error) {
      this.failure = `the energy counters ceased to be readable (${(error as Error).message})`;
    }
  }
}

/**
 * The counters of every processor package, and of the memory beside it where the processor counts that (`dram` is a
 * subdomain in sysfs but not part of the package's energy). `psys` would count packages twice.
 * @returns a sentence where there are none or one cannot be read.
 */
function openRapl(powercap: string): RaplCounter | string {
  try {
    const zones = readdirSync(powercap).filter(zone => /^intel-rapl:\d+(:\d+)?$/.test(zone));
    const domains = zones.sort().flatMap(zone => {
      const folder = join(powercap, zone);
      const name = readFileSync(join(folder, 'name'), 'utf8').trim();
      if (!/^(package-\d+|dram)$/.test(name)) return [];
      return [{ name, folder, range: Number(readFileSync(join(folder, 'max_energy_range_uj'), 'utf8')) }];
    });
    if (domains.length === 0) return `there are no energy counters in ${powercap}`;
    return new RaplCounter(domains);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? `there are no energy counters in ${powercap}`
      : `the energy counters cannot be read (${message})`;
  }
}

function readEnergy({ folder }: Domain): number {
  const text = readFileSync(join(folder, 'energy_uj'), 'utf8').trim();
  if (!/^\d+$/.test(text))
    throw new Error(`${join(folder, 'energy_uj')}: found "${text}", expected a number`);
  return Number(text);
}
