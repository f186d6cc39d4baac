//! Which native jobs share a thread, and every reason why others do not.

use pipeloom_config::Network;
use pipeloom_config::build::{JobBuilder, NetworkBuilder, Pipe};

use crate::plan::fused::OfJob;
use crate::plan::{Apart, Needs, Reason, Route, plan};
use crate::sample::{Sample, job, pipe};

/// Why the ends of the pipe `p` do not share a thread; nothing if they do.
#[track_caller]
fn apart(network: &Network) -> Vec<Apart> {
    let plan = plan(network);
    let decided = plan.pipe(pipe(network, "p"));
    if let Route::Fused { reader } = &decided.route {
        assert_eq!((Some(reader), reader.port), (network[pipe(network, "p")].readers.first(), 0));
        assert_eq!(decided.because, [Reason::OneThread]);
        return Vec::new();
    }
    let apart = |reason: &Reason| if let Reason::Apart(apart) = reason { Some(apart.clone()) } else { None };
    let apart: Vec<Apart> = decided.because.iter().filter_map(apart).collect();
    assert!(!apart.is_empty(), "{:?}", decided.because);
    apart
}

/// A writer with these lines in its table, and a reader with those.
fn pair(writer: &str, reader: &str) -> Sample {
    Sample::new().native("w", &[], &["p"]).with(writer).native("r", &["p"], &[]).with(reader)
}

#[test]
fn two_native_jobs_in_a_row_share_a_thread() {
    assert_eq!(apart(&pair("", "").network()), []);
    for lines in ["max_queue = 2", "block_count = 3", "codec = \"stream\"", "codec = \"json\""] {
        assert_eq!(apart(&pair("", "").pipe("p", lines).network()), [], "{lines}");
    }
    let between =
        Sample::new().program("a", &[], &["in"]).native("w", &["in"], &["p"]).native("r", &["p"], &["x", "y"]);
    assert_eq!(apart(&between.program("b", &["x"], &[]).program("c", &["y"], &[]).network()), []);
}

#[test]
fn what_either_of_them_needs_a_thread_for_is_said() {
    let table: [(&str, OfJob); 5] = [
        ("thread = true", Apart::Asked),
        ("args = { blocks = true }", Apart::Blocks),
        ("args = { standard_input = true }", Apart::StandardInput),
        ("args = { lines = true }", Apart::Lines),
        ("restart = { policy = \"on-failure\" }", Apart::Restart),
    ];
    for (lines, reason) in table {
        assert_eq!(apart(&pair(lines, "").network()), [reason("w".to_owned())], "{lines}");
        assert_eq!(apart(&pair("", lines).network()), [reason("r".to_owned())], "{lines}");
    }
}

#[test]
fn jobs_whose_times_are_logged_have_threads_of_their_own() {
    let logs = |sample: Sample| {
        let logged = sample.with("log_times = true").native("log", &["times"], &[]);
        logged.pipe("times", "codec = \"json\"").network()
    };
    let writer = Sample::new().native("r", &["p"], &[]).native("w", &[], &["p", "times"]);
    assert_eq!(apart(&logs(writer)), [Apart::Times("w".to_owned())]);
    let reader = Sample::new().native("w", &[], &["p"]).native("r", &["p"], &["times"]);
    assert_eq!(apart(&logs(reader)), [Apart::Times("r".to_owned())]);
}

#[test]
fn jobs_with_other_pipes_on_the_same_side_do_not() {
    let to_others = Sample::new().native("w", &[], &["p", "q"]).native("r", &["p"], &[]).native("o", &["q"], &[]);
    assert_eq!(apart(&to_others.network()), [Apart::Outputs("w".to_owned())]);
    let from_others = Sample::new().native("w", &[], &["p"]).native("o", &[], &["q"]).native("r", &["p", "q"], &[]);
    assert_eq!(apart(&from_others.network()), [Apart::Inputs("r".to_owned())]);
}

#[test]
fn a_reader_that_does_not_wait_for_blocks_has_a_thread_of_its_own() {
    for lines in ["async = true", "optional = {}"] {
        assert_eq!(apart(&pair("", "").pipe("p", lines).network()), [Apart::NotAwaited("r".to_owned())], "{lines}");
    }
}

#[test]
fn all_reasons_are_said_at_once() {
    let reasons = [Apart::Asked("w".to_owned()), Apart::Blocks("w".to_owned()), Apart::Lines("r".to_owned())];
    let network = pair("thread = true\nargs = { blocks = true }", "args = { lines = true }").network();
    assert_eq!(apart(&network), reasons);
}

#[test]
fn the_program_that_runs_the_network_is_on_no_thread_of_the_run() {
    let pipe = Pipe::<u64>::new("p");
    let network =
        NetworkBuilder::new("host").job(JobBuilder::sender("feed", &pipe)).job(JobBuilder::receiver("read", &pipe));
    let network = network.check_alone().unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(apart(&network), [Apart::Host("feed".to_owned()), Apart::Host("read".to_owned())]);
}

/// Native jobs in a row, `j0` to the last.
fn row(jobs: usize) -> Network {
    let name = |at: usize| format!("p{at}");
    let add = |sample: Sample, at: usize| {
        let (before, after) = (name(at), name(at + 1));
        let inputs = if at > 0 { vec![before.as_str()] } else { Vec::new() };
        let outputs = if at + 1 < jobs { vec![after.as_str()] } else { Vec::new() };
        sample.native(&format!("j{at}"), &inputs, &outputs)
    };
    (0..jobs).fold(Sample::new(), add).network()
}

#[test]
fn the_first_of_a_chain_works_all_the_others() {
    let network = row(5);
    let plan = plan(&network);
    let first = job(&network, "j0");
    assert!(network.jobs().all(|(id, _)| plan.worker(&network, id) == first));
    assert_eq!(Needs::of(&network, &plan).threads, 3);
}

#[test]
fn a_long_chain_is_cut() {
    let network = row(40);
    let plan = plan(&network);
    let cut: Vec<String> = network
        .pipes()
        .filter(|(id, _)| plan.pipe(*id).because.contains(&Reason::Apart(Apart::Many(16))))
        .map(|(_, pipe)| pipe.name.to_string())
        .collect();
    assert_eq!(cut, ["p16", "p32"]);
    assert_eq!(Needs::of(&network, &plan).threads, 5);
    assert_eq!(plan.worker(&network, job(&network, "j39")), job(&network, "j32"));
}
