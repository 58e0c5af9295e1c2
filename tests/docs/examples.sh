#!/usr/bin/env bash
# The examples of the manual pages do what they are shown for.
# shellcheck source=tests/docs/lib.sh
. "$(dirname "$0")/lib.sh"
prepare_stage

examples_of() {
  sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/s/^\$ //p' "$1" | sed -e 's/\\(dq/"/g' -e 's/\\e/\\/g'
}

count=0
for page in "$root"/man/*.[1-8]; do
  while IFS= read -r example <&3; do
    run_example "$example"
    count=$((count + 1))
  done 3< <(examples_of "$page")
done
[ "$count" -ge 10 ] || complain "only $count examples were found"
exit "$wrong"
