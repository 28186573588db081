/**
 * The commands in the order of `--help`: name, what it does, and what declares its arguments, options and action on it. A file
 * beside this one is loaded when its command is used, so that the list of commands needs nothing of what their options name;
 * its action, a file of `actions`, when the command runs.
 */
import type { Command } from 'commander';
import { lazily } from './lazily';

type Declare = (command: Command) => void;

const COMMANDS: readonly (readonly [name: string, description: string, declare: Declare])[] = [
  [
    'reproduce',
    "run the paper's study: train, distil, evaluate, execute the notebooks, write tables and figures",
    lazily(() => require('./reproduce').declare),
  ],
  [
    'train',
    'fine-tune one model of a plan: the teacher, or a student without a teacher',
    lazily(() => require('./train').declare),
  ],
  [
    'distill',
    'distil one student of a plan from its teacher, which is trained first where it is missing',
    lazily(() => require('./distill').declare),
  ],
  [
    'run',
    'make one run of a plan, and the teacher that it needs where that is missing; "reproduce --list-runs" lists them',
    lazily(() => require('./run').declare),
  ],
  [
    'status',
    'every run of a study: done, running and where, begun, failed with the last line of its log (logs/ID.log), or to do',
    lazily(() => require('./status').declare),
  ],
  ['runs', 'look at the runs that are kept, and clear them out', lazily(() => require('./runs').declare)],
  [
    'select',
    'choose the smallest, fastest or best model of a study that keeps bounds on its scores',
    lazily(() => require('./select').declare),
  ],
  [
    'gate',
    'check a run against bounds on the test part; the exit code is 1 where one is broken',
    lazily(() => require('./gate').declare),
  ],
  [
    'latency',
    'measure the latency and energy of a model on this machine, in a process of its own',
    lazily(() => require('./latency').declare),
  ],
  [
    'evaluate',
    'score predicted tags against gold tags: entity-level precision, recall, F1 (overall, macro, weighted, by type, ' +
      'of the critical types), coverage, token accuracy',
    lazily(() => require('./evaluate').declare),
  ],
  [
    'compare',
    'compare two models on one test set, such as teacher and student: F1, critical F1 and coverage, their differences with ' +
      'bootstrap interval and p-value (approximate randomisation), and the critical entities that were lost and gained',
    lazily(() => require('./compare').declare),
  ],
  [
    'errors',
    'sort the errors of predictions: wrong types and boundaries, missed and spurious entities, confusion of types, scores ' +
      'by length, capitals, place and what training had',
    lazily(() => require('./errors').declare),
  ],
  [
    'convert',
    'write a corpus file in another format or tag scheme; says on the error stream what it found',
    lazily(() => require('./convert').declare),
  ],
  [
    'predict',
    'find the entities in text: plain, or split into words in any format of corpora',
    lazily(() => require('./predict').declare),
  ],
  [
    'export',
    'write a model as a folder for transformers, transformers.js, optimum and ONNX runtimes',
    lazily(() => require('./export').declare),
  ],
  [
    'jupyter',
    'open the notebooks in Jupyter; the TypeScript kernel is set up in .jupyter/ of the project',
    lazily(() => require('./jupyter').declare),
  ],
  [
    'site',
    'make a web site of the executed notebooks and the documents, with live figures, for any server of files; by Sphinx (pip install -r docs/site/requirements.txt)',
    lazily(() => require('./site').declare),
  ],
  [
    'doctor',
    'look whether this machine has what is needed: Node, engine, packages, Jupyter, disk',
    lazily(() => require('./doctor').declare),
  ],
  [
    'completion',
    'print what has a shell complete commands and options at the Tab key',
    lazily(() => require('./completion').declare),
  ],
];

/**
 * Adds all commands, and declares those that a command line names.
 * @param words of the command line; one that is meant as something else, such as a folder, does no harm
 */
export function addCommands(program: Command, words: readonly string[]): void {
  for (const [name, description, declare] of COMMANDS) {
    const command = program.command(name).description(description);
    if (words.includes(name)) declare(command);
  }
}
