/** How long one waits before anything happens: the command line and the first cell of a notebook. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Kernel } from 'ner-distill/notebook/kernel';
import { timeInTurn } from './measure';
import { duration, type Row, timesAsFast } from './rows';

const PROJECT = join(__dirname, '../..');
const FIRST_CELL = "import { openStudy, showTable, table1 } from 'ner-distill';";

export async function startRows({ rounds }: { rounds: number }): Promise<Row[]> {
  const node = (...args: string[]) => void spawnSync(process.execPath, args);
  const seconds = await timeInTurn(
    [
      { name: 'ours', round: () => node(join(PROJECT, 'lib/bin.cjs'), '--help') },
      { name: 'node', round: () => node('-e', '0') },
    ],
    3 * rounds,
  );
  const cells: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const kernel = await Kernel.start({ cwd: join(PROJECT, 'notebooks'), onMessage: () => {} });
    await kernel.info();
    const start = performance.now();
    const { status } = await kernel.execute(FIRST_CELL).reply;
    if (status !== 'ok') throw new Error('the first cell failed');
    cells.push((performance.now() - start) / 1000);
    await kernel.stop();
  }
  const [ours, bare] = [seconds('ours'), seconds('node')];
  return [
    {
      what: 'start of the command line (--help)',
      ours: duration(ours),
      peer: `${duration(bare)} Node ${process.version} alone`,
      ratio: timesAsFast(ours, bare),
      target: '≤ 150 ms',
    },
    {
      what: 'first cell of a notebook (the import)',
      ours: duration(cells),
      peer: '',
      ratio: null,
      target: '≤ 1 s',
    },
  ];
}
