/** What `errors --help` tells of the notebook on the same files. */
import { describeErrorSource } from '../../evaluation/predictions';

export function errorsHelp(): string {
  return `\n${describeErrorSource} In one line:\n\n  NER_DISTILL_GOLD=gold.txt NER_DISTILL_PREDICTED=mine.txt jupyter lab notebooks/05-error-analysis.ipynb`;
}
