/** The process that measures models: takes a request from its parent, answers it and ends. */
import { InputError } from '../errors';
import { type MeasurementRequest, measureModels } from './measure-model';
import type { MeasurementReply } from './measurement';

// Nobody waits for the answer of a process without parent.
process.on('disconnect', () => process.exit(1));

process.once('message', (request: MeasurementRequest) => {
  void answer(request).then(reply => process.send?.(reply, () => process.exit(0)));
});

async function answer(request: MeasurementRequest): Promise<MeasurementReply> {
  try {
    return { measurements: await measureModels(request) };
  } catch (error) {
    const { message, stack } = error as Error;
    return error instanceof InputError ? { mistake: message } : { failure: stack ?? message };
  }
}
