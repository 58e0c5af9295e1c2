#!/usr/bin/env bash
# Every man page is clean mdoc(7).
set -euo pipefail
cd "$(dirname "$0")/../../man"
mandoc -T lint -W warning -- *.[1-8]
