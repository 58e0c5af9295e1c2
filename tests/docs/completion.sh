#!/usr/bin/env bash
# In each of the real shells, completion offers every command, every option and every value that there
# is, and nothing else. `sio completion SHELL` prints the files that are installed.
# shellcheck source=tests/docs/lib.sh
. "$(dirname "$0")/lib.sh"
trap 'rm -rf "$TMP"' EXIT
cd "$TMP"
printf '[prod]\nserver h:1\n[test.2]\nserver h:2\n' >config
export SIO_CONFIG=$TMP/config
touch somefile

cmp <(sio completion bash) "$root/completions/sio.bash" || complain "bash: another script"
cmp <(sio completion zsh) "$root/completions/_sio" || complain "zsh: another script"
cmp <(sio completion fish) "$root/completions/sio.fish" || complain "fish: another script"

# complete_in_SHELL WORD...: what completing the last word offers, one candidate a line.
complete_in_bash() {
  bash --norc -c '. <(sio completion bash)
    COMP_LINE="sio $*" COMP_POINT=${#COMP_LINE}
    _sio sio "${@: -1}"
    printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}
complete_in_zsh() {
  zsh -fc 'compdef() { }
    . <(sio completion zsh)
    _describe() { print -rl -- ${${${(P)${@[-1]}}%%[^\\]:*}:+${(P)${@[-1]}}} | sed -E "s/([^\\])?:.*/\1/" }
    _files() { print -l -- ${words[CURRENT]}*(N) }
    words=(sio "$@") CURRENT=$(($# + 1))
    _sio' zsh "$@"
}
complete_in_fish() {
  fish --no-config -c 'sio completion fish | source; complete -C "sio $argv"' -- "$@" | cut -f 1
}

# SHELL WHAT: the candidates on stdin are those of the file `want`.
check() {
  sort -u >got
  diff -u --label "$1 offers" --label "what there is" got want >&2 || complain "$1: $2"
}

for shell in bash zsh fish; do
  { commands; printf '%s\n' help completion --version; } | grep -v '^-' | sort >want
  "complete_in_$shell" '' | grep -v '^-' | check "$shell" commands
  { commands; printf '%s\n' exit json env http; } | sort >want
  "complete_in_$shell" help '' | check "$shell" 'help TOPIC'
  printf '%s\n' bash fish zsh >want
  "complete_in_$shell" completion '' | check "$shell" 'completion SHELL'
  for command in $(commands); do
    options_of "$command" | grep '^--' | sort >want
    "complete_in_$shell" "$command" -- | check "$shell" "long options of $command"
  done
  options_of emit | grep -v '^--' | sort >want
  "complete_in_$shell" emit - | grep -v '^--' | check "$shell" 'short options'
  printf '%s\n' always auto never >want
  "complete_in_$shell" listen a --color '' | check "$shell" 'values of --color'
  printf '%s\n' websocket >want
  "complete_in_$shell" emit --transport w | check "$shell" 'values of --transport'
  printf '%s\n' 10m 1d 1h all now >want
  "complete_in_$shell" replay --since '' | check "$shell" 'values of --since'
  printf '%s\n' @prod @test.2 >want
  "complete_in_$shell" listen -ks '' | check "$shell" 'profiles'
  printf '%s\n' somefile >want
  "complete_in_$shell" emit --cacert some | check "$shell" 'files'
  : >want
  "complete_in_$shell" emit -- - | sed '/^$/d' | check "$shell" 'nothing behind --'
done

# In a bash that somebody types into, @ and = begin words of their own.
cat >typist.py <<'END'
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
def until(part):
    text, end = "", time.time() + 20
    while part not in text:
        if time.time() > end or not select.select([fd], [], [], 20)[0]:
            sys.exit(f"no {part!r} in {text!r}")
        text += os.read(fd, 4096).decode()
def typed(text, part):
    os.write(fd, text.encode())
    until(part)
    os.write(fd, b"\x15")  # Ctrl-U
typed("PS1='re''ady>' TERM=dumb; . <(sio completion bash)\n", "ready>")
typed("sio listen -s @pr\t", "@prod ")
typed("sio listen --server=@te\t", "--server=@test.2 ")
typed("sio emit --color=ne\t", "--color=never ")
typed("sio lis\t", "listen ")
END
python3 typist.py || complain "bash at a terminal"
exit "$wrong"
