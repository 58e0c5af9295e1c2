#!/usr/bin/env bash
# Every command answers -h, --help and --version on stdout, with nothing on stderr.
# shellcheck source=tests/docs/lib.sh
. "$(dirname "$0")/lib.sh"
trap 'rm -rf "$TMP"' EXIT

answers() {
  sio "$@" >"$TMP/out" 2>"$TMP/err" || complain "sio $*: status $?"
  [ -s "$TMP/out" ] || complain "sio $*: nothing on stdout"
  [ ! -s "$TMP/err" ] || complain "sio $*: on stderr: $(cat "$TMP/err")"
}

answers help
answers -h
answers --version
answers help completion
answers completion --help
for command in $(commands); do
  answers "$command" -h
  answers "$command" --help
  answers "$command" --version
  answers help "$command"
  [ "$(sio "$command" -h | wc -L)" -le 100 ] || complain "sio $command -h: a line of over 100 columns"
done
for topic in $(sio help | sed -nE 's/^  sio help ([a-z]+) .*/\1/p'); do
  answers help "$topic"
  [ "$(sio help "$topic" | wc -L)" -le 100 ] || complain "sio help $topic: a line of over 100 columns"
done
[ "$(sio help | wc -l)" -le 40 ] || complain 'sio help does not fit on a screen'

# What does not exist is told with what does, on stderr.
wrong_name() {
  local want=$1 status=0
  shift
  sio "$@" >"$TMP/out" 2>"$TMP/err" || status=$?
  [ "$status" = 2 ] || complain "sio $*: status $status"
  [ ! -s "$TMP/out" ] || complain "sio $*: on stdout: $(cat "$TMP/out")"
  [[ $(cat "$TMP/err") == *"$want"* ]] || complain "sio $*: no '$want' in: $(cat "$TMP/err")"
}
wrong_name 'did you mean `sio help exit`?' help exti
wrong_name 'did you mean `sio help listen`?' help lissen
wrong_name 'there is serve, emit' help qqqqqq
wrong_name 'did you mean `sio completion fish`?' completion fich
wrong_name 'which shell? bash, fish, zsh' completion
wrong_name 'did you mean `sio listen`?' listne
wrong_name 'the command comes first, as in `sio emit -v`' -v
exit "$wrong"
