/** What the help of commands tells after their options; loaded when it is shown. */
import { describeFormatRule } from '../corpus/formats';
import { describeSchemeRule } from '../corpus/schemes';
import { describeSplittingRule } from '../corpus/sources';
import { describeErrorSource } from '../evaluation/predictions';
import { PRESET_DESCRIPTIONS } from '../experiment/plan-schema';

/** Of commands over a plan: its presets, and how a corpus is read. */
export function planHelp(): string {
  const presets = Object.entries(PRESET_DESCRIPTIONS).map(([name, what]) => `  ${name.padEnd(8)} ${what}`);
  return `
Presets:
${presets.join('\n')}

${describeSplittingRule}

${describeFormatRule}

${describeSchemeRule}

What was stopped goes on where it was when the same command is given again.`;
}

/** Of the notebook on the same files. */
export function errorsHelp(): string {
  return `\n${describeErrorSource} In one line, once the kernel is registered (npx ner-distill jupyter --register):\n\n  NER_DISTILL_GOLD=gold.txt NER_DISTILL_PREDICTED=mine.txt jupyter lab notebooks/05-error-analysis.ipynb`;
}
