#!/usr/bin/env bash
# What the README shows runs: its commands, and its JavaScript with the stock client.
# shellcheck source=tests/docs/lib.sh
. "$(dirname "$0")/lib.sh"
prepare_stage

while IFS= read -r example <&3; do
  run_example "$example"
done 3< <(sed -n '/^```sh/,/^```/s/^\$ //p' "$root/README.md")

# The scripts that it names are there.
for script in $(sed -nE 's/^    ((cmd|tests)\/[a-z/]+).*/\1/p' "$root/README.md"); do
  [ -x "$root/$script" ] || complain "README names $script, which is not there"
done

ln -s "$root/tests/interop/node_modules" node_modules
sed -n '/^```js/,/^```/p' "$root/README.md" | grep -v '^```' |
  sed "s|http://127.0.0.1:3000|$SIO_URL|" >snippet.mjs
timeout 10 node snippet.mjs >out 2>&1 || complain "the README's JavaScript: $(cat out)"
grep -qE '^#[a-z0-9]+-[0-9]+$' out || complain "the README's JavaScript printed: $(cat out)"
exit "$wrong"
