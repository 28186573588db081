/** Commands that make single runs and that work on a folder of runs, from outside. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runId } from 'ner-distill/experiment/run-config';
import { writeSealedJson } from 'ner-distill/experiment/sealed';
import { latencyFile } from 'ner-distill/experiment/store-files';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CommandResult, command } from '../command';

const out = join(mkdtempSync(join(tmpdir(), 'commands-')), 'out');

async function cli(...args: string[]): Promise<CommandResult> {
  return command(args);
}

const PLAN = join(mkdtempSync(join(tmpdir(), 'plan-')), 'small.json');
writeFileSync(
  PLAN,
  JSON.stringify({
    preset: 'smoke',
    limit: { train: 48, valid: 16, test: 24 },
    tokenizer: { vocabularySize: 300 },
    teacher: { hiddenSize: 32, training: { epochs: 2 } },
    students: [{ hiddenSize: 32, training: { epochs: 1 } }],
    engine: 'onnx',
    threads: 1,
  }),
);
const small = ['--plan', PLAN, '--out', out];
/** What bears on every score of this study. */
const LIMIT = 'only the first 48 / 16 / 24 sentences are used';
const runIds = () => readdirSync(join(out, 'runs')).sort();
const teacherId = () => JSON.parse(trained.stdout)[0].id as string;
let trained: CommandResult;

beforeAll(async () => {
  trained = await cli('train', ...small, '--json');
});

describe('train', () => {
  it('makes the teacher, and keeps the plan beside it', () => {
    expect([trained.status, trained.stderr]).toEqual([0, '']);
    const [run] = JSON.parse(trained.stdout);
    expect(run).toMatchObject({ role: 'teacher', seed: 1 });
    expect(run.notes).toEqual([LIMIT]);
    expect(readdirSync(run.model).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(JSON.parse(readFileSync(join(out, 'plan.json'), 'utf8')).teacher.hiddenSize).toBe(32);
  });
});

describe('train --quiet', () => {
  it('says where the model is, and nothing of how it went', async () => {
    const { model } = JSON.parse(trained.stdout)[0];
    expect((await cli('train', ...small)).stdout).toContain('read from the store');
    expect(await cli('train', ...small, '--quiet')).toEqual({
      status: 0,
      stdout: `model: ${model}\n`,
      stderr: '',
    });
  });
});

describe('train with the name of a student', () => {
  it('trains a student, which must be one of the plan', async () => {
    const { status, stderr } = await cli('train', ...small, '--student', 'tall');
    expect([status, stderr]).toEqual([
      1,
      'error: the plan has no student "tall", expected one of "student"\n',
    ]);
  });

  it('refuses it for the teacher', async () => {
    const { status, stderr } = await cli('train', ...small, '--model', 'teacher', '--student', 'student');
    expect([status, stderr]).toEqual([
      1,
      'error: --student "student" names no teacher: expected --model student, or neither\n',
    ]);
  });
});

describe('the scheme of a corpus', () => {
  it('may be named BIO or BIOES where a plan is taken, as in convert', async () => {
    const none = join(out, 'no-corpus');
    for (const name of ['BIO', 'bioes']) {
      const { stderr } = await cli('train', ...small, '--data', none, '--scheme', name);
      expect(stderr).toContain(none);
      expect(stderr).not.toContain('scheme');
    }
    expect((await cli('train', ...small, '--scheme', 'X')).stderr).toContain(
      'Expected one of IO, IOB1, IOB2, IOE1, IOE2, IOBES, BILOU.',
    );
  });
});

describe('distill', () => {
  it('refuses a weight without its loss, and a loss without its weight', async () => {
    const [vanilla, logits] = await Promise.all([
      cli('distill', ...small, '--beta', '0.5'),
      cli('distill', ...small, '--loss', 'logits'),
    ]);
    expect(vanilla.stderr).toMatch(
      /^error: the vanilla loss has no β: expected --loss logits, weighted.* with --beta\n$/,
    );
    expect(logits.stderr).toBe(
      'error: the logits loss needs its weight: expected --beta with a number from 0 on\n',
    );
    expect([vanilla.status, logits.status]).toEqual([1, 1]);
  });

  it('refuses a student that the plan does not have', async () => {
    const { status, stderr } = await cli('distill', ...small, '--student', 'tall');
    expect([status, stderr]).toEqual([
      1,
      'error: the plan has no student "tall", expected one of "student"\n',
    ]);
  });

  it('makes a student of the teacher that is there', async () => {
    const { status, stdout, stderr } = await cli('distill', ...small, '--loss', 'weighted', '--beta', '0.5');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^train\.txt, .*: tags in IOB2\nnote: only the first .*\nconstrained \(weighted, β = 0\.5\): trained in .*\nnote on the run: only the first .*\nmodel: .*model\n$/,
    );
    expect(runIds()).toHaveLength(2);
  });
});

