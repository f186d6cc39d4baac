//! The rows of the table, each with its goals.

use pipeloom_bench::flags::Mode;

use crate::care::Care;
use crate::kit::Kit;
use crate::mixed::{Mixed, Way};
use crate::peers::Peer;
use crate::recovery::{Language, Recovery};
use crate::row::{Chain, Fan, Goal, Link, Metric, Row, Shape};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// All rows, in the table's order. Counts are such that a bare run takes about a second.
pub(crate) fn all() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(tiny());
    rows.extend(native());
    rows.extend(in_step());
    rows.extend(large());
    rows.extend(fanned_out());
    rows.extend(delays());
    rows.extend(long());
    rows.extend(starts());
    rows.extend(kits());
    rows.extend(shared());
    rows.extend(careful());
    rows.extend(killed());
    rows.extend(weighed());
    rows.extend(sizes());
    rows
}

/// Direct pipes are the kernel's own; 3 % are left for the noise of a busy machine.
const DIRECT: Goal = Goal::Ratio(0.97);
/// Twenty times what a Python runtime of the same model is known to move.
const SMALL_BLOCKS: Goal = Goal::PerSecond(800_000.0);
/// One call for each block, beside runtimes that do much more for each.
const ONE_CALL: [Goal; 2] = [Goal::TimesPeer(Peer::Dora, 15.0), Goal::TimesPeer(Peer::Marvelo, 25.0)];
/// Many blocks in one call.
const BATCHED: Goal = Goal::TimesPeer(Peer::Dora, 300.0);
/// A relay by splice against a forwarder by splice.
const SPLICED: Goal = Goal::Ratio(0.9);
/// `tee` copies little at a time, and for each reader anew.
const FANNED: Goal = Goal::Ratio(5.0);
/// Jobs that are called one from the other, against the same with no runtime.
const FUSED: Goal = Goal::Ratio(0.8);
/// Jobs on threads, against the same batches by bare channels.
const CHANNEL: Goal = Goal::Ratio(0.9);
/// A join, and heads, may cost half of what they are added to.
const IN_STEP: Goal = Goal::Within(1.5);
/// A long chain costs what its programs cost.
const LONG: Goal = Goal::Within(1.2);

/// A kit, against a loop of reads and writes.
const KIT: Goal = Goal::Within(1.1);
/// Shared memory, against two programs that know the size of all blocks, and against a peer that shares memory too.
const SHARED: [Goal; 3] =
    [Goal::Ratio(0.85), Goal::TimesPeer(Peer::Dora, 40.0), Goal::TimesPeer(Peer::DoraDropping, 5.0)];
/// Five times what a Python runtime of the same model moves: 40 thousand blocks a second.
const PYTHON_SMALL: Goal = Goal::PerSecond(200_000.0);
/// Four times what it moves of large blocks: 404 MB a second.
const PYTHON_LARGE: Goal = Goal::BytesPerSecond(4.0 * 404e6);

fn tiny() -> Vec<Row> {
    let one_call = Chain::new(64, 1_000_000);
    let batch = Chain::new(64, 30_000_000).mode(Mode::Batch);
    let mixed = |id, what, way, goals: &[Goal]| Row {
        id,
        what,
        shape: Shape::Mixed(Mixed { way, size: 64, count: 20_000_000 }),
        against: None,
        metric: Metric::Flow,
        goals: goals.to_vec(),
    };
    vec![
        one_call.connectors(0).row("W1.pair", "2 executables", &[DIRECT]),
        one_call.row("W1.chain", "3 executables", &[&[DIRECT, SMALL_BLOCKS], ONE_CALL.as_slice()].concat()),
        batch.row("W1.batch", "3 executables, batched", &[DIRECT, BATCHED]),
        one_call.relay().row("W1.relay", "2 executables, relay", &[SMALL_BLOCKS]),
        batch.relay().row("W1.relay-batch", "2 executables, relay, batched", &[]),
        one_call.heads().row("W1.heads", "3 executables, 2 relays", &[SMALL_BLOCKS]),
        mixed("W1.native-kit", "native, executable with a kit, native", Way::OutAndBack, &[Goal::Ratio(0.7)]),
        mixed("W1.native-out", "native, executable", Way::Out, &[]),
        mixed("W1.native-in", "executable, native", Way::In, &[]),
    ]
}

