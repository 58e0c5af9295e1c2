#!/usr/bin/env bash
# What cmd/tour and tests/run do before they do anything: cmd/setup.sh.
# shellcheck source=tests/docs/lib.sh
. "$(dirname "$0")/lib.sh"
trap 'rm -rf "$TMP"' EXIT
. "$root/cmd/setup.sh"
cd "$TMP"

# A build says how far it is to a person, and nothing to a file.
printf 'rule step\n  command = touch $out\n  description = step $out\nbuild one: step\nbuild two: step\n' \
  >build.ninja
python3 "$root/tests/e2e/terminal.py" --stdout shown \
  bash -c 'root=$1; . "$root/cmd/setup.sh"; run_ninja . one' - "$root"
grep -q '\[1/1\] step one' shown || complain "a terminal is shown: $(cat shown)"
[ -z "$(run_ninja . two 2>&1)" ] || complain 'a file is told how far the build is'
[ -e two ] || complain 'nothing was built'
if run_ninja . none >out 2>&1; then complain 'a target that is not there was built'; fi

# A need that is met needs no apt-get, and one that cannot be met is named.
install_needs bash:bash >out || complain 'bash is not there'
[ ! -s out ] || complain "what is there is installed again: $(cat out)"
if (as_root() { return 1; }; install_needs no-such-package) >out 2>&1; then
  complain 'no-such-package is there'
fi
grep -q 'no-such-package' out || complain "what is missing is not named: $(cat out)"

# Packages of npm are installed once.
mkdir -p folder/node_modules bin
echo '{}' >folder/package-lock.json
printf '#!/bin/sh\necho "npm $1" >>"%s/calls"\n' "$TMP" >bin/npm
chmod +x bin/npm
for _ in 1 2; do (PATH=$TMP/bin:$PATH root=$TMP; install_node_packages folder >>out); done
[ "$(cat calls)" = 'npm ci' ] || complain "npm was called: $(cat calls)"

# What one build directory has compiled, another takes from the cache.
[ "$CCACHE_BASEDIR" = "$root" ] || complain "\$CCACHE_BASEDIR is $CCACHE_BASEDIR"
export CCACHE_BASEDIR=$TMP CCACHE_DIR=$TMP/cache CCACHE_CONFIGPATH=$TMP/none
echo 'int one() { return 1; }' >source.cc
for build in a b; do
  mkdir "$build"
  (cd "$build" && ccache g++ -g -c ../source.cc -o one.o)
done
hits=$(ccache --print-stats | awk '/^(direct|preprocessed)_cache_hit/ { n += $2 } END { print n }')
[ "$hits" = 1 ] || complain "$hits hits of the cache, expected 1"
exit "$wrong"