describe('runs', () => {
  it('lists them, for people and for programs', async () => {
    const [text, json] = await Promise.all([
      cli('runs', 'list', '--results', out),
      cli('runs', 'list', '--results', out, '--json'),
    ]);
    expect(text.stdout).toMatch(/^run +part +student +model +seed +state /m);
    expect(text.stdout).toMatch(new RegExp(`^${teacherId()} +teacher +– +bert 2 × 32 +1 +done +`, 'm'));
    expect(text.stdout).toMatch(/ constrained \(weighted, β = 0\.5\) +student +distilbert 1 × 32 +1 +done /);
    const listed: { id: string; part: { student: string | null } }[] = JSON.parse(json.stdout);
    expect(listed.map(({ id }) => id)).toEqual(runIds());
    expect(listed.find(({ id }) => id === teacherId())?.part.student).toBeNull();
    expect(listed.find(({ id }) => id !== teacherId())?.part.student).toBe('student');
  });

  it('shows one by the beginning of its id', async () => {
    const { stdout } = await cli('runs', 'show', teacherId().slice(0, 6), '--results', out);
    expect(stdout).toContain(`run ${teacherId()}: done\n`);
    expect(stdout).toContain('"name": "cross-entropy"');
    expect(stdout).toMatch(/^all types /m);
    const { status, stderr } = await cli('runs', 'show', 'zzz', '--results', out);
    expect([status, stderr]).toEqual([
      1,
      `error: ${join(out, 'runs')}: there is no run "zzz"; "runs list" shows those that there are\n`,
    ]);
  });

  it('are written for TensorBoard, a folder each, every step and every score', async () => {
    const logs = join(out, '..', 'logs');
    const { status, stdout } = await cli('runs', 'track', logs, '--results', out);
    expect([status, stdout]).toEqual([0, `2 runs in ${logs}: tensorboard --logdir ${logs}\n`]);
    const teacher = `teacher-seed-1-${teacherId()}`;
    expect(readdirSync(logs)).toContain(teacher);
    const [name] = readdirSync(join(logs, teacher));
    expect(name).toContain('tfevents');
    const events = readFileSync(join(logs, teacher, name), 'latin1');
    const count = (tag: string) => events.split(tag).length - 1;
    const steps =
      readFileSync(join(out, 'runs', teacherId(), 'history.csv'), 'utf8')
        .trim()
        .split('\n').length - 1;
    expect(['training/loss', 'validation/coverage', 'test/coverage'].map(count)).toEqual([steps, 2, 1]);
    expect((await cli('runs', 'track', join(out, 'plan.json'), '--results', out)).stderr).toMatch(
      /^error: [^\n]*\n$/,
    );
  });

  it('are written for MLflow, into the experiment of that name where there is one', async () => {
    const store = join(out, '..', 'mlruns');
    mkdirSync(join(store, '7'), { recursive: true });
    // As MLflow 3.17 writes it.
    writeFileSync(
      join(store, '7', 'meta.yaml'),
      "experiment_id: '7'\nlifecycle_stage: active\nname: small models\n",
    );
    const track = (...args: string[]) =>
      cli('runs', 'track', store, '--to', 'mlflow', ...args, '--results', out);
    const { status, stdout } = await track('--experiment', 'small models');
    expect([status, stdout]).toEqual([
      0,
      `2 runs in ${store}: MLFLOW_ALLOW_FILE_STORE=true mlflow server --backend-store-uri ${store}\n`,
    ]);
    const runsOf = (experiment: string) =>
      readdirSync(join(store, experiment)).filter(name => name !== 'meta.yaml');
    expect(runsOf('7').map(id => id.slice(0, 16))).toEqual(runIds().sort());
    const teacher = runsOf('7').find(id => id.startsWith(teacherId()))!;
    const inTeacher = (file: string) => readFileSync(join(store, '7', teacher, file), 'utf8');
    expect(['role', 'training.epochs', 'criticalTypes'].map(name => inTeacher(`params/${name}`))).toEqual([
      'teacher',
      '2',
      '["PER","ORG"]',
    ]);
    const steps = readFileSync(join(out, 'runs', teacherId(), 'history.csv'), 'utf8')
      .trim()
      .split('\n');
    const lines = inTeacher('metrics/training/loss').trim().split('\n');
    expect(lines.map(line => line.split(' ')[2])).toEqual(steps.slice(1).map((_, i) => String(i + 1)));
    await track();
    await track();
    const experiments = readdirSync(store);
    expect(experiments).toHaveLength(2);
    // MLflow makes a database of a store only where no two experiments have a run of one id.
    expect(new Set(experiments.flatMap(runsOf)).size).toBe(4);
  });

  it('are written without one that older source began and never finished', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'begun-'));
    cpSync(out, copy, { recursive: true });
    const config = JSON.parse(readFileSync(join(out, 'runs', teacherId(), 'config.json'), 'utf8'));
    const older = { ...config, source: 'of an older version' };
    const begun = join(copy, 'runs', runId(older));
    mkdirSync(join(begun, 'partial'), { recursive: true });
    writeFileSync(join(begun, 'config.json'), JSON.stringify(older));
    for (const to of ['tensorboard', 'mlflow']) {
      const { status, stderr, stdout } = await cli(
        'runs',
        'track',
        join(copy, to),
        '--to',
        to,
        '--results',
        copy,
      );
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^2 runs in /);
    }
  });

  it('lists a damaged one beside the others, and clears it out', async () => {
    const damaged = join(out, 'runs', '3333333333333333');
    mkdirSync(damaged);
    writeFileSync(join(damaged, 'done'), '{bad');
    const listed = await cli('runs', 'list', '--results', out);
    expect([listed.status, listed.stderr]).toEqual([0, '']);
    expect(listed.stdout).toMatch(/^3333333333333333 +unknown .* damaged /m);
    expect(listed.stdout).toContain(teacherId());
    const gate = await cli('gate', '--run', '3333', '--results', out, '--min-f1', '0');
    expect(gate.stderr).toMatch(
      /^error: .*3333333333333333.done: has no digest: written by an older version, or not /,
    );
    const cleaned = await cli('runs', 'clean', '--results', out, '--yes');
    expect(cleaned.stdout).toMatch(/^deleted 3333333333333333, unknown, 4 B: damaged \(.*\)\nfreed 4 B\n$/);
    expect(runIds()).toHaveLength(2);
  });

  it('checks every file, and names those that are not as they were written', async () => {
    const check = (...args: string[]) => cli('runs', 'check', ...args, '--results', out);
    const right = await check();
    expect([right.status, right.stderr]).toEqual([0, '']);
    expect(right.stdout).toMatch(/^2 runs and \d files beside them: all is as it was written\n$/);
    const file = join(out, 'runs', teacherId(), 'model', 'model.safetensors');
    const bytes = readFileSync(file);
    const changed = Buffer.from(bytes);
    changed[changed.length - 5] ^= 4;
    writeFileSync(file, changed);
    try {
      const wrong = await check();
      const sentence = `${file}: changed since the run ${teacherId()} was written; the command that made the run (train, distill or reproduce) makes it anew`;
      expect([wrong.status, wrong.stderr]).toEqual([1, '']);
      expect(wrong.stdout).toMatch(/^.*\n2 runs and \d files beside them: 1 file not as written\n$/);
      expect(wrong.stdout.split('\n')[0]).toBe(sentence);
      const [one, json, predict] = await Promise.all([
        check(teacherId().slice(0, 6)),
        check('--json'),
        cli('predict', join(out, 'plan.json'), '--model', file.replace(/\/model\.safetensors$/, '')),
      ]);
      expect(one.stdout).toBe(`${sentence}\n1 run: 1 file not as written\n`);
      expect(JSON.parse(json.stdout)).toEqual([
        { file, found: `changed since the run ${teacherId()} was written` },
      ]);
      expect([predict.status, predict.stdout, predict.stderr]).toEqual([1, '', `error: ${sentence}\n`]);
    } finally {
      writeFileSync(file, bytes);
    }
  });

  it('leave alone what is of other programs, and say so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foreign-'));
    const ours = join('runs', '4444444444444444');
    const files = [
      ...['runs/Nov25_host/events.out.tfevents.1', 'initial/mine.safetensors', 'latency/mine.json'],
      ...[join(ours, 'notes.txt'), join(ours, 'lock-1')],
    ];
    for (const file of files) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      writeFileSync(join(folder, file), 'x');
    }
    const listed = await cli('runs', 'list', '--results', folder);
    expect(listed.stdout).toMatch(/^4444444444444444 +unknown /m);
    expect(listed.stdout).toContain(
      `1 folder in ${join(folder, 'runs')} is not of this program, and left alone\n`,
    );
    const cleaned = await cli('runs', 'clean', '--results', folder, '--yes');
    expect(cleaned.stdout).toBe(
      `deleted 4444444444444444, unknown, 1 B: unfinished\n  kept what is not of this program in ${join(folder, ours)}: notes.txt\nfreed 1 B\n`,
    );
    expect(readdirSync(join(folder, ours))).toEqual(['notes.txt']);
    for (const file of files.slice(0, 3)) expect(existsSync(join(folder, file)), file).toBe(true);
    expect((await cli('runs', 'clean', '--results', folder)).stdout).toBe('nothing to delete\n');
  });

  it('says of an empty store that there are none', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'empty-'));
    mkdirSync(join(empty, 'runs'));
    expect((await cli('runs', 'list', '--results', empty)).stdout).toBe('no runs\n');
  });

  it('cleans what is unfinished and not in work, and only with --yes', async () => {
    const [unfinished, inWork] = ['0000000000000000', '1111111111111111'].map(id => join(out, 'runs', id));
    for (const folder of [unfinished, inWork]) mkdirSync(folder);
    writeFileSync(join(inWork, 'lock'), String(process.ppid));
    const [measured, ofRunInWork] = ['0000000000000000', '1111111111111111'].map(id => {
      const { path, of } = latencyFile(id.slice(0, 12));
      writeSealedJson(join(out, path), of, { models: [{ id }] });
      return path;
    });
    const { size } = statSync(join(out, measured));
    mkdirSync(join(inWork, 'partial', 'epoch-1'), { recursive: true });
    writeFileSync(join(inWork, 'partial', 'epoch-1', 'state.json'), 'half');
    writeFileSync(join(inWork, 'config.json'), 'half');
    const checked = await cli('runs', 'check', '1111', '--results', out);
    expect([checked.status, checked.stdout]).toEqual([
      0,
      '0 runs: all is as it was written\n1 run in work, not looked at\n',
    ]);
    const listed = await cli('runs', 'list', '--results', out);
    expect(listed.stdout).toContain('in work');
    expect(listed.stdout).not.toContain(join(inWork, 'config.json'));
    const asked = await cli('runs', 'clean', '--results', out);
    expect(asked.stdout).toBe(
      `would delete 0000000000000000, unknown, 0 B: unfinished\nwould delete ${measured}, ${size} B: none of its runs is kept\n${size} B in all; --yes deletes them\n`,
    );
    expect([unfinished, join(out, measured)].map(existsSync)).toEqual([true, true]);
    const done = await cli('runs', 'clean', '--results', out, '--yes');
    expect(done.stdout).toBe(
      `deleted 0000000000000000, unknown, 0 B: unfinished\ndeleted ${measured}, ${size} B: none of its runs is kept\nfreed ${size} B\n`,
    );
    expect([unfinished, join(out, measured)].map(existsSync)).toEqual([false, false]);
    expect([inWork, join(out, ofRunInWork)].map(existsSync)).toEqual([true, true]);
    expect(runIds()).toHaveLength(3);
  });

  it('deletes nothing while a study is being made', async () => {
    mkdirSync(join(out, 'runs', '2222222222222222'));
    writeFileSync(join(out, 'lock'), String(process.ppid));
    const { status, stderr } = await cli('runs', 'clean', '--results', out, '--yes');
    expect(status).toBe(75);
    expect(stderr).toContain(`the study in ${out} is being worked on by process ${process.ppid}`);
    expect(existsSync(join(out, 'runs', '2222222222222222'))).toBe(true);
  });
});

