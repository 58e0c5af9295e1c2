#!/usr/bin/env bash
# In each of the real shells, completion offers every command and every option that there is.
# shellcheck source=tests/docs/lib.sh
. "$(dirname "$0")/lib.sh"
trap 'rm -rf "$TMP"' EXIT
cd "$root/completions"

# complete_in_SHELL WORD...: what completing the last word offers, one candidate a line.
complete_in_bash() {
  bash --norc -c '. ./sio.bash
    COMP_WORDS=(sio "$@") COMP_CWORD=$#
    _sio sio "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}
complete_in_zsh() {
  zsh -fc '_describe() { print -rl -- ${${(P)${@[-1]}}%%:*} }
    _files() { }
    words=(sio "$@") CURRENT=$(($# + 1))
    . ./_sio' zsh "$@"
}
complete_in_fish() {
  fish --no-config -c 'source ./sio.fish; complete -C "sio $argv"' -- "$@" | cut -f 1
}

check() {
  local shell=$1 what=$2
  sort -u >"$TMP/got"
  comm -23 "$TMP/want" "$TMP/got" >"$TMP/missing"
  [ ! -s "$TMP/missing" ] || complain "$shell does not complete $what: $(tr '\n' ' ' <"$TMP/missing")"
}

for shell in bash zsh fish; do
  commands | sort -u >"$TMP/want"
  "complete_in_$shell" '' | check "$shell" commands
  for command in $(commands); do
    options_of "$command" | grep -- '^--' | sort -u >"$TMP/want"
    "complete_in_$shell" "$command" -- | check "$shell" "long options of $command"
    options_of "$command" | grep -v -- '^--' | sort -u >"$TMP/want"
    "complete_in_$shell" "$command" - | check "$shell" "short options of $command"
  done
done
exit "$wrong"
