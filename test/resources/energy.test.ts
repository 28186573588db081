/** Energy, with counters in a folder that looks like the kernel's and a clock that only the test advances. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  describeEnergy,
  EnergyMeter,
  estimateEnergy,
  measureEnergy,
  measureIdleWatts,
} from 'ner-distill/resources/energy';
import { describe, expect, it } from 'vitest';

/** Domains as `/sys/class/powercap` has them: zone → name. Each counter wraps round at 10 J. */
function fakePowercap(zones: Readonly<Record<string, string>>) {
  const powercap = mkdtempSync(join(tmpdir(), 'powercap-'));
  for (const [zone, name] of Object.entries(zones)) {
    mkdirSync(join(powercap, zone));
    writeFileSync(join(powercap, zone, 'name'), `${name}\n`);
    writeFileSync(join(powercap, zone, 'max_energy_range_uj'), '10000000\n');
    writeFileSync(join(powercap, zone, 'energy_uj'), '0\n');
  }
  const set = (zone: string, joules: number): void =>
    writeFileSync(join(powercap, zone, 'energy_uj'), `${joules * 1e6}\n`);
  return { powercap, set };
}

const SERVER = {
  'intel-rapl:0': 'package-0',
  'intel-rapl:0:0': 'core',
  'intel-rapl:0:1': 'dram',
  'intel-rapl:1': 'package-1',
  'intel-rapl:2': 'psys',
  'intel-rapl-mmio:0': 'package-0',
};

describe('energy', () => {
  it('is estimated as processor time times the stated power', () => {
    expect(estimateEnergy(10, 15)).toMatchObject({
      method: 'estimated',
      joules: 150,
      cpuSeconds: 10,
      wattsPerCore: 15,
    });
  });

  it('is that of all packages and their memory, and nothing is counted twice', async () => {
    const { powercap, set } = fakePowercap(SERVER);
    const work = async () => {
      for (const [i, zone] of Object.keys(SERVER).entries()) set(zone, 2 ** i);
    };
    const energy = await measureEnergy(work, { wattsPerCore: 15, powercap, idleWatts: 0 });
    // package-0: 1, dram: 4, package-1: 8.
    expect(energy).toMatchObject({
      method: 'measured',
      joules: 13,
      grossJoules: 13,
      domains: ['package-0', 'dram', 'package-1'],
    });
  });

  it('goes on across the wrap of a counter, as often as it is sampled', () => {
    const { powercap, set } = fakePowercap({ 'intel-rapl:0': 'package-0' });
    set('intel-rapl:0', 9);
    const meter = new EnergyMeter({ wattsPerCore: 15, powercap });
    for (const joules of [1.5, 8, 3]) {
      set('intel-rapl:0', joules);
      meter.sample();
    }
    // 9 → 11.5 → 18 → 23.
    expect(meter.stop()).toMatchObject({ method: 'measured', joules: 14 });
  });

  it('leaves out what was between a pause and what it goes on with', () => {
    const { powercap, set } = fakePowercap({ 'intel-rapl:0': 'package-0' });
    let time = 0;
    const at = (seconds: number, joules: number) => {
      time = 1000 * seconds;
      set('intel-rapl:0', joules);
    };
    const meter = new EnergyMeter({ wattsPerCore: 15, powercap, idleWatts: 1, now: () => time });
    at(2, 3);
    meter.pause();
    at(7, 8);
    meter.resume();
    at(8, 9);
    // 3 J in 2 s, then 1 J in 1 s, of which 3 J are the idle machine's.
    expect(meter.stop()).toMatchObject({ grossJoules: 4, seconds: 3, joules: 1 });
  });

  it('is what the work adds to idle power', async () => {
    const { powercap, set } = fakePowercap({ 'intel-rapl:0': 'package-0' });
    let time = 0;
    const options = { wattsPerCore: 15, powercap, now: () => time };
    const wait = async (seconds: number) => {
      time += 1000 * seconds;
      set('intel-rapl:0', 3 * seconds);
    };
    const idleWatts = await measureIdleWatts({ ...options, seconds: 2, wait });
    expect(idleWatts).toBe(3);
    const work = async () => {
      time += 500;
      set('intel-rapl:0', 6 + 5);
    };
    const energy = await measureEnergy(work, { ...options, idleWatts });
    expect(energy).toEqual({
      method: 'measured',
      joules: 5 - 3 * 0.5,
      grossJoules: 5,
      idleWatts: 3,
      seconds: 0.5,
      domains: ['package-0'],
    });
    expect(describeEnergy(energy)).toBe('measured (package-0, 3.0 W idle subtracted)');
  });

  it('is nothing, and says so, where the work drew less than the machine did before it', () => {
    const { powercap, set } = fakePowercap({ 'intel-rapl:0': 'package-0' });
    let time = 0;
    const meter = new EnergyMeter({ wattsPerCore: 15, powercap, idleWatts: 3, now: () => time });
    time = 2000;
    set('intel-rapl:0', 5);
    const energy = meter.stop();
    expect(energy).toMatchObject({ method: 'measured', joules: 0, grossJoules: 5, idleWatts: 3, seconds: 2 });
    expect(describeEnergy(energy)).toBe('measured (package-0, no more than the 3.0 W of the idle machine)');
  });

  const unreadable: [string, (powercap: string) => void, RegExp][] = [
    [
      'there are no counters',
      powercap => rmSync(powercap, { recursive: true }),
      /there are no energy counters/,
    ],
    [
      'a counter has no number',
      powercap => writeFileSync(join(powercap, 'intel-rapl:1', 'energy_uj'), 'busy'),
      /cannot be read .*intel-rapl:1\/energy_uj: found "busy", expected a number/,
    ],
    [
      // What a file is that one may not read, also for root: a folder.
      'one package of two cannot be read',
      powercap => {
        rmSync(join(powercap, 'intel-rapl:1', 'energy_uj'));
        mkdirSync(join(powercap, 'intel-rapl:1', 'energy_uj'));
      },
      /the energy counters cannot be read/,
    ],
  ];
  it.each(unreadable)('is estimated, and says why, where %s', async (_, spoil, reason) => {
    const { powercap } = fakePowercap(SERVER);
    spoil(powercap);
    expect(await measureIdleWatts({ wattsPerCore: 15, powercap })).toBe(0);
    const energy = await measureEnergy(async () => {}, { wattsPerCore: 15, powercap });
    expect(energy).toMatchObject({
      method: 'estimated',
      wattsPerCore: 15,
      reason: expect.stringMatching(reason),
    });
    expect(describeEnergy(energy)).toBe('estimated (processor time × 15 W a core)');
  });

  it('is estimated, and says so, where counters vanish in the middle', async () => {
    const { powercap } = fakePowercap(SERVER);
    const work = async () => rmSync(join(powercap, 'intel-rapl:1'), { recursive: true });
    const energy = await measureEnergy(work, { wattsPerCore: 15, powercap, idleWatts: 0 });
    expect(energy).toMatchObject({
      method: 'estimated',
      reason: expect.stringContaining('the energy counters ceased to be readable'),
    });
  });
});
