/** `ner-distill completion`: has a shell complete commands, options and their values at the Tab key. */
import { Argument, type Command } from 'commander';
import { lazily } from './lazily';

/** How each shell loads it: in every session from then on. */
const INSTALLED: Readonly<Record<string, string>> = {
  bash: `echo 'eval "$(ner-distill completion bash)"' >> ~/.bashrc`,
  zsh: `echo 'eval "$(ner-distill completion zsh)"' >> ~/.zshrc  # after compinit`,
  fish: 'ner-distill completion fish > ~/.config/fish/completions/ner-distill.fish',
};

export function declare(command: Command): void {
  const lines = Object.entries(INSTALLED).map(([shell, line]) => `  ${shell.padEnd(5)} ${line}`);
  command
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(INSTALLED)))
    .argument(
      '[words...]',
      'what the shell asks at the Tab key: the words behind "ner-distill", to be completed in the last of them',
    )
    .addHelpText(
      'after',
      `
To install it, once:

${lines.join('\n')}

The shell must find the command itself, without npx: PATH has node_modules/.bin of this folder, or "npm link --workspace
ner-distill" was run here.`,
    )
    .action(lazily(() => require('./actions/completion').complete));
}
