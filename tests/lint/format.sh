#!/usr/bin/env bash
# Every tracked C++ file is as clang-format 14 would write it.
set -euo pipefail
cd "$(dirname "$0")/../.."
git ls-files -z -- '*.h' '*.cc' | xargs -0 -r clang-format-14 --dry-run -Werror
