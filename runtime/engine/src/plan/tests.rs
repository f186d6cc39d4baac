//! Every reason for a route, in the smallest network that has it.

mod fused;

use pipeloom_config::{End, JobId, QueueLimits, Side};
use pipeloom_job::ring::WORTH_BYTES;

use super::branches::branches;
use super::{Apart, Carrier, Conduit, Leg, PipePlan, Reason, Route, Unshared, leads_back, plan};
use crate::sample::{Sample, job, pipe};

const FIFO: Conduit = Conduit::Direct(Carrier::Fifo);
const UNNAMED: Conduit = Conduit::Direct(Carrier::Unnamed);
const OUTER: Conduit = Conduit::Direct(Carrier::Outer);
const CHANNEL: Conduit = Conduit::Channel(QueueLimits { blocks: 1024, bytes: 4 << 20 });

/// What is decided for the pipe `p`, with its conduits in the readers' order.
fn planned(sample: Sample) -> (Option<Conduit>, Vec<Conduit>, Vec<Reason>) {
    let network = sample.network();
    let PipePlan { route, is_between_kits, because, .. } = plan(&network).pipe(pipe(&network, "p")).clone();
    assert_eq!(is_between_kits, because.contains(&Reason::BetweenKits), "what is planned is also explained");
    let conduits = |legs: Vec<Leg>| legs.into_iter().map(|leg| leg.conduit).collect();
    match route {
        Route::Legs(legs) => (None, conduits(legs), because),
        Route::Fused { .. } => (None, Vec::new(), because),
        Route::Relay { from, to, .. } => (Some(from), conduits(to), because),
        Route::Records { to } => (None, conduits(to), because),
    }
}

fn native_pair() -> Sample {
    Sample::new().native("w", &[], &["p"]).native("r", &["p"], &[])
}

fn program_pair(writer: &str, reader: &str) -> Sample {
    Sample::new().program("w", &[], &["p"]).with(writer).program("r", &["p"], &[]).with(reader)
}

#[test]
fn native_jobs_with_threads_of_their_own_share_a_channel_unless_a_fifo_is_asked_for() {
    let threads = || native_pair().with("thread = true");
    let because = vec![Reason::NativeEnds, Reason::Apart(Apart::Asked("r".to_owned()))];
    assert_eq!(planned(threads()), (None, vec![CHANNEL], because));
    let asked = native_pair().pipe("p", "conduit = \"fifo\"");
    assert_eq!(planned(asked), (None, vec![FIFO], vec![Reason::FifoAsked]));
    let short = Conduit::Channel(QueueLimits { blocks: 5, bytes: usize::MAX });
    assert_eq!(planned(threads().pipe("p", "max_queue = 5")).1, [short]);
}

#[test]
fn two_kits_share_memory_where_blocks_may_be_large_or_it_is_asked_for() {
    let pair = |pipe: &str| program_pair("kit = true", "kit = true").pipe("p", pipe);
    let shared = |bytes, why| (None, vec![Conduit::Shared(Carrier::Fifo, bytes)], vec![Reason::BetweenKits, why]);
    let asked = |bytes| shared(bytes, Reason::SharedAsked);
    assert_eq!(planned(pair("codec = \"framed\"\nconduit = \"shared\"")), asked(8 << 20));
    let sized = |size: usize| format!("codec = \"bytes\"\nblock_size = {size}");
    let sized_and_asked = |size| sized(size) + "\nconduit = \"shared\"";
    assert_eq!(planned(pair(&sized_and_asked(1 << 20))), asked(8 << 20));
    assert_eq!(planned(pair(&sized_and_asked(100 << 20))), asked(200 << 20));
    assert_eq!(planned(pair(&sized_and_asked(8))), asked(2 << 20));
    assert_eq!(planned(pair("codec = \"framed\"")), shared(8 << 20, Reason::Shared));
    assert_eq!(planned(pair(&sized(WORTH_BYTES))), shared(2 << 20, Reason::Shared));
    let not = |why| (None, vec![FIFO], vec![Reason::BetweenKits, Reason::Unshared(why)]);
    assert_eq!(planned(pair(&sized(WORTH_BYTES - 1))), not(Unshared::Small(WORTH_BYTES - 1)));
    assert_eq!(planned(pair("codec = \"lines\"")), not(Unshared::Codec));
    assert_eq!(planned(pair("codec = \"framed\"\ncapacity_bytes = 65536")), not(Unshared::Capacity));
    let relayed = planned(pair("codec = \"framed\"\nconduit = \"relay\"")).2;
    assert_eq!(relayed, [Reason::RelayAsked, Reason::Unshared(Unshared::Relay)]);
    assert_eq!(planned(pair("codec = \"framed\"\nmax_block_bytes = 2147483647")), not(Unshared::Long));
}

