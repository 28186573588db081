/**
 * A plan as jobs of Slurm: one array of the runs that others need (teachers), one of the rest, which waits for it, and one job
 * that executes the notebooks and writes the report. Each task is `ner-distill run ID`: the scheduler is Slurm's, the making
 * of runs the one that `reproduce` has.
 */
import { max } from 'd3-array';
import { inOrder, type Job } from './schedule';

/** What a job of one run asks for, from the estimate; what a person gives wins. */
export interface SlurmOptions {
  /** The program, as an absolute path. */
  readonly program: string;
  readonly plan: string;
  readonly out: string;
  /** Where the files are to stand. */
  readonly folder: string;
  readonly cores: number;
  readonly partition?: string;
  readonly account?: string;
  /** As Slurm writes them, such as `2:00:00` and `8G`. */
  readonly time?: string;
  readonly memory?: string;
}

export interface SlurmRun extends Job {
  /** Bytes. */
  readonly memory: number;
}

/** Nodes differ, and share their disks: a run that is stopped for its time goes on, but only after it has queued again. */
const TIME_FACTOR = 2;
const LEAST_MINUTES = 10;
const MEMORY_FACTOR = 1.25;
/** Seconds before its end at which a job is told to stop. */
const NOTICE_SECONDS = 120;
const MOST_RESTARTS = 100;

/** The files by their names: `submit.sh` submits the others and prints the numbers of the jobs. */
export function slurmFiles(
  runs: readonly SlurmRun[],
  report: Pick<SlurmRun, 'seconds' | 'memory'>,
  options: SlurmOptions,
): Record<string, string> {
  const ordered = inOrder(runs);
  const needed = new Set(ordered.flatMap(({ needs }) => needs));
  const arrays = {
    teachers: ordered.filter(({ id }) => needed.has(id)),
    students: ordered.filter(({ id }) => !needed.has(id)),
  };
  const present = Object.entries(arrays).filter(([, members]) => members.length > 0);
  const out = quoted(options.out);
  const made = present.map(([name, members]) => {
    const head = headOf(name, options, {
      array: members.length,
      seconds: max(members, ({ seconds }) => seconds)!,
      memory: max(members, ({ memory }) => memory)!,
    });
    const list = quoted(`${options.folder}/${name}.txt`);
    const task = [
      `run=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" ${list})`,
      ...commandOf(`${out}/logs/"$run.log"`, `run "$run"`, options),
    ];
    return [
      [`${name}.txt`, `${members.map(({ id }) => id).join('\n')}\n`],
      [`${name}.sbatch`, [...head, ...task, TAIL].join('\n')],
    ];
  });
  const reproduce = commandOf(`${out}/logs/report.log`, 'reproduce', options);
  const names = [...present.map(([name]) => name), 'report'];
  return {
    ...Object.fromEntries(made.flat()),
    'report.sbatch': [...headOf('report', options, report), ...reproduce, TAIL].join('\n'),
    'submit.sh': submission(names, options.folder),
  };
}

/** In the background, so that the shell of the job can hear of a signal. */
function commandOf(log: string, command: string, { program, plan, out }: SlurmOptions): string[] {
  return [
    `log=${log}`,
    `mkdir -p ${quoted(out)}/logs`,
    `${quoted(program)} ${command} --plan ${quoted(plan)} --out ${quoted(out)} >> "$log" 2>&1 &`,
  ];
}

function headOf(
  name: string,
  { folder, cores, partition, account, time, memory }: SlurmOptions,
  needs: Pick<SlurmRun, 'seconds' | 'memory'> & { readonly array?: number },
): string[] {
  const minutes = Math.max(LEAST_MINUTES, Math.ceil((TIME_FACTOR * needs.seconds) / 60));
  const megabytes = Math.ceil((MEMORY_FACTOR * needs.memory) / 1e6 / 100) * 100;
  const settings = {
    'job-name': `ner-${name}`,
    ...(needs.array !== undefined && { array: `0-${needs.array - 1}` }),
    nodes: 1,
    ntasks: 1,
    'cpus-per-task': cores,
    mem: memory ?? `${megabytes}M`,
    time: time ?? minutes,
    ...(partition !== undefined && { partition }),
    ...(account !== undefined && { account }),
    'open-mode': 'append',
    output: `"${folder}/${name}${needs.array === undefined ? '-%j' : '-%A_%a'}.log"`,
    signal: `B:TERM@${NOTICE_SECONDS}`,
  };
  return [
    '#!/bin/bash',
    ...Object.entries(settings).map(([name, value]) => `#SBATCH --${name}=${value}`),
    '#SBATCH --requeue',
    '',
  ];
}

const TAIL = `child=$!
# ${NOTICE_SECONDS} seconds before its time is up the job gets TERM, in this shell alone; the epochs that were finished are kept.
trap 'kill -TERM "$child" 2> /dev/null' TERM
wait "$child"; status=$?
while kill -0 "$child" 2> /dev/null; do wait "$child"; status=$?; done
# Who is killed, as for memory beyond the limit, cannot say so.
[ "$status" -le 128 ] || echo "error: ended by signal $((status - 128))" >> "$log"
# 75: the same may do later, and goes on from what is there.
if [ "$status" -eq 75 ] && [ "\${SLURM_RESTART_COUNT:-0}" -lt ${MOST_RESTARTS} ]; then
  scontrol requeue "$SLURM_JOB_ID" && sleep 60
fi
exit "$status"
`;

/** Each job waits until the one before it has ended well. */
function submission(names: readonly string[], folder: string): string {
  const lines = names.flatMap((name, i) => {
    const after = i === 0 ? '' : `--dependency=afterok:"$${names[i - 1]}" `;
    const file = quoted(`${folder}/${name}.sbatch`);
    return [`${name}=$(sbatch --parsable ${after}${file}) || exit`, `echo "${name} $${name}"`];
  });
  return `#!/bin/sh\n${lines.join('\n')}\n`;
}

/** A word of a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
