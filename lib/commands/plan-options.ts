/** The options by which commands take a plan: a preset, a file of settings over it, and flags, which win. */
import { type Command, Option } from 'commander';
import { READ_FORMATS } from '../corpus/formats';
import { type Flag, type Kind, type Kinds, SETTINGS, STARTS } from '../experiment/settings';
import { PRECISIONS } from '../inference/precision';
import {
  column,
  decimal,
  engine,
  list,
  numbers,
  oneOf,
  preset,
  scheme,
  seeds,
  someOf,
  tags,
  wholeNumber,
  wholeNumbers,
} from './arguments';
import { lazily } from './lazily';

const PARSERS: { readonly [K in Exclude<Kind, 'text' | 'start'>]: (text: string) => Kinds[K] } = {
  number: decimal,
  'whole number': wholeNumber,
  list,
  numbers,
  'whole numbers': wholeNumbers,
  seeds,
  column,
  format: oneOf(READ_FORMATS),
  scheme,
  tags,
  precisions: someOf(PRECISIONS),
  engine,
  forms: lazily(() => require('./losses').formsNamed),
};

const planHelp = lazily(() => require('./help').planHelp);

export function addPlanOptions(command: Command): Command {
  command
    .option(
      '--preset <name>',
      'smoke, sample, scratch or paper, told below (default: that of --plan, else sample)',
      preset,
    )
    .option('--plan <file>', 'JSON with any settings of a plan, such as a plan.json; flags win over it');
  for (const setting of Object.values<Flag | object>(SETTINGS))
    if ('flag' in setting) command.addOption(optionOf(setting));
  return command.addHelpText('after', planHelp);
}

export function optionOf({ flag, help, takes, conflicts }: Flag): Option {
  const option = new Option(flag, help);
  if (conflicts !== undefined) option.conflicts(conflicts);
  if (takes === 'start') return option.choices(Object.keys(STARTS));
  return takes === 'text' ? option : option.argParser<unknown>(PARSERS[takes]);
}