/// Three jobs inside one process. All goes through the whole run, so runs are long.
fn native() -> Vec<Row> {
    let row = |id, what, link, size, count, goals: &[Goal]| Row {
        id,
        what,
        shape: Shape::Native { link, size, count },
        against: None,
        metric: Metric::Wall,
        goals: goals.to_vec(),
    };
    let number = size_of::<u64>();
    let (fused, touched) = ("3 native jobs, fused", "3 native jobs, fused, two of a plugin");
    let (channels, touched_apart) = ("3 native jobs, channels", "3 native jobs, channels, two of a plugin");
    vec![
        row("W1.fused", fused, Link::Fused, number, 50_000_000, &[FUSED]),
        row("W1.fused-64", touched, Link::Fused, 64, 20_000_000, &[FUSED]),
        row("W2.fused", touched, Link::Fused, 64 * KIB, 300_000, &[FUSED]),
        row("W1.channel", channels, Link::Channel, number, 50_000_000, &[CHANNEL]),
        row("W1.channel-64", touched_apart, Link::Channel, 64, 20_000_000, &[CHANNEL]),
        row("W2.channel", touched_apart, Link::Channel, 64 * KIB, 200_000, &[]),
    ]
}

/// What it costs to put blocks in step, beside the same network without.
fn in_step() -> Vec<Row> {
    let two = |joined| Shape::Two { joined, count: 20_000_000 };
    let chain = Chain::new(64, 1_000_000);
    vec![
        Row {
            id: "W6.join",
            what: "2 native sources, joined, against apart",
            shape: two(true),
            against: Some(two(false)),
            metric: Metric::Wall,
            goals: vec![IN_STEP],
        },
        Row {
            against: Some(Shape::Chain(chain)),
            ..chain.heads().row("W6.heads", "3 executables with heads, against without", &[IN_STEP])
        },
    ]
}

fn large() -> Vec<Row> {
    let w2 = Chain::new(64 * KIB, 40_000);
    let w3 = Chain::new(MIB, 2_500);
    let w4 = Chain::new(16 * MIB, 150);
    let (pair2, pair3, pair4) = (w2.connectors(0), w3.connectors(0), w4.connectors(0));
    let small_fifo = pair2.capacity(64 * 1024);
    let splice = Mode::Splice;
    vec![
        pair2.row("W2.pair", "2 executables", &[DIRECT]),
        small_fifo.row("W2.pair-64k", "2 executables, FIFO of 64 KiB", &[DIRECT]),
        w2.row("W2.chain", "3 executables", &[DIRECT]),
        w2.mode(splice).row("W2.splice", "3 executables, the middle splices", &[DIRECT]),
        w2.relay().mode(splice).row("W2.relay", "2 executables, relay", &[SPLICED]),
        pair3.row("W3.pair", "2 executables", &[DIRECT]),
        w3.row("W3.chain", "3 executables", &[DIRECT]),
        w3.mode(splice).row("W3.splice", "3 executables, the middle splices", &[DIRECT]),
        w3.relay().mode(splice).row("W3.relay", "2 executables, relay", &[SPLICED]),
        pair4.row("W4.pair", "2 executables", &[DIRECT]),
        w4.row("W4.chain", "3 executables", &[DIRECT]),
        w4.relay().mode(splice).row("W4.relay", "2 executables, relay", &[]),
    ]
}

/// One executable's blocks to several, beside `tee`.
fn fanned_out() -> Vec<Row> {
    let row = |id, what, sinks, size, count, goals: &[Goal]| Row {
        id,
        what,
        shape: Shape::Fan(Fan { sinks, size, count }),
        against: None,
        metric: Metric::Flow,
        goals: goals.to_vec(),
    };
    let (one, four, sixteen) = ("to 1 executable, against tee", "to 4, against tee", "to 16, against tee");
    vec![
        row("W6.fan1", one, 1, 64 * KIB, 20_000, &[]),
        row("W6.fan4", four, 4, 64 * KIB, 5_000, &[]),
        row("W6.fan16", sixteen, 16, 64 * KIB, 1_500, &[]),
        row("W6.fan1-1m", one, 1, MIB, 1_200, &[]),
        row("W6.fan4-1m", four, 4, MIB, 300, &[]),
        row("W6.fan16-1m", sixteen, 16, MIB, 100, &[FANNED]),
    ]
}

