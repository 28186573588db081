/**
 * The command line: one file in `commands` declares the arguments of each command; its action, a file of `commands/actions`,
 * is loaded with what it needs when the command runs, so that `--help` answers at once.
 */
import { Command, CommanderError } from 'commander';
import { addCompare } from './commands/compare';
import { addConvert } from './commands/convert';
import { addDistill } from './commands/distill';
import { addDoctor } from './commands/doctor';
import { addErrors } from './commands/errors';
import { addEvaluate } from './commands/evaluate';
import { addExport } from './commands/export';
import { addGate } from './commands/gate';
import { addJupyter } from './commands/jupyter';
import { addLatency } from './commands/latency';
import { addPredict } from './commands/predict';
import { addReproduce } from './commands/reproduce';
import { addRuns } from './commands/runs';
import { addSelect } from './commands/select';
import { addTrain } from './commands/train';
import { InputError } from './errors';

/** Runs the command in `argv` (as `process.argv`). Sets the exit code: 0, or 1 with one sentence on the error stream. */
export async function main(argv: readonly string[]): Promise<void> {
  // The reader of our output may have read enough, as `head` does.
  process.stdout.on('error', error =>
    process.exit((error as NodeJS.ErrnoException).code === 'EPIPE' ? 0 : 1),
  );
  try {
    await program().parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    process.exitCode = 1;
    // Commander has printed its own sentence.
    if (!(error instanceof CommanderError)) process.stderr.write(explain(error));
  }
}

function program(): Command {
  const command = new Command('ner-distill')
    .description('Distil transformer NER models that keep the critical entities, and score them.')
    .version((require('./package.json') as { version: string }).version)
    .exitOverride();
  addReproduce(command);
  addTrain(command);
  addDistill(command);
  addRuns(command);
  addSelect(command);
  addGate(command);
  addLatency(command);
  addEvaluate(command);
  addCompare(command);
  addErrors(command);
  addConvert(command);
  addPredict(command);
  addExport(command);
  addJupyter(command);
  addDoctor(command);
  return command;
}

/** One sentence for a mistake of input; for anything else the message, and how to see more. */
function explain(error: unknown): string {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  if (error instanceof InputError) return `error: ${message}\n`;
  if (process.env.DEBUG) return `error: ${stack ?? message}\n`;
  return `error: ${message}\n(unexpected; set DEBUG=1 to see where)\n`;
}
