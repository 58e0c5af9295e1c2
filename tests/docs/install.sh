#!/usr/bin/env bash
# `cmake --install` puts everything in place, and it works from there. $BUILD is the build directory.
# shellcheck source=tests/docs/lib.sh
. "$(dirname "$0")/lib.sh"
trap 'rm -rf "$TMP"' EXIT

cmake --install "$BUILD" --prefix "$TMP/usr" >"$TMP/log" || { cat "$TMP/log" >&2; exit 1; }
cd "$TMP/usr"
for command in $(commands); do
  [ "$(readlink "bin/sio-$command")" = sio ] || complain "bin/sio-$command is no link to sio"
  cmp -s <("bin/sio-$command" -h) <(sio "$command" -h) || complain "bin/sio-$command does not run $command"
  [ -e "share/man/man1/sio-$command.1" ] || complain "no manual page of $command"
done
for file in share/man/man1/sio.1 share/man/man7/sio-protocol.7 share/bash-completion/completions/sio \
  share/zsh/site-functions/_sio share/fish/vendor_completions.d/sio.fish \
  lib/systemd/system/sio.service lib/systemd/system/sio.socket; do
  [ -e "$file" ] || complain "not installed: $file"
done
exit "$wrong"