#[test]
fn a_native_job_shares_memory_with_each_program_with_a_kit() {
    let from_native = Sample::new().native("w", &[], &["p"]).program("r", &["p"], &[]).with("kit = true");
    let to_native = || Sample::new().program("w", &[], &["p"]).with("kit = true").native("r", &["p"], &[]);
    let shared = Conduit::Shared(Carrier::Fifo, 8 << 20);
    let framed = "codec = \"framed\"";
    let one_to_one = vec![Reason::OneToOne, Reason::Shared];
    assert_eq!(planned(from_native.pipe("p", framed)), (None, vec![shared.clone()], one_to_one.clone()));
    assert_eq!(planned(to_native().pipe("p", framed)), (None, vec![shared.clone()], one_to_one));
    let asked = to_native().pipe("p", "codec = \"framed\"\nconduit = \"fifo\"");
    assert_eq!(planned(asked), (None, vec![FIFO], vec![Reason::FifoAsked]));
    let three = native_pair().program("a", &["p"], &[]).with("kit = true").program("b", &["p"], &[]);
    let because = vec![Reason::NativeWriter(3), Reason::Shared];
    assert_eq!(planned(three.pipe("p", framed)), (None, vec![CHANNEL, shared, FIFO], because));
}

#[test]
fn one_to_one_with_a_program_is_a_pipe_with_nobody_in_between() {
    let one_to_one = vec![Reason::OneToOne];
    let table = [("", "", FIFO), ("pass = \"fd\"", "", FIFO), ("", "pass = \"stdio\"", FIFO)];
    for (writer, reader, carrier) in table {
        assert_eq!(
            planned(program_pair(writer, reader)),
            (None, vec![carrier], one_to_one.clone()),
            "{writer} {reader}"
        );
    }
    let by_descriptor = program_pair("pass = \"stdio\"", "pass = \"fd\"");
    assert_eq!(planned(by_descriptor), (None, vec![UNNAMED], one_to_one.clone()));
    let from_native = Sample::new().native("w", &[], &["p"]).program("r", &["p"], &[]);
    assert_eq!(planned(from_native), (None, vec![FIFO], one_to_one.clone()));
    let to_native = Sample::new().program("w", &[], &["p"]).with("pass = \"fd\"").native("r", &["p"], &[]);
    assert_eq!(planned(to_native), (None, vec![UNNAMED], one_to_one));
}

#[test]
fn a_native_writer_serves_each_reader_itself() {
    let fan_out = Sample::new().native("w", &[], &["p"]).native("a", &["p"], &[]).program("b", &["p"], &[]);
    assert_eq!(planned(fan_out), (None, vec![CHANNEL, FIFO], vec![Reason::NativeWriter(2)]));
    let all_native = native_pair().native("b", &["p"], &[]);
    assert_eq!(planned(all_native), (None, vec![CHANNEL, CHANNEL], vec![Reason::NativeWriter(2), Reason::NativeEnds]));
}

#[test]
fn what_a_program_gives_to_many_is_forwarded() {
    let fan_out = Sample::new().program("w", &[], &["p"]).program("a", &["p"], &[]).native("b", &["p"], &[]);
    assert_eq!(planned(fan_out), (Some(FIFO), vec![FIFO, CHANNEL], vec![Reason::FanOut(2)]));
}