describe('the folder of a study', () => {
  it('is --results where it is read, and --out where it is written', async () => {
    const help = async (...command: string[]) => (await cli(...command, '--help')).stdout;
    const reading = [
      ...['list', 'show', 'clean'].map(command => ['runs', command]),
      ...['select', 'gate', 'predict', 'latency', 'doctor'].map(command => [command]),
    ];
    for (const text of await Promise.all(reading.map(command => help(...command)))) {
      expect(text).toMatch(/--results <folder>/);
      expect(text).not.toMatch(/--out <folder>/);
    }
    const writing = ['reproduce', 'train', 'distill'];
    for (const text of await Promise.all(writing.map(command => help(command)))) {
      expect(text).toMatch(/--out <folder>/);
      expect(text).not.toMatch(/--results/);
    }
  });
});

describe('a folder without a study', () => {
  it.each([
    ['plan.json', ['select']],
    ['runs', ['gate', '--run', 'abc', '--min-f1', '0.5']],
    ['runs', ['runs', 'list']],
    ['runs', ['runs', 'show', 'abc']],
    ['runs', ['runs', 'clean']],
  ])('has no %s, which %j says with what to do first', async (part, command) => {
    const none = join(out, 'none');
    const { status, stdout, stderr } = await cli(...command, '--results', none);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      `error: ${none}: there is no study in this folder (no ${part}); "npm run reproduce -- --out ${none}" makes one, --results names another folder\n`,
    );
  });
});

