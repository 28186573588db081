/** `ner-distill reproduce`: the whole study by one command. */
import type { Command } from 'commander';
import { InputError } from '../errors';
import { addPlanOptions, type PlanFlags, planFromFlags } from './plan-options';

interface ReproduceFlags extends PlanFlags {
  readonly out: string;
  readonly dryRun: boolean;
}

export function addReproduce(program: Command): void {
  const command = program
    .command('reproduce')
    .description(
      "run the paper's study: train, distil, evaluate, execute the notebooks, write tables and figures",
    )
    .option('--out <folder>', 'where everything is written', 'results')
    .option('--dry-run', 'say what would be done and how long it would take, and stop', false);
  addPlanOptions(command).action(async ({ out, dryRun, ...flags }: ReproduceFlags) => {
    const { withoutRewrites } = require('../experiment/progress') as typeof import('../experiment/progress');
    const { reproduce } = require('../notebook/reproduce') as typeof import('../notebook/reproduce');
    const plan = planFromFlags(flags);
    const write = (text: string) => void process.stdout.write(text);
    await reproduce({
      plan,
      out,
      dryRun,
      signal: stopSignal(),
      print: process.stdout.isTTY ? write : withoutRewrites(write),
    });
  });
}

/** Aborted when the process is asked to stop; what was made stays, and the same command goes on. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(event, () => stop.abort(new InputError('stopped; the same command goes on from here')));
  return stop.signal;
}
