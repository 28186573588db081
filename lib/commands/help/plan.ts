/** What the help of commands over a plan tells: its presets, and how a corpus is read. */
import { describeFormatRule } from '../../corpus/formats';
import { describeSchemeRule } from '../../corpus/schemes';
import { describeSplittingRule } from '../../corpus/sources';
import { PRESET_DESCRIPTIONS } from '../../experiment/plan-schema';

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
