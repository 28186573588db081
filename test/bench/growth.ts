/** Time against size, at three sizes that double: a cost that grows linearly doubles too. */
import { readConll, scores } from 'ner-distill';
import { openEngine } from 'ner-distill/engine/select';
import { countSpans } from 'ner-distill/evaluation/scores';
import { bootstrapIntervals } from 'ner-distill/evaluation/significance';
import { initialParameters } from 'ner-distill/model/parameters';
import { crossEntropyLoss } from 'ner-distill/training/losses/cross-entropy';
import { train } from 'ner-distill/training/trainer';
import { realSentences } from './inference';
import { timeInTurn } from './measure';
import { benchModel } from './models';
import { ms, type Row } from './rows';

const FACTORS = [1, 2, 4] as const;

async function row(
  what: string,
  rounds: number,
  work: (factor: number) => Promise<void> | void,
): Promise<Row> {
  const seconds = await timeInTurn(
    FACTORS.map(factor => ({ name: String(factor), round: () => work(factor) })),
    rounds,
  );
  const times = FACTORS.map(factor => seconds.get(String(factor))!);
  return {
    what: `growth of ${what} at sizes 1, 2, 4`,
    ours: times.map(ms).join(', '),
    peer: `linear would be ${ms(4 * times[0])} at 4`,
    ratio: (4 * times[0]) / times[2],
    target: 'about 1 ×',
  };
}

export async function growthRows({ rounds, threads }: { rounds: number; threads: number }): Promise<Row[]> {
  const text = (factor: number) =>
    'John B-PER\nSmith I-PER\nof O\nAcme B-ORG\nsaid O\n\n'.repeat(20_000 * factor);
  const texts = new Map(FACTORS.map(factor => [factor as number, Buffer.from(text(factor))]));
  const tags = (factor: number) =>
    Array.from({ length: 20_000 * factor }, () => ['B-PER', 'I-PER', 'O', 'B-ORG', 'O']);
  const gold = new Map(FACTORS.map(factor => [factor as number, tags(factor)]));
  const counts = countSpans(gold.get(1)!, gold.get(1)!);

  const { sentences } = realSentences(8);
  const { config } = benchModel('3 × 128', 3, 128, 30522);
  const labelled = sentences.slice(0, 256).map(sentence => ({
    ...sentence,
    labels: Int32Array.from(sentence.firstPieces, (_, word) => word % config.tags.length),
  }));
  const engine = await openEngine('onnx', { threads });
  const training = (factor: number, seeds: number) => async () => {
    for (let seed = 0; seed < seeds; seed++)
      await train({
        engine,
        config,
        initial: initialParameters(config, seed),
        loss: crossEntropyLoss(),
        critical: config.tags.map(() => false),
        sentences: labelled,
        maxLength: 128,
        special: { pad: 0, unknown: 100, start: 101, end: 102 },
        settings: {
          epochs: factor,
          batchSize: 16,
          learningRate: 1e-3,
          warmup: 0.1,
          weightDecay: 0.01,
          maxNorm: 1,
          wordDropout: 0,
          subwordDropout: 0,
          accumulation: 1,
          seed,
        },
        validate: async () => null,
      });
  };
  return [
    await row('reading, sentences', rounds, factor => void readConll(texts.get(factor)!, { file: 'text' })),
    await row('scoring, sentences', rounds, factor => {
      scores(gold.get(factor)!, gold.get(factor)!, { critical: ['PER'] });
    }),
    await row('bootstrap intervals, resamples', rounds, factor => {
      bootstrapIntervals(counts, ['PER'], { resamples: 10 * factor, seed: 1 });
    }),
    await row('training, epochs', Math.min(rounds, 3), factor => training(factor, 1)()),
    await row('training, seeds', Math.min(rounds, 3), factor => training(1, factor)()),
  ];
}
