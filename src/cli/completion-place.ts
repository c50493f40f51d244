/** Everything that can be typed, as commander knows it; and what the scripts of all shells say alike. */
import type { Command, Option } from 'commander';

/** A value that is typed after an option, or in its place. */
export type Slot = { readonly choices: readonly string[]; readonly isFile: boolean };

export type CompletedOption = {
  readonly names: readonly string[];
  readonly description: string;
  /** Undefined: it takes no value. */
  readonly value: Slot | undefined;
};

/** A command, and what can be typed after it. */
export type Place = {
  /** `['group', 'policy']`; nothing: the program itself. */
  readonly path: readonly string[];
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletedOption[];
  readonly values: readonly Slot[];
};

/** Each before those in it. */
export function placesIn(command: Command, path: readonly string[] = []): Place[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter((sub) => sub.name() !== 'help');
  const place: Place = {
    path,
    commands: commands.map((sub) => ({ name: sub.name(), description: oneLine(sub.description()) })),
    options: help.visibleOptions(command).map(toOption),
    values: command.registeredArguments.map((argument) => ({ choices: argument.argChoices ?? [], isFile: isFile(argument.name()) })),
  };
  return [place, ...commands.flatMap((sub) => placesIn(sub, [...path, sub.name()]))];
}

function toOption({ short, long, description, flags, argChoices = [], required, optional }: Option): CompletedOption {
  return {
    names: [short, long].filter((name) => name !== undefined),
    description: oneLine(description),
    value: required || optional ? { choices: argChoices, isFile: isFile(flags) } : undefined,
  };
}

/** As the help names it: `--claims <file or none>`. */
function isFile(text: string): boolean {
  return /(?<!@)\b(file|path)\b/.test(text.replace(/^[^<[]*(?=[<[])/, ''));
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

type NamedSlot = Slot & {
  /** An option, or the number of an argument. */
  readonly name: string;
};

/** Those of which something is known. */
export function slotsOf({ options, values }: Place): NamedSlot[] {
  const ofOptions = options.flatMap(({ names, value }) => (value ? names.map((name) => ({ ...value, name })) : []));
  const all = [...ofOptions, ...values.map((value, index) => ({ ...value, name: String(index) }))];
  return all.filter(({ choices, isFile: names }) => choices.length > 0 || names);
}

/** Names of the options after which a value is typed. */
export function takersOf({ options }: Place): string[] {
  return options.flatMap(({ names, value }) => (value ? names : []));
}

/** ` group policy` */
export function pathText({ path }: Place): string {
  return path.map((name) => ` ${name}`).join('');
}

/** For bash and zsh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