#[test]
fn heads_between_programs_are_checked_by_the_runtime() {
    let heads = vec![Reason::HeadsBetweenExecutables];
    for (writer, reader) in [("head = true", ""), ("", "head = true"), ("head = true", "head = true")] {
        assert_eq!(
            planned(program_pair(writer, reader)),
            (Some(FIFO), vec![FIFO], heads.clone()),
            "{writer}, {reader}"
        );
    }
}

#[test]
fn between_two_programs_with_a_kit_there_is_nobody_unless_something_asks_for_it() {
    let kits = || program_pair("kit = true", "kit = true");
    let json = vec![Reason::BetweenKits, Reason::Unshared(Unshared::Codec)];
    assert_eq!(planned(kits()), (None, vec![FIFO], json));
    let fifo = vec![Reason::BetweenKits, Reason::FifoAsked];
    assert_eq!(planned(kits().pipe("p", "conduit = \"fifo\"")), (None, vec![FIFO], fifo));
    let stream = kits().pipe("p", "codec = \"stream\"");
    assert_eq!(planned(stream), (None, vec![FIFO], vec![Reason::OneToOne]));
    let one = |writer, reader| planned(program_pair(writer, reader)).2;
    assert_eq!(one("kit = true", "head = true"), [Reason::HeadsBetweenExecutables]);
    assert_eq!(one("", "kit = true"), [Reason::HeadsBetweenExecutables]);
}

#[test]
fn a_program_with_a_kit_is_served_by_a_relay_where_blocks_may_be_missing() {
    let gaps = Sample::new()
        .native("s", &[], &["in"])
        .program("w", &["in"], &["p"])
        .with("kit = true")
        .program("r", &["p"], &[])
        .with("kit = true");
    assert_eq!(planned(gaps.pipe("in", "when_full = \"drop-oldest\"")), (Some(FIFO), vec![FIFO], vec![Reason::Gaps]));
}

#[test]
fn what_an_executable_reads_is_only_seen_where_the_runtime_writes_it() {
    let because = vec![Reason::Stall("r".to_owned())];
    let watched = || Sample::new().native("w", &[], &["p"]).program("r", &["p"], &["q"]).with("stall_seconds = 1");
    assert_eq!(planned(watched().native("s", &["q"], &[])), (Some(CHANNEL), vec![FIFO], because.clone()));
    // And only behind it whether somebody holds it up.
    let behind = Sample::new().native("s", &[], &["q"]).program("r", &["q"], &["p"]).with("stall_seconds = 1");
    assert_eq!(planned(behind.native("w", &["p"], &[])), (Some(FIFO), vec![CHANNEL], because));
}

#[test]
fn a_relay_can_be_asked_for() {
    let relay = "conduit = \"relay\"";
    assert_eq!(planned(native_pair().pipe("p", relay)), (Some(CHANNEL), vec![CHANNEL], vec![Reason::RelayAsked]));
    let programs = program_pair("kit = true", "kit = true").pipe("p", relay);
    assert_eq!(planned(programs), (Some(FIFO), vec![FIFO], vec![Reason::RelayAsked]));
}

#[test]
fn branches_that_meet_again_are_forwarded_if_a_program_is_at_the_pipe() {
    let diamond =
        Sample::new().program("w", &[], &["p", "q"]).native("m", &["p"], &["n"]).native("r", &["n", "q"], &[]);
    assert_eq!(planned(diamond), (Some(FIFO), vec![CHANNEL], vec![Reason::BranchesMeet]));
    let native = Sample::new().native("w", &[], &["p", "q"]).native("r", &["p", "q"], &[]);
    assert_eq!(planned(native.clone()), (None, vec![CHANNEL], vec![Reason::NativeEnds, Reason::ChannelGrows]));
    let fifo = native.pipe("p", "conduit = \"fifo\"");
    assert_eq!(planned(fifo), (Some(CHANNEL), vec![CHANNEL], vec![Reason::BranchesMeet]));
}

#[test]
fn between_a_relay_and_a_native_reader_there_is_never_a_fifo() {
    // A FIFO that was asked for once took the place of the channel, and the reader's end of it was lost.
    let fan_out = Sample::new().program("w", &[], &["p"]).native("a", &["p"], &[]).native("b", &["p"], &[]);
    let asked = fan_out.pipe("p", "conduit = \"fifo\"");
    assert_eq!(planned(asked), (Some(FIFO), vec![CHANNEL, CHANNEL], vec![Reason::FanOut(2)]));
}

