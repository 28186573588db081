/**
 * Makes the runs of a study several at once, each in a process of its own: small models do not use more than a core. A run
 * is the same to the last byte whatever is made beside it (threads.ts says why).
 */
import { availableParallelism } from 'node:os';
import { max, min } from 'd3-array';
import { InputError, TryAgainError } from '../errors';
import { counted } from '../listed';
import { memoryOf, type RunEstimate } from './estimate';
import { numberOfParameters } from './model-size';
import type { StudySession } from './paper';
import type { Progress } from './progress';
import { inOrder, nextOf, type Room } from './schedule';
import { threadsOf } from './threads';
import { startWorker } from './worker-process';

export interface RunRequest {
  readonly planFile: string;
  readonly out: string;
  readonly id: string;
  /** For how long to wait for a run that another process makes, in milliseconds; `null`: as long as it takes. */
  readonly patience: number | null;
}

/** `again`: the same may do later. */
export type RunReply =
  | { readonly update: string }
  | { readonly line: string }
  | { readonly made: true }
  | { readonly failure: string; readonly again: boolean };

type Failure = Extract<RunReply, { failure: string }>;

export type RunToMake = Pick<RunEstimate, 'id' | 'name' | 'needs' | 'seconds' | 'threads'>;

export interface JobsOptions extends Omit<RunRequest, 'id' | 'patience'> {
  readonly room: Room;
  /** In milliseconds. */
  readonly patience: number;
  readonly signal?: AbortSignal;
  /** Where a run says how it goes; `end` is called when its process has ended. */
  readonly progressOf: (name: string) => Progress & { end(): void };
}

/**
 * How many runs of a plan are made at once here: as many as were asked for, else as the cores, and the memory that is free,
 * allow. On a GPU it is one, which has all of it.
 */
export function roomFor(session: StudySession, asked: number | undefined): Room {
  const cores = availableParallelism();
  // More than there are cores, where somebody wants that.
  if (asked !== undefined) return { jobs: asked, cores: Math.max(cores, asked) };
  if (session.engine.name === 'eager (tensorflow)') return { jobs: 1, cores };
  const configs = session.planned().map(({ config }) => config);
  const sizes = new Map(session.planned().map(({ id, config }) => [id, numberOfParameters(config.model)]));
  const sizeOfTeacher = (id: string) => sizes.get(id) ?? session.given?.parameters ?? 0;
  const memory = max(configs, config =>
    memoryOf(config, config.teacher === null ? 0 : sizeOfTeacher(config.teacher)),
  )!;
  const threads = min(configs, ({ model }) => threadsOf(model, session.engine.threads))!;
  const most = Math.min(cores / threads, process.availableMemory() / memory, configs.length);
  return { jobs: Math.max(1, Math.floor(most)), cores };
}

/** What is left to be made before students can be trained, and then they: also the answers of teachers that are there. */
export function runsToMake(session: StudySession, estimates: readonly RunEstimate[]): RunEstimate[] {
  return estimates.filter(each => each.state !== 'done' || session.unanswered(each).length > 0);
}

/**
 * Makes runs, those first that others need. One that fails keeps no other from being made, but those that need it.
 * @param make makes one, in a process of its own unless another way is given
 * @throws InputError when all have ended, where one has failed; TryAgainError where the same may do later
 */
export async function makeAtOnce(
  runs: readonly RunToMake[],
  options: JobsOptions,
  make: typeof makeInProcess = makeInProcess,
): Promise<void> {
  const { room, signal } = options;
  const failures: Failure[] = [];
  const running = new Map<RunToMake, Promise<void>>();
  let waiting = inOrder(runs);
  const begin = async (run: RunToMake): Promise<void> => {
    const reply = await make(run, options);
    running.delete(run);
    if (!('failure' in reply)) return;
    failures.push(reply);
    waiting = waiting.filter(({ needs }) => !needs.includes(run.id));
  };
  for (;;) {
    const next = signal?.aborted ? undefined : nextOf(waiting, [...running.keys()], room);
    if (next) {
      waiting = waiting.filter(run => run !== next);
      running.set(next, begin(next));
    } else if (running.size > 0) await Promise.race(running.values());
    else break;
  }
  signal?.throwIfAborted();
  if (failures.length === 0) return;
  const Kind = failures.every(({ again }) => again) ? TryAgainError : InputError;
  const [{ failure }] = failures;
  throw new Kind(
    failures.length === 1 ? failure : `${counted(failures.length, 'run')} failed, the first: ${failure}`,
  );
}

/** Makes one run in a process of its own, which ends with this one, or when the signal says so. */
function makeInProcess(
  { id, name }: RunToMake,
  { planFile, out, patience, signal, progressOf }: JobsOptions,
): Promise<RunReply> {
  const progress = progressOf(name);
  return new Promise<RunReply>(resolve => {
    // Told to stop by a signal that it hears, so that its epochs are kept.
    const { child, lastWords } = startWorker('run-process.ts');
    const stop = () => child.kill('SIGTERM');
    signal?.addEventListener('abort', stop, { once: true });
    let reply: RunReply | undefined;
    const end = (last: RunReply) => {
      signal?.removeEventListener('abort', stop);
      progress.end();
      // What was told to stop is told of once, for all.
      if ('failure' in last && !signal?.aborted) progress.line(last.failure);
      resolve(last);
    };
    child.on('error', error => end({ failure: `${name}: ${error.message}`, again: false }));
    child.on('close', (code, how) => end(reply ?? deathOf(name, code, how, lastWords())));
    child.on('message', (said: RunReply) => {
      if ('update' in said) progress.update(said.update);
      else if ('line' in said) progress.line(said.line);
      else reply = 'failure' in said ? { ...said, failure: named(name, said.failure) } : said;
    });
    const request: RunRequest = { planFile, out, id, patience: Number.isFinite(patience) ? patience : null };
    child.send(request, error => error && stop());
  });
}

function deathOf(name: string, code: number | null, how: string | null, lastWords: string): Failure {
  if (how === null)
    return {
      failure: `${name}: its process ended with exit code ${code}: ${lastWords}`,
      again: false,
    };
  const why = how === 'SIGKILL' ? ', as where memory runs out: fewer --jobs take less' : '';
  return {
    failure: `${name}: its process was ended by ${how}${why}; the same command goes on after its last epoch`,
    again: true,
  };
}

/** What is said of a run begins with its name. */
export function named(name: string, text: string): string {
  return text.startsWith(`${name}:`) ? text : `${name}: ${text}`;
}
