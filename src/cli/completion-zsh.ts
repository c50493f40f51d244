/** For zsh, which shows what each command and option is for. */
import { pathText, type Place, quoted, slotsOf, takersOf } from './completion-place.ts';

export function zshScript(places: readonly Place[]): string {
  return `#compdef guestlist
# Completion of guestlist for zsh: put it as _guestlist into a folder of fpath.
_guestlist_at() {
  commands=() options=() names=() takers=()
  case "$1" in
${places.map(placeCase).join('')}  esac
}

_guestlist_values() {
  values=() files=''
  case "$1" in
${places.flatMap(valueCases).join('')}  esac
}

_guestlist() {
  local at='' taker='' files='' word
  local -i place=0 index
  local -a commands options names takers values
  _guestlist_at ''
  for ((index = 2; index < CURRENT; index++)); do
    word=$words[index]
    if [[ -n $taker ]]; then
      taker=''
    elif (( $takers[(Ie)$word] )); then
      taker=$word
    elif (( $names[(Ie)$word] )); then
      at="$at $word"
      _guestlist_at "$at"
    elif [[ $word != -* ]]; then
      place+=1
    fi
  done
  if [[ -z $taker && $PREFIX == --*=* ]]; then
    taker=\${PREFIX%%=*}
    compset -P '*='
  fi
  if [[ -n $taker ]]; then
    _guestlist_values "$at $taker"
  elif [[ $PREFIX == -* ]]; then
    _describe -o 'option' options
    return
  else
    _guestlist_values "$at $place"
    (( $#commands )) && _describe 'command' commands
  fi
  (( $#values )) && compadd -a values
  [[ -n $files ]] && _files
}

if [[ $funcstack[1] == _guestlist ]]; then
  _guestlist "$@"
else
  compdef _guestlist guestlist
fi
`;
}

function placeCase(place: Place): string {
  const { commands, options } = place;
  const long = options.map(({ names, ...option }) => ({ ...option, name: names.at(-1) ?? '' }));
  return `    ${quoted(pathText(place))})
      commands=(${commands.map(described).join(' ')})
      names=(${commands.map(({ name }) => quoted(name)).join(' ')})
      options=(${long.map(described).join(' ')})
      takers=(${takersOf(place).map(quoted).join(' ')})
      ;;
`;
}

function valueCases(place: Place): string[] {
  return slotsOf(place).map(({ name, choices, isFile }) => {
    const found = isFile ? 'files=yes' : `values=(${choices.map(quoted).join(' ')})`;
    return `    ${quoted(`${pathText(place)} ${name}`)}) ${found} ;;\n`;
  });
}

function described({ name, description }: { readonly name: string; readonly description: string }): string {
  return quoted(`${name}:${description.replaceAll(':', '\\:')}`);
}
