#!/bin/sh
# Tries the job without a network.
set -eu
cd "$(dirname "$0")"

products=$(seq 3 | ./my-job 10 -i - -o -)
[ "$products" = "$(printf '%s\n' 10 20 30)" ] || { echo "wrong: $products" >&2; exit 1; }
echo "numbers are multiplied"
