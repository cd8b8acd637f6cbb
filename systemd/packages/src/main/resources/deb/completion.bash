# Completes headwater's commands, their subcommands and options: bash-completion loads it.
_headwater() {
  local word=${COMP_WORDS[COMP_CWORD]} path="" i file home
  home=$(readlink -f "$(command -v headwater)") || return 0
  home=${home%/*/*}
  if [ "$COMP_CWORD" -eq 1 ]; then
    local names=()
    for file in "$home"/*/commands/*; do names+=("${file##*/}"); done
    mapfile -t COMPREPLY < <(compgen -W "${names[*]} train --help --version" -- "$word")
    return 0
  fi
  local lists=("$home"/*/words/"${COMP_WORDS[1]}.words")
  [ -f "${lists[0]}" ] || return 0
  # The longest run of words that are subcommands.
  for ((i = 1; i < COMP_CWORD; i++)); do
    if grep -q "^$path${path:+ }${COMP_WORDS[i]}: " "${lists[0]}"; then path="$path${path:+ }${COMP_WORDS[i]}"; fi
  done
  mapfile -t COMPREPLY < <(compgen -W "$(sed -n "s/^$path: //p" "${lists[0]}")" -- "$word")
  [ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
}
complete -F _headwater headwater
