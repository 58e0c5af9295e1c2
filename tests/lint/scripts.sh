#!/usr/bin/env bash
# Every tracked shell script passes shellcheck.
set -euo pipefail
cd "$(dirname "$0")/../.."
git grep -lzE '^#!.*\b(ba)?sh\b' -- ':!*.md' | xargs -0 -r shellcheck -x -S warning -e SC1091
shellcheck -s bash -S warning tests/e2e/lib.sh