fn delays() -> Vec<Row> {
    let ping = |id, size, count| Row {
        id,
        what: "round trip through a connector",
        shape: Shape::PingPong { size, count },
        against: None,
        metric: Metric::Delay,
        goals: Vec::new(),
    };
    let idle = Chain::new(64, 1_000).default_capacity().every(1_000);
    let idle_goals = [Goal::Within(1.2), Goal::TimesPeer(Peer::Dora, 3.0)];
    vec![
        ping("W5.64", 64, 20_000),
        ping("W5.64k", 64 * KIB, 5_000),
        ping("W5.1m", MIB, 1_000),
        Row { metric: Metric::Delay, ..idle.row("W5.idle", "3 executables, a block each ms", &idle_goals) },
    ]
}

/// The longer a chain is, the fewer blocks take a second.
fn long() -> Vec<Row> {
    let chain = |id, what, size, connectors, count| {
        Chain::new(size, count).connectors(connectors).default_capacity().row(id, what, &[LONG])
    };
    let [one, four, sixteen, sixty_four] = ["1 stage", "4 stages", "16 stages", "64 stages"];
    vec![
        chain("W7.1", one, 64, 1, 1_000_000),
        chain("W7.4", four, 64, 4, 500_000),
        chain("W7.16", sixteen, 64, 16, 150_000),
        chain("W7.64", sixty_four, 64, 64, 40_000),
        chain("W7.1-64k", one, 64 * KIB, 1, 30_000),
        chain("W7.4-64k", four, 64 * KIB, 4, 15_000),
        chain("W7.16-64k", sixteen, 64 * KIB, 16, 5_000),
        chain("W7.64k", sixty_four, 64 * KIB, 64, 1_500),
    ]
}

/// Sizes between those of the other workloads, for the picture.
fn sizes() -> Vec<Row> {
    let chain = |id, size, count| Chain::new(size, count).row(id, "3 executables", &[DIRECT]);
    vec![
        chain("W13.1k", KIB, 800_000),
        chain("W13.8k", 8 * KIB, 300_000),
        chain("W13.256k", 256 * KIB, 10_000),
        chain("W13.4m", 4 * MIB, 600),
    ]
}

fn starts() -> Vec<Row> {
    let pairs = |id, children, goals| Row {
        id,
        what: "executables in pairs, start to end",
        shape: Shape::Pairs { children },
        against: None,
        metric: Metric::Wall,
        goals,
    };
    let first = Chain::new(64, 1).default_capacity();
    let first_goals = [Goal::WithinPeer(2.0), Goal::TimesPeer(Peer::Dora, 50.0)];
    vec![
        Row { metric: Metric::FirstBlock, ..first.row("W8.first", "first block of 3 executables", &first_goals) },
        pairs("W8.100", 100, Vec::new()),
        pairs("W8.1000", 1_000, vec![Goal::Within(1.3)]),
        Row {
            id: "W8.native-1000",
            what: "native jobs in pairs, start to end",
            shape: Shape::Threads { jobs: 1_000 },
            against: None,
            metric: Metric::Wall,
            goals: vec![Goal::Within(1.3)],
        },
        Row {
            id: "W8.check-10000",
            what: "executables in pairs, checked, against the file parsed",
            shape: Shape::Check { jobs: 10_000 },
            against: None,
            metric: Metric::Wall,
            goals: vec![Goal::AtMost(1.0)],
        },
    ]
}

/// What runtime and warden hold of the memory while all jobs wait.
fn weighed() -> Vec<Row> {
    const MEGABYTE: f64 = 1e6;
    let row = |id, what, jobs, native, most: f64| Row {
        id,
        what,
        shape: Shape::Idle { jobs, native },
        against: None,
        metric: Metric::Memory,
        goals: vec![Goal::AtMost(most * MEGABYTE)],
    };
    vec![
        row("W11.3", "memory beyond that of 3 executables", 3, false, 8.0),
        row("W11.1000", "memory beyond that of 1,000 executables", 1_000, false, 8.0 + 40.0),
        row("W11.native-1000", "memory with 1,000 native jobs", 1_000, true, 8.0 + 40.0),
    ]
}