describe('select', () => {
  it('chooses on validation, and leaves the figure of the study alone', async () => {
    const ofStudy = join(out, 'pareto.svg');
    writeFileSync(ofStudy, 'on the test part');
    const { status, stdout, stderr } = await cli(
      ...['select', '--results', out, '--prefer', 'smallest', '--json'],
    );
    expect([status, stderr]).toEqual([0, '']);
    const { chosen, models, figure } = JSON.parse(stdout);
    expect(chosen.name).toBe('constrained student (weighted, β = 0.5)');
    expect(models).toHaveLength(2);
    expect(figure).toBeNull();
    expect(readFileSync(ofStudy, 'utf8')).toBe('on the test part');
  });

  it('draws the fronts where it is told to', async () => {
    const figure = join(out, 'fronts.svg');
    const { stdout } = await cli('select', '--results', out, '--figure', figure);
    expect(stdout).toMatch(
      /^chosen on the validation part, the smallest: .*\nPareto fronts: .*fronts\.svg\nnote on every run: only the first .* are used\n$/m,
    );
    expect(readFileSync(figure, 'utf8')).toContain('</svg>');
  });

  it('says of a plan without its runs what makes them', async () => {
    const planned = mkdtempSync(join(tmpdir(), 'planned-'));
    const plan = join(planned, 'plan.json');
    copyFileSync(join(out, 'plan.json'), plan);
    const { status, stderr } = await cli('select', '--results', planned);
    expect([status, stderr]).toEqual([
      1,
      `error: ${planned}: none of the runs that its plan asks for is there, or they were made by older numerical source; "npm run reproduce -- --plan ${plan} --out ${planned}" makes them\n`,
    ]);
  });

  it('refuses a bound in per cent', async () => {
    const { status, stderr } = await cli('select', '--results', out, '--min-f1', '90');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: .*--min-f1.* '90' is invalid\. Expected a fraction from 0 to 1\.\n$/);
  });

  it('fails where no model is good enough', async () => {
    const { status, stderr } = await cli('select', '--results', out, '--min-coverage', '1');
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^error: no model reaches the bounds: ".*" comes nearest and falls .* points short\n$/,
    );
  });
});

