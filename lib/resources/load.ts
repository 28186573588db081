/**
 * What else the machine did during a measurement: time that a hypervisor took away (steal) and cores that other
 * processes used. A latency that was taken beside other work says little about the model.
 */
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { sum } from 'd3-array';

export interface MachineLoad {
  /** Load average over a minute, before and after; it remembers what was before, such as a training. */
  readonly loadAverageBefore: number;
  readonly loadAverageAfter: number;
  /** Share of the processors' time that went to other virtual machines, 0–1; `null` where the system does not tell. */
  readonly steal: number | null;
  /** Cores that were busy with other processes, on average. */
  readonly othersCores: number;
  readonly quiet: boolean;
}

/** A hundredth lost to other virtual machines is about what differs between repeats on a quiet machine. */
const QUIET_STEAL = 0.01;
/** A desktop at rest uses about a tenth of a core; a quarter is a program at work. */
const QUIET_OTHERS_CORES = 0.25;

/** How often models are measured at most where the machine is never quiet. */
export const MOST_SESSIONS = 3;

/** Processor time of all cores since the machine started, in units of which only ratios are used. */
export interface ProcessorTimes {
  readonly busy: number;
  readonly total: number;
  readonly steal: number | null;
  readonly cores: number;
}

/** Begins to watch; the function that is returned ends it. */
export function watchLoad(): () => MachineLoad {
  const [loadAverageBefore] = loadavg();
  const before = readProcessorTimes();
  const cpu = process.cpuUsage();
  const start = performance.now();
  return () => {
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const used = loadBetween(before, readProcessorTimes(), (user + system) / 1e6 / seconds);
    return { loadAverageBefore, loadAverageAfter: loadavg()[0], ...used };
  };
}

/** @param ownCores cores that this process itself kept busy, on average. */
export function loadBetween(
  before: ProcessorTimes,
  after: ProcessorTimes,
  ownCores: number,
): Pick<MachineLoad, 'steal' | 'othersCores' | 'quiet'> {
  const total = after.total - before.total;
  const share = (value: number) => (total > 0 ? value / total : 0);
  const steal =
    before.steal === null || after.steal === null ? null : Math.max(0, share(after.steal - before.steal));
  const othersCores = Math.max(0, share(after.busy - before.busy) * after.cores - ownCores);
  return { steal, othersCores, quiet: disturbanceOf({ steal, othersCores }) <= 1 };
}

/** How much a measurement was disturbed, in parts of what a quiet machine may do. */
export function disturbanceOf({ steal, othersCores }: Pick<MachineLoad, 'steal' | 'othersCores'>): number {
  return Math.max((steal ?? 0) / QUIET_STEAL, othersCores / QUIET_OTHERS_CORES);
}

/** In words, for a line under a table: what disturbed, or that nothing did. */
export function describeLoad({ steal, othersCores, quiet }: MachineLoad): string {
  const stolen =
    steal === null ? '' : `, ${(100 * steal).toFixed(1)} % of time stolen by other virtual machines`;
  return `${quiet ? 'the machine was quiet' : 'the machine was NOT quiet'} (${othersCores.toFixed(2)} cores busy with other processes${stolen})`;
}

/** For a report: by how much measurements were disturbed; nothing where none was. */
export function describeDisturbance(loads: readonly MachineLoad[]): string | null {
  const loud = loads.filter(({ quiet }) => !quiet);
  if (loud.length === 0) return null;
  const cores = Math.max(...loud.map(({ othersCores }) => othersCores));
  const steal = Math.max(...loud.map(load => load.steal ?? 0));
  return `While latencies were measured the machine was not quiet: up to ${cores.toFixed(1)} cores were busy with other processes and up to ${(100 * steal).toFixed(0)} % of time went to other virtual machines. The next notebook or command that asks measures again, up to ${MOST_SESSIONS} times in all; to begin anew, remove the folder "latency" beside "runs".`;
}

function readProcessorTimes(): ProcessorTimes {
  try {
    return parseProcStat(readFileSync('/proc/stat', 'utf8'));
  } catch {
    const times = cpus().map(cpu => cpu.times);
    const total = sum(times, time => sum(Object.values(time)));
    return { busy: total - sum(times, ({ idle }) => idle), total, steal: null, cores: times.length };
  }
}

/** The text of `/proc/stat` (proc_stat(5)): time of all processors in ticks. Guests' time is part of `user`. */
export function parseProcStat(text: string): ProcessorTimes {
  const lines = text.split('\n');
  const [, ...fields] = lines[0].trim().split(/\s+/);
  const [user, nice, system, idle, iowait = 0, irq = 0, softirq = 0, steal] = fields.map(Number);
  const busy = user + nice + system + irq + softirq;
  return {
    busy,
    total: busy + idle + iowait + (steal ?? 0),
    steal: steal ?? null,
    cores: lines.filter(line => /^cpu\d/.test(line)).length,
  };
}
