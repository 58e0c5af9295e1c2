#!/usr/bin/env bash
# How a command is named: `sio emit`, a link sio-emit, `sio help emit`; and what is said of others.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

ln -s "$SIO" sio-emit
./sio-emit -h >by-link
"$SIO" emit --help >by-name
"$SIO" help emit >by-help
assert_same by-name by-link
assert_same by-name by-help
ln -s "$SIO" sio-0.1.0
assert_equal "$("$SIO" --version)" "$(./sio-0.1.0 --version)"
./sio-0.1.0 emit -h >by-version
assert_same by-name by-version
ln -s "$SIO" sio-help
./sio-help emit >by-help-link
assert_same by-name by-help-link
"$SIO" help >overview
for command in serve emit listen join; do
  assert_contains "$(cat overview)" "$command"
  "$SIO" "$command" -h >help 2>help.err
  assert_equal '' "$(cat help.err)"
  assert_contains "$(cat help)" "usage: sio $command"
  "$SIO" "$command" --version >/dev/null
done
assert_equal "$("$SIO" --version)" "$("$SIO" emit --version)"

expect_status 2 "$SIO" 2>err
assert_contains "$(cat err)" usage
expect_status 2 "$SIO" lsten 2>err
assert_contains "$(cat err)" 'did you mean `sio listen`?'
expect_status 2 "$SIO" help lsten 2>err
expect_status 2 "$SIO" xyzzy 2>err
assert_contains "$(cat err)" 'sio help'
