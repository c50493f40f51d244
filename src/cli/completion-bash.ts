/** For bash 3.2 and later, which macOS still has: no arrays by name. */
import { pathText, type Place, quoted, slotsOf, takersOf } from './completion-place.ts';

/** At each place: the commands, the options, those of them that take a value, and what can be typed there. */
export function bashScript(places: readonly Place[]): string {
  return `# Completion of guestlist for bash: source <(guestlist completion bash)
_guestlist_at() {
  commands='' options='' takers=''
  case "$1" in
${places.map(placeCase).join('')}  esac
}

_guestlist_values() {
  values='' files=''
  case "$1" in
${places.flatMap(valueCases).join('')}  esac
}

_guestlist() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at='' taker='' place=0 index word commands options takers values files words
  COMPREPLY=()
  _guestlist_at ''
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    # --who=members comes as three words.
    if [[ $word == '=' ]]; then continue; fi
    if [[ -n $taker ]]; then
      taker=''
    elif [[ " $takers " == *" $word "* ]]; then
      taker=$word
    elif [[ " $commands " == *" $word "* ]]; then
      at="$at $word"
      _guestlist_at "$at"
    elif [[ $word != -* ]]; then
      place=$((place + 1))
    fi
  done
  if [[ $current == '=' ]]; then current=''; fi
  if [[ -n $taker ]]; then
    _guestlist_values "$at $taker"
    words=$values
  elif [[ $current == -* ]]; then
    files=''
    words=$options
  else
    _guestlist_values "$at $place"
    words="$commands $values"
  fi
  if [[ -n $files ]]; then
    compopt -o filenames 2> /dev/null
    local IFS=$'\n'
    COMPREPLY=($(compgen -f -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}

complete -F _guestlist guestlist
`;
}

function placeCase(place: Place): string {
  const { commands, options } = place;
  const all = options.flatMap(({ names }) => names.filter((name) => name.startsWith('--')));
  const names = commands.map(({ name }) => name);
  return `    ${quoted(pathText(place))}) commands=${list(names)} options=${list(all)} takers=${list(takersOf(place))} ;;\n`;
}

function valueCases(place: Place): string[] {
  return slotsOf(place).map(({ name, choices, isFile }) => {
    const found = isFile ? 'files=yes' : `values=${list(choices)}`;
    return `    ${quoted(`${pathText(place)} ${name}`)}) ${found} ;;\n`;
  });
}

function list(words: readonly string[]): string {
  return quoted(words.join(' '));
}