#[test]
fn programs_outside_the_network_are_at_the_end_of_a_relay() {
    let reads = Sample::new().native("r", &["p"], &[]).pipe("p", "external = \"writer\"\npath = \"p.fifo\"");
    assert_eq!(planned(reads), (Some(OUTER), vec![CHANNEL], vec![Reason::External(Side::Writer)]));
    let writes = native_pair().pipe("p", "external = \"reader\"\npath = \"p.fifo\"");
    assert_eq!(planned(writes), (Some(CHANNEL), vec![CHANNEL, OUTER], vec![Reason::External(Side::Reader)]));
}

#[test]
fn all_blocks_of_a_program_whose_times_are_logged_go_through_the_runtime_which_writes_the_times_itself() {
    let logged = |p_is: &str| {
        let names = |name: &str| if name == p_is { "p".to_owned() } else { name.to_owned() };
        let (input, output, times) = (names("in"), names("out"), names("times"));
        Sample::new()
            .native("w", &[], &[&input])
            .program("x", &[&input], &[&output, &times])
            .with("log_times = true")
            .pipe(&times, "codec = \"json\"")
            .native("a", &[&output, &times], &[])
    };
    let because = || vec![Reason::Times("x".to_owned())];
    assert_eq!(planned(logged("in")), (Some(CHANNEL), vec![FIFO], because()));
    let meet = |because: Vec<Reason>| [vec![Reason::BranchesMeet], because].concat();
    assert_eq!(planned(logged("out")), (Some(FIFO), vec![CHANNEL], meet(because())));
    assert_eq!(planned(logged("times")), (None, vec![CHANNEL], because()));
    let native =
        Sample::new().native("w", &[], &["p", "times"]).with("log_times = true").native("r", &["p", "times"], &[]);
    assert_eq!(
        planned(native.pipe("times", "codec = \"json\"")),
        (None, vec![CHANNEL], vec![Reason::NativeEnds, Reason::ChannelGrows])
    );
}

#[test]
fn a_pipe_leads_back_to_a_job_whose_times_its_writer_needs() {
    let ring = Sample::new().native("x", &["in", "back"], &["times"]).with("log_times = true").native(
        "y",
        &["times"],
        &["back"],
    );
    let back = "cycle = true\noptional = {}\nwhen_full = \"fail\"";
    let network = ring.native("start", &[], &["in"]).pipe("times", "codec = \"json\"").pipe("back", back).network();
    assert!(leads_back(&network, &network[pipe(&network, "back")], job(&network, "x")));
}

#[test]
fn a_leg_says_which_port_of_its_reader_it_serves() {
    let network = Sample::new().native("w", &[], &["q", "p"]).native("r", &["q", "p"], &[]).network();
    let plan = plan(&network);
    let Route::Legs(legs) = &plan.pipe(pipe(&network, "p")).route else { panic!("not forwarded") };
    assert_eq!(legs[0].reader, Some(End { job: job(&network, "r"), port: 1 }));
}

/// The pipes that lie on branches that meet again, of a network of natives given as `(name, inputs, outputs)`.
fn meeting(jobs: &[(&str, &[&str], &[&str])]) -> Vec<String> {
    let network =
        jobs.iter().fold(Sample::new(), |sample, (name, inputs, outputs)| sample.native(name, inputs, outputs));
    let network = network.network();
    let meet = branches(&network).meet;
    let meeting = network.pipes().filter(|(id, _)| meet[id.index()]).map(|(_, pipe)| pipe.name.to_string());
    meeting.collect()
}

