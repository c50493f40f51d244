/** For fish, which is told each thing by itself, and when it counts. */
import type { Place, Slot } from './completion-place.ts';

export function fishScript(places: readonly Place[]): string {
  const paths = places.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join(' ')));
  return `# Completion of guestlist for fish: put it as guestlist.fish into ~/.config/fish/completions
set -g __guestlist_paths ${paths.join(' ')}

function __guestlist_at --description 'Are we right behind this command?'
    set -l at
    for word in (commandline -opc)[2..-1]
        if contains -- (string join -- ' ' $at $word) $__guestlist_paths
            set -a at $word
        end
    end
    test "$at" = "$argv"
end

complete -c guestlist -f
${places.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, commands, options, values }: Place): string[] {
  const head = `complete -c guestlist -n ${quoted(`__guestlist_at ${path.join(' ')}`.trimEnd())}`;
  return [
    ...commands.map(({ name, description }) => `${head} -a ${quoted(name)} -d ${quoted(description)}`),
    ...options.map(({ names, description, value }) => `${head} ${names.map(flag).join(' ')}${valueText(value)} -d ${quoted(description)}`),
    ...values.flatMap(({ choices, isFile }) => {
      if (choices.length > 0) return [`${head} -a ${quoted(choices.join(' '))}`];
      return isFile ? [`${head} -F`] : [];
    }),
  ];
}

function flag(name: string): string {
  return name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`;
}

function valueText(value: Slot | undefined): string {
  if (!value) return '';
  if (value.isFile) return ' -rF';
  return value.choices.length > 0 ? ` -xa ${quoted(value.choices.join(' '))}` : ' -x';
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