describe('predictions of a run', () => {
  it('are scored with what bears on them beside', async () => {
    const file = join(out, 'runs', teacherId(), 'predictions.conll');
    const note = `note: ${LIMIT}\n`;
    expect((await cli('evaluate', '--file', file)).stderr).toBe(note);
    expect((await cli('errors', '--file', file, '--critical', 'PER')).stderr).toBe(note);
    expect((await cli('compare', file, file, '--resamples', '10')).stderr).toBe(note);
    const elsewhere = join(mkdtempSync(join(tmpdir(), 'copy-')), 'predictions.conll');
    copyFileSync(file, elsewhere);
    expect((await cli('evaluate', '--file', elsewhere)).stderr).toBe('');
  });
});

describe('gate', () => {
  const gate = (...args: string[]) => cli('gate', '--run', teacherId(), '--results', out, ...args);

  it('passes where the bounds are kept', async () => {
    const { status, stdout } = await gate('--min-coverage', '0', '--min-f1', '0', '--confidence', '0.57');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^F1 [\d.]+ %, lower end of the 57 % interval [\d.]+ %: keeps the bound of 0\.00 %\nCoverage /,
    );
  });

  it('breaks with exit code 1, saying by how much', async () => {
    const { status, stdout } = await gate('--min-f1-critical', '1', '--json');
    expect(status).toBe(1);
    const { kept, checks, notes } = JSON.parse(stdout);
    expect(kept).toBe(false);
    expect(notes).toEqual([LIMIT]);
    expect(checks[0].short).toBeCloseTo(1 - checks[0].score, 12);
    expect((await gate('--min-f1-critical', '1')).stdout).toMatch(
      /^F1_critical [\d.]+ %: breaks the bound of 100\.00 % by [\d.]+ points\nnote: only the first 48 \/ 16 \/ 24 sentences are used\n$/,
    );
  });

  it('shows as many digits as tell a score from the bound that it misses', async () => {
    const { checks } = JSON.parse((await gate('--min-f1', '0', '--json')).stdout);
    const bound = checks[0].score + 1e-6;
    const [, score, shown, by] = /^F1 ([\d.]+) %: breaks the bound of ([\d.]+) % by ([\d.]+) points/.exec(
      (await gate('--min-f1', String(bound))).stdout,
    )!;
    expect(Number(shown)).toBeGreaterThan(Number(score));
    expect(Number(by)).toBeCloseTo(1e-4, 5);
  });

  it('holds the model in 8 bits, too, which predicts first where it has not', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'gate-'));
    cpSync(out, copy, { recursive: true });
    const args = ['gate', '--run', teacherId(), '--results', copy, '--min-coverage', '0'];
    const { status, stdout } = await cli(...args, '--precision', 'int8');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Coverage in 8 bits [\d.]+ %: keeps the bound of 0\.00 %\nnote: /);
    const file = join(copy, 'runs', teacherId(), 'int8', 'predictions.conll');
    expect((await cli('evaluate', '--file', file)).stderr).toBe(`note: ${LIMIT}\n`);
    expect((await cli('runs', 'check', teacherId(), '--results', copy)).stdout).toBe(
      '1 run: all is as it was written\n',
    );
    expect((await cli(...args, '--precision', 'int4')).stderr).toMatch(/'int4' is invalid.*fp32, int8/);
  });

  it('needs a bound that can be', async () => {
    expect((await gate()).stderr).toMatch(
      /^error: expected a bound: one of --min-f1, --min-f1-critical, --min-coverage\b.*\n$/,
    );
    expect((await gate('--min-coverage', '92')).stderr).toMatch(
      /^error: .*--min-coverage.* '92' is invalid\. Expected a fraction from 0 to 1\.\n$/,
    );
    expect((await gate('--min-f1', '0', '--confidence', '95')).stderr).toContain(
      'Expected a number between 0 and 1.',
    );
  });
});