#[test]
fn branches_meet_where_a_pipe_can_be_gone_round() {
    type Jobs<'a> = &'a [(&'a str, &'a [&'a str], &'a [&'a str])];
    let table: [(&str, Jobs<'_>, &[&str]); 6] = [
        ("a chain", &[("a", &[], &["ab"]), ("b", &["ab"], &["bc"]), ("c", &["bc"], &[])], &[]),
        ("a tree", &[("a", &[], &["x"]), ("b", &["x"], &[]), ("c", &["x"], &["y"]), ("d", &["y"], &[])], &[]),
        ("two pipes side by side", &[("a", &[], &["x", "y"]), ("b", &["x", "y"], &[])], &["x", "y"]),
        (
            "a diamond on a stalk",
            &[
                ("s", &[], &["stalk"]),
                ("a", &["stalk"], &["l", "r"]),
                ("b", &["l"], &["m"]),
                ("c", &["m", "r"], &["out"]),
                ("d", &["out"], &[]),
            ],
            &["l", "r", "m"],
        ),
        (
            "one pipe to both, and on from one of them to the other",
            &[("a", &[], &["x"]), ("b", &["x"], &["y"]), ("c", &["x", "y"], &[])],
            &["x", "y"],
        ),
        (
            "two sources whose readers are the same: round the other way",
            &[("a", &[], &["x"]), ("b", &[], &["y"]), ("c", &["x", "y"], &[]), ("d", &["x", "y"], &[])],
            &["x", "y"],
        ),
    ];
    for (what, jobs, expected) in table {
        assert_eq!(meeting(jobs), expected, "{what}");
    }
}

#[test]
fn jobs_that_may_wait_for_each_other_are_in_one_group() {
    // Two diamonds, one behind the other, and what stands before and behind them.
    let network = Sample::new()
        .native("before", &[], &["in"])
        .native("split", &["in"], &["a", "b"])
        .native("join", &["a", "b"], &["on"])
        .native("again", &["on"], &["c", "d"])
        .native("last", &["c", "d"], &["out"])
        .native("behind", &["out"], &[])
        .network();
    let name = |&id: &JobId| network[id].name.as_str();
    let groups: Vec<Vec<&str>> = plan(&network).groups.iter().map(|jobs| jobs.iter().map(name).collect()).collect();
    assert_eq!(groups, [["split", "join"], ["again", "last"]]);
    let may_grow: Vec<&str> = network
        .pipes()
        .filter(|(id, _)| plan(&network).pipe(*id).may_grow)
        .map(|(_, pipe)| pipe.name.as_str())
        .collect();
    assert_eq!(may_grow, ["a", "b", "c", "d"]);
}

#[test]
fn a_ring_is_gone_round_against_its_direction_and_a_job_by_itself() {
    let back = "cycle = true\noptional = {}\nwhen_full = \"fail\"";
    let ring = Sample::new().native("a", &["in", "echo", "own"], &["on", "own"]).native("b", &["on"], &["echo"]);
    let network = ring.native("start", &[], &["in"]).pipe("echo", back).pipe("own", back).network();
    let meet = branches(&network).meet;
    let meeting = network.pipes().filter(|(id, _)| meet[id.index()]).map(|(_, pipe)| pipe.name.as_str());
    assert_eq!(meeting.collect::<Vec<_>>(), ["echo", "own", "on"]);
}

#[test]
fn a_pipe_is_gone_round_however_long_the_way() {
    // Thousands of jobs in a circle: the walk must not be as deep as the network.
    let names: Vec<String> = (0..3000).map(|at| format!("n{at}")).collect();
    let mut sample = Sample::new().native("first", &[], &["n0", "short"]);
    for pair in names.windows(2) {
        sample = sample.native(&format!("after-{}", pair[0]), &[&pair[0]], &[&pair[1]]);
    }
    let network = sample.native("last", &["n2999", "short"], &[]).network();
    assert!(branches(&network).meet.into_iter().all(|meets| meets));
}

#[test]
fn what_is_started_again_with_another_job_has_its_pipes_relayed() {
    let first = "restart = { policy = \"on-failure\", scope = \"downstream\" }";
    let chain = Sample::new().native("first", &[], &["o"]).with(first).program("w", &["o"], &["p"]);
    let (from, to, because) = planned(chain.program("r", &["p"], &[]));
    let with_first = |job: &str| Reason::RestartWith(job.to_owned(), "first".to_owned());
    assert_eq!((from, to, because), (Some(FIFO), vec![FIFO], vec![with_first("w"), with_first("r")]));
    assert_eq!(with_first("w").to_string(), "job w is started again whenever job first is");
}
