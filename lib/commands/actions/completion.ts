/** What the Tab key offers, told from the commands as they are declared: nothing has to be made anew when they change. */
import type { Command, Option } from 'commander';
import type { Offering } from '../lazily';

/** Each asks for what fits the words at the Tab key; where nothing does, files are offered. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_ner_distill() {
  local IFS=$'\\n'
  COMPREPLY=( $("\${COMP_WORDS[0]}" completion bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) )
}
complete -o default -F _ner_distill ner-distill
`,
  zsh: `_ner_distill() {
  local -a found
  found=(\${(f)"$(\${words[1]} completion zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#found} )); then compadd -a found; else _files; fi
}
compdef _ner_distill ner-distill
`,
  fish: `function __ner_distill
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  $words[1] completion fish -- $words[2..-1] "$current" 2>/dev/null
end
complete -c ner-distill -a '(__ner_distill)'
`,
};

export function complete(shell: string, words: readonly string[], _: unknown, command: Command): void {
  const found =
    words.length === 0 ? SCRIPTS[shell] : completions(command.parent!, words).map(word => `${word}\n`);
  process.stdout.write(typeof found === 'string' ? found : found.join(''));
}

/**
 * What may stand in the place of the last word: names of commands, flags, or the values of an option or an argument that
 * has a list of them. None where only a person knows.
 * @param words those behind the name of the program
 */
export function completions(program: Command, words: readonly string[]): string[] {
  let command = program;
  let awaited: Option | undefined;
  let operands = 0;
  // Bash takes a = between an option and its value for a word.
  for (const word of words.slice(0, -1).filter(word => word !== '=')) {
    const within = awaited === undefined ? command.commands.find(each => each.name() === word) : undefined;
    if (within !== undefined) {
      command = within;
      operands = 0;
    } else if (awaited === undefined && !word.startsWith('-')) operands++;
    const option =
      awaited === undefined
        ? optionsOf(command).find(({ short, long }) => word === long || word === short)
        : undefined;
    awaited = option?.required || option?.optional ? option : undefined;
  }
  const [last] = words.slice(-1).map(word => (word === '=' ? '' : word));
  return candidates(command, awaited, operands, last).filter(each => each.startsWith(last));
}

function candidates(
  command: Command,
  awaited: Option | undefined,
  operands: number,
  last: string,
): readonly string[] {
  if (awaited !== undefined)
    return awaited.argChoices ?? (awaited.parseArg as Partial<Offering> | undefined)?.values ?? [];
  if (last.startsWith('-')) return optionsOf(command).flatMap(({ long }) => long ?? []);
  const commands = command.createHelp().visibleCommands(command);
  return [...commands.map(each => each.name()), ...(command.registeredArguments[operands]?.argChoices ?? [])];
}

/** Its own and those of the commands above it, as its help shows them. */
function optionsOf(command: Command): Option[] {
  const help = command.createHelp();
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
}
