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
for command in $(commands); do
  answers "$command" -h
  answers "$command" --help
  answers "$command" --version
  answers help "$command"
  [ "$(sio "$command" -h | wc -L)" -le 160 ] || complain "sio $command -h: a line of over 160 columns"
done
exit "$wrong"
