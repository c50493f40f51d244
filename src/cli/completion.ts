/** `guestlist completion bash|zsh|fish`: a script by which a shell completes commands, options and their values, made from the program itself. */
import { Argument, type Command } from 'commander';
import { bashScript } from './completion-bash.ts';
import { fishScript } from './completion-fish.ts';
import { placesIn } from './completion-place.ts';
import { zshScript } from './completion-zsh.ts';
import { ending, examples } from './command.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
type Shell = keyof typeof scripts;

const howTo = `
In your shell, once:
  bash  echo 'source <(guestlist completion bash)' >> ~/.bashrc
  zsh   guestlist completion zsh > ~/.zfunc/_guestlist, with 'fpath+=~/.zfunc' before 'compinit' in ~/.zshrc
  fish  guestlist completion fish > ~/.config/fish/completions/guestlist.fish
`;

export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print a script by which your shell completes what you type')
    .addArgument(new Argument('<shell>', 'the one you type in').choices(Object.keys(scripts)))
    .addHelpText('after', `${howTo}${examples('completion bash')}`)
    .action(ending(async (shell: Shell) => void process.stdout.write(scripts[shell](placesIn(program)))));
}
