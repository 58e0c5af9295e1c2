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

# What the parser takes: it complains of --no-such-option and not of this one.
is_accepted() { # COMMAND OPTION
  local said
  said=$(sio "$1" "$2=x" --no-such-option 2>&1 </dev/null) || true
  [[ $said == *'unknown option --no-such-option'* ]] ||
    { said=$(sio "$1" "$2" --no-such-option 2>&1 </dev/null) || true; }
  [[ $said == *'unknown option --no-such-option'* || $said == *"$2"*'needs a value'* ]]
}

for command in $(commands); do
  for option in $(options_of "$command"); do
    [[ $option =~ ^(-h|--help|--version)$ ]] || is_accepted "$command" "$option" ||
      complain "sio $command $option: in the help, and the parser does not know it"
  done
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

# The exit statuses of `sio help exit` are those of the manual, and each has a test.
sio help exit | sed -nE 's/^  ([0-9]+(\+n)?) .*/\1/p' | sort >"$TMP/help"
sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EX/s/^\.It \([0-9+n]*\)$/\1/p' "$root/man/sio.1" | sort >"$TMP/man"
diff -u "$TMP/help" "$TMP/man" >&2 || complain "exit statuses: help and manual differ"
sed -nE 's/^row ([0-9+n]+)( .*|$)/\1/p' "$root/tests/e2e/sio-exit-status.sh" | sort -u >"$TMP/tests"
diff -u "$TMP/help" "$TMP/tests" >&2 || complain "exit statuses: help and tests differ"

# So are the variables of the environment.
sio help env | grep -oE '\b(SIO_(URL|AUTH|CONFIG)|NO_COLOR|SSL_CERT_FILE|[a-z]+_proxy)\b' | sort -u >"$TMP/help"
sed -n '/^\.Sh ENVIRONMENT/,/^\.Sh FILES/s/^\.It Ev //p' "$root/man/sio.1" | tr -d ' ' | tr , '\n' |
  grep -E '^(SIO_|NO_COLOR|SSL_|.*_proxy)' | sort -u >"$TMP/man"
diff -u "$TMP/help" "$TMP/man" >&2 || complain "environment: help and manual differ"
exit "$wrong"
