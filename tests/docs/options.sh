#!/usr/bin/env bash
# The options that -h lists are those that the manual pages tell of, and the other way round.
# shellcheck source=tests/docs/lib.sh
. "$(dirname "$0")/lib.sh"
trap 'rm -rf "$TMP"' EXIT

# The options that stand as items of a list in (a section of) a manual page.
described_in() {
  sed -nE 's/^\.It (Fl .*)/\1/p' | grep -oE 'Fl (Fl [a-z0-9-]+|[[:alnum:]])\b' |
    sed -E 's/^Fl Fl /--/; s/^Fl /-/' | sort -u
}

for command in $(commands); do
  page=$root/man/sio-$command.1
  [ -e "$page" ] || { complain "no manual page: ${page#"$root"/}"; continue; }
  options_of "$command" >"$TMP/help"
  {
    described_in <"$page"
    [ "$command" = serve ] ||
      sed -n '/^\.Sh OPTIONS OF CLIENT COMMANDS/,/^\.Sh ENVIRONMENT/p' "$root/man/sio.1" | described_in
  } | sort -u >"$TMP/man"
  diff -u --label "sio $command -h" --label "manual pages" "$TMP/help" "$TMP/man" >&2 ||
    complain "sio $command: help and manual differ"
done
exit "$wrong"
