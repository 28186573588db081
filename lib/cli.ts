/** The command line. */
import { type Argument, Command, CommanderError, Help } from 'commander';
import { addCommands } from './commands';
import { setQuiet } from './commands/said';
import { InputError, mayDoLater, reasonOf } from './errors';
import { sentence } from './shown';

/** EX_TEMPFAIL of sysexits.h. */
const TRY_AGAIN = 75;

/**
 * Runs the command in `argv` (as `process.argv`). Sets the exit code: 0; 75 where the same may do later; 1 where it will not;
 * the latter two with one sentence on the error stream.
 */
export async function main(argv: readonly string[]): Promise<void> {
  listenToStreams();
  try {
    await program(argv.slice(2)).parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    process.exitCode = mayDoLater(error) ? TRY_AGAIN : 1;
    // Commander has printed its own sentence.
    if (!(error instanceof CommanderError)) process.stderr.write(explain(error));
  }
}

let listening = false;

/** What cannot be printed ends the command: with 0 where the reader has read enough, as `head` does. */
function listenToStreams(): void {
  if (listening) return;
  listening = true;
  process.stdout.on('error', error => {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0);
    process.stderr.write(
      explain(new InputError(`the standard output cannot be written (${reasonOf(error)})`)),
    );
    process.exit(mayDoLater(error) ? TRY_AGAIN : 1);
  });
  // Then there is nobody to tell.
  process.stderr.on('error', () => {});
}

function program(words: readonly string[]): Command {
  const command = new Command('ner-distill')
    .description('Distil transformer NER models that keep the critical entities, and score them.')
    .version((require('./package.json') as { version: string }).version)
    .option('--quiet', 'say nothing but results and errors', false)
    .configureHelp({ showGlobalOptions: true, subcommandTerm: termOf })
    .hook('preAction', (program, command) => {
      setQuiet(program.opts().quiet);
      refuseEmpty(command);
    })
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`${sentence(text.replace(/\n(?=\(Did you)/, ' '))}\n`),
    });
  addCommands(command, words);
  return command;
}

/** A command as a list shows it: of the program's by its name alone, since none of them is declared for that. */
function termOf(command: Command): string {
  const isOfProgram = command.parent !== null && command.parent.parent === null;
  return isOfProgram ? command.name() : new Help().subcommandTerm(command);
}

/** What a shell has to be completed, and what Jupyter gets. */
const MAY_BE_EMPTY = ['words', 'options'];

/** An empty name is a variable of the shell that was not set; as a folder it would be the one that the command runs in. */
function refuseEmpty(command: Command): void {
  const options = command.options.filter(option => command.getOptionValue(option.attributeName()) === '');
  const names = command.registeredArguments.filter((argument, i) => {
    const given = argument.variadic ? command.args.slice(i) : [command.args[i]];
    return given.includes('') && !MAY_BE_EMPTY.includes(argument.name());
  });
  const [empty] = [...options.map(({ flags }) => flags), ...names.map(nameOf)];
  if (empty !== undefined) throw new InputError(`${empty}: found an empty text, expected a value`);
}

function nameOf(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** One line for a mistake of input and for what the system refuses; for anything else the message, and how to see more. */
function explain(error: unknown): string {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  if (error instanceof InputError) return `error: ${message}\n`;
  if (process.env.DEBUG) return `error: ${stack ?? message}\n`;
  const { path, code, syscall } = error as NodeJS.ErrnoException;
  const missing = code === 'MODULE_NOT_FOUND' && /^Cannot find module '([^./\\][^']*)'/.exec(message)?.[1];
  if (missing)
    return `error: the package "${missing}" is needed for this and is not installed: npm install ${missing}\n`;
  if (code !== undefined && syscall !== undefined && path !== undefined)
    return `error: ${sentence(`${path}: ${reasonOf(error)}`)}\n`;
  return `error: ${sentence(message)} (unexpected; set DEBUG=1 to see where)\n`;
}
