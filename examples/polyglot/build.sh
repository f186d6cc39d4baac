#!/bin/sh
# Builds the jobs in C and Rust.
set -e
cd "$(dirname "$0")"
mkdir -p build
cc -std=c99 -O2 -o build/tone tone.c -lm
cargo build --release -p pipeloom-example-polyglot
