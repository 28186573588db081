/** Event files, byte by byte as TensorBoard's own writer has them. */
import { eventFile } from 'ner-distill/report/tensorboard';
import { expect, it } from 'vitest';

/** By RecordWriter, Event and Summary of tensorboard 2.21.0 for Python. */
const WRITTEN = [
  '1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b353110',
  '2300000000000000b09f77430900002040fc54d94110012a160a140a0d747261696e696e672f6c6f7373150000803e1dbc3cd4',
  '2700000000000000bbe1b1460900002040fc54d94110ac022a190a170a10746573742f66315f637269746963616c150000c0bf854058ef',
];

it('writes what TensorBoard writes', () => {
  const scalars = [
    { tag: 'training/loss', step: 1, value: 0.25 },
    { tag: 'test/f1_critical', step: 300, value: -1.5 },
  ];
  expect(eventFile(scalars, 1700000000.5).toString('hex')).toBe(WRITTEN.join(''));
});
