/**
 * What a `tokenizer_config.json` says against the `tokenizer.json` beside it. The classes of BERT's kind in transformers make
 * their normalizer of its settings, whatever the `tokenizer.json` has, so that models were trained with those.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../errors';
import { parseJson, readJson } from '../json';
import { inBrief, listed } from '../listed';
import { SETTINGS_FILE, TOKENIZER_FILE } from '../tokenizer-files';

/** Those that do so in transformers 4 and 5; `PreTrainedTokenizerFast` takes the file as it stands. */
const CLASS =
  /^(Bert|DistilBert|Electra|Funnel|LayoutLM|LayoutLMv2|Lxmert|MPNet|MobileBert|Splinter|SqueezeBert)Tokenizer(Fast)?$/;

/** What each setting is in a `BertNormalizer`. */
const FIELDS = {
  do_lower_case: 'lowercase',
  strip_accents: 'strip_accents',
  tokenize_chinese_chars: 'handle_chinese_chars',
} as const;

type Setting = keyof typeof FIELDS;
type Values = Readonly<Record<string, unknown>>;

/**
 * The text of a definition with the settings beside it, where they say something else; what they do not say stays as it is.
 * @param file the `tokenizer.json`
 * @throws InputError where a setting is neither true nor false
 */
export function withSettingsBeside(text: string, file: string): { text: string; notes: readonly string[] } {
  const unchanged = { text, notes: [] };
  const settingsFile = join(dirname(file), SETTINGS_FILE);
  const settings = valuesIn(settingsFile);
  const told = (Object.keys(FIELDS) as Setting[]).filter(name => isTold(settings, name));
  if (told.length === 0) return unchanged;
  const name = settings.tokenizer_class ?? valuesIn(join(dirname(file), 'config.json')).tokenizer_class;
  if (name !== undefined && name !== null && !(typeof name === 'string' && CLASS.test(name)))
    return unchanged;
  const definition = parseJson(text, { file, what: 'not a tokenizer.json' }) as {
    normalizer?: Values;
  } | null;
  const normalizer = definition?.normalizer;
  if (normalizer?.type !== 'BertNormalizer') return unchanged;
  for (const setting of told)
    if (typeof (settings[setting] ?? true) !== 'boolean')
      throw new InputError(
        `${settingsFile}: ${setting} is ${inBrief(settings[setting])}, expected true or false`,
      );
  const made: Values = {
    ...normalizer,
    ...Object.fromEntries(told.map(setting => [FIELDS[setting], settings[setting]])),
  };
  const changed = told.filter(setting => effect(made, setting) !== effect(normalizer, setting));
  if (changed.length === 0) return unchanged;
  const said = changed.map(setting => `${setting} ${settings[setting]}`);
  return {
    text: JSON.stringify({ ...definition, normalizer: made }),
    notes: [
      `${settingsFile}: ${listed(said, 'and')} is taken against the ${TOKENIZER_FILE} beside it, as transformers does`,
    ],
  };
}

/** Only of accents `null` says something: that they go where case does. */
function isTold(settings: Values, name: Setting): boolean {
  return settings[name] !== undefined && (name === 'strip_accents' || settings[name] !== null);
}

function effect(normalizer: Values, setting: Setting): unknown {
  const value = normalizer[FIELDS[setting]];
  return setting === 'strip_accents' ? (value ?? normalizer.lowercase) : value;
}

function valuesIn(file: string): Values {
  return ((existsSync(file) && readJson(file)) || {}) as Values;
}
