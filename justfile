# What one does daily. Continuous integration runs the same commands: .ci/run.

# What there is.
default:
    @just --list

# Build the command.
build:
    cargo build --workspace

# Run all tests; arguments go to cargo test.
test *args:
    cargo test --workspace {{args}}

# Run the tests in which system calls fail: some of them, or with PIPELOOM_FAULTS=all each one with each error.
test-faults:
    cargo test -p pipeloom-os --features fault-injection
    cargo test -p pipeloom --features fault-injection --test faults

# Simulate a million runs, and strike real ones with so many seeds for each fault; docs/reliability.md gets the figures.
soak seeds="50" simulated="1000000":
    #!/usr/bin/env bash
    set -euo pipefail
    figures="$(realpath -m "${CARGO_TARGET_DIR:-target}/faults")"
    rm -rf "$figures"
    export PIPELOOM_FAULTS_FIGURES="$figures"
    cargo build --release -p pipeloom -p pipeloom-e2e -p pipeloom-test-plugin
    all_well=0
    just simulate {{simulated}} || all_well=1
    PIPELOOM_FAULTS_SEEDS={{seeds}} cargo test --release -p pipeloom-faults --no-fail-fast --test '*' || all_well=1
    cargo run --release -p pipeloom-faults --bin fault-table -- "$figures" docs/reliability.md || all_well=1
    exit $all_well

# Simulate runs with so many seeds, or some of them, as 500000..1000000, until one goes wrong; numbers may not overflow unseen.
simulate seeds="1000000":
    PIPELOOM_SIM_SEEDS={{seeds}} CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true \
        cargo test --release -p pipeloom-engine --lib simulated -- --nocapture

# Put all orders in which two programs can use a ring before it.
loom:
    RUSTFLAGS="--cfg loom" cargo test --release -p pipeloom-job --target-dir "${CARGO_TARGET_DIR:-target}/loom" --test ring_orders

# See under Miri that payloads, their pools, rings and bursts break no rule of memory. Needs a nightly compiler with miri.
miri:
    PROPTEST_CASES=8 MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test -p pipeloom-job --lib -- ring payload pool burst batch

# See under the thread sanitizer that threads use the same memory in order; simulated runs have one thread. Needs a nightly compiler with rust-src.
tsan *args:
    RUSTFLAGS=-Zsanitizer=thread cargo +nightly test -Zbuild-std --target "$(rustc --print host-tuple)" \
        --target-dir "${CARGO_TARGET_DIR:-target}/tsan" -p pipeloom-job -p pipeloom-engine --lib -- --skip simulated {{args}}

# Run the tests of the kit for Python, which needs pytest and numpy.
test-python *args:
    cargo build -p pipeloom
    cd jobs/python && PIPELOOM_BIN=../../target/debug/pipeloom python3 -m pytest {{args}}

# Formatting and lints.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --all-features -- --deny warnings

# Licences, duplicates and sources of dependencies.
deny:
    cargo deny check bans licenses sources

# The API's documentation, and that schema, reference and the blocks in documents are what they are made from.
docs-check:
    RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps
    cargo test -p pipeloom-config --test schema
    cargo test -p pipeloom-structure

# Write anew what is made from the sources: schema, reference, copies in documents, wire vectors, what commands say in the guide.
regenerate:
    PIPELOOM_REGENERATE=1 cargo test -p pipeloom-config --test schema
    PIPELOOM_REGENERATE=1 cargo test -p pipeloom-structure
    PIPELOOM_REGENERATE=1 cargo test -p pipeloom-kits wire
    PIPELOOM_REGENERATE=1 cargo test -p pipeloom --test guide

# Make a book of the guide, in docs/guide/book; needs mdbook (cargo install mdbook --no-default-features).
guide:
    mdbook build docs/guide

# Run examples/voice; the results are in voice-run/.
voice:
    rm -rf voice-run
    cargo run --release -p pipeloom -- run examples/voice/network.toml --run-dir voice-run

# Measure against bare programs and peers: all rows three times over, into docs/performance.md; or what arguments ask for.
bench *args:
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --release -p pipeloom -p pipeloom-bench
    compare="${CARGO_TARGET_DIR:-target}/release/compare"
    if [ -n "{{args}}" ]; then
        exec "$compare" {{args}}
    fi
    all_ran=0
    "$compare" --runs 3 --out target/bench --fill docs/performance.md --fill README.md || all_ran=1
    mkdir -p docs/performance
    cp target/bench/*.svg docs/performance/
    exit $all_ran

# See that every row of the measurements runs.
bench-quick:
    cargo build -p pipeloom -p pipeloom-bench
    "${CARGO_TARGET_DIR:-target}/debug/compare" --quick
    "${CARGO_TARGET_DIR:-target}/debug/compare" --quick --instructions

# Install the peers that the measurements know, below the target directory; PIPELOOM_BENCH_MARVELO names a checkout of MARVELO.
bench-peers *args:
    ./tests/bench/peers/install {{args}}

# Count the runtime's instructions for each block, into docs/performance.md. Needs valgrind.
callgrind:
    cargo build --release -p pipeloom -p pipeloom-bench
    "${CARGO_TARGET_DIR:-target}/release/compare" --instructions --fill docs/performance.md

# Fuzz each target for some seconds, or those that are named. Needs a nightly compiler and cargo-fuzz.
fuzz seconds="60" *targets="":
    ./tests/fuzz/run {{seconds}} {{targets}}

# The same with any compiler: it does not see which code an input reaches, and finds less.
fuzz-stable seconds="60" *args="":
    cargo run --release -p pipeloom-fuzz-targets --bin fuzz-stable -- {{seconds}} {{args}}

# Everything, as continuous integration does.
ci:
    ./.ci/run