/// A forwarder with a kit between a bare source and a bare sink, beside a bare forwarder in its place.
fn kits() -> Vec<Row> {
    let small = Chain::new(64, 20_000_000).mode(Mode::Batch);
    // A loop with one call for each block cannot be waited for as long.
    let calls = Chain::new(64, 2_000_000);
    let (python, large) = (Chain::new(64, 1_000_000).mode(Mode::Batch), Chain::new(MIB, 2_500));
    let (rust, c, in_python) = ("a forwarder in Rust", "a forwarder in C", "a forwarder in Python");
    vec![
        small.kit(Kit::Rust).row("W9.rust", rust, &[KIT]),
        small.heads().kit(Kit::Rust).row("W9.rust-heads", rust, &[KIT]),
        calls.kit(Kit::Rust).row("W9.rust-calls", "a forwarder in Rust, against one call a block", &[KIT]),
        large.kit(Kit::Rust).row("W9.rust-1m", rust, &[KIT]),
        small.kit(Kit::C).row("W9.c", c, &[KIT]),
        small.heads().kit(Kit::C).row("W9.c-heads", c, &[KIT]),
        calls.kit(Kit::C).row("W9.c-calls", "a forwarder in C, against one call a block", &[KIT]),
        large.kit(Kit::C).row("W9.c-1m", c, &[KIT]),
        python.kit(Kit::Python).row("W9.python", in_python, &[PYTHON_SMALL]),
        python.heads().kit(Kit::Python).row("W9.python-heads", in_python, &[PYTHON_SMALL]),
        large.kit(Kit::Python).row("W9.python-1m", in_python, &[PYTHON_LARGE]),
        large.heads().kit(Kit::Python).row("W9.python-1m-heads", in_python, &[PYTHON_LARGE]),
    ]
}

/// Two programs that share memory, beside two that do it by hand.
fn shared() -> Vec<Row> {
    let row = |id, size, count| Row {
        id,
        what: "a source and a sink in Rust, shared memory",
        shape: Shape::Shared { size, count },
        against: None,
        metric: Metric::Flow,
        goals: SHARED.to_vec(),
    };
    vec![row("W12.64k", 64 * KIB, 200_000), row("W12.1m", MIB, 20_000)]
}

/// What it costs to lose nothing, beside the same network with nobody in between.
fn careful() -> Vec<Row> {
    let small = Chain::new(64, 2_000_000).mode(Mode::Batch);
    let (middle, large) = (Chain::new(64 * KIB, 20_000), Chain::new(MIB, 1_500));
    // To wait for the disk takes milliseconds, however little there is.
    let synced = |chain: Chain| Chain { count: chain.count / 20, ..chain };
    let row = |id, what, chain: Chain, care| Row {
        against: Some(Shape::Chain(chain)),
        ..chain.care(care).row(id, what, &[])
    };
    let (relay, restart, again) = ("2 relays", "the middle may restart", "the middle may restart, at least once");
    let (spool, disk) = ("2 spools", "2 spools, synced");
    vec![
        row("W10.relay", relay, small, Care::Relay),
        row("W10.relay-64k", relay, middle, Care::Relay),
        row("W10.relay-1m", relay, large, Care::Relay),
        row("W10.restart", restart, small, Care::Restart),
        row("W10.restart-64k", restart, middle, Care::Restart),
        row("W10.restart-1m", restart, large, Care::Restart),
        row("W10.again", again, small, Care::AtLeastOnce),
        row("W10.again-64k", again, middle, Care::AtLeastOnce),
        row("W10.again-1m", again, large, Care::AtLeastOnce),
        row("W10.spool", spool, small, Care::Spool),
        row("W10.spool-64k", spool, middle, Care::Spool),
        row("W10.spool-1m", spool, large, Care::Spool),
        row("W10.synced", disk, synced(small), Care::Synced),
        row("W10.synced-64k", disk, synced(middle), Care::Synced),
        row("W10.synced-1m", disk, synced(large), Care::Synced),
    ]
}

/// How soon a connector that was killed is replaced, beside a loop in a shell that starts it again at once.
fn killed() -> Vec<Row> {
    let row = |id, what, language, waits, kills| Row {
        id,
        what,
        shape: Shape::Recovery(Recovery { language, waits, kills, seed: 0 }),
        against: None,
        metric: Metric::Recovery,
        goals: Vec::new(),
    };
    let (at_once, waits) = ("killed, restarted at once", "killed, with the usual wait of 0.1 s");
    vec![
        row("W10.recovery", at_once, Language::Rust, false, 40),
        row("W10.recovery-wait", waits, Language::Rust, true, 40),
        row("W10.recovery-python", "killed, restarted at once, in Python", Language::Python, false, 20),
    ]
}
