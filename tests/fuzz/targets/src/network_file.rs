//! The network file, and what options of the command line put into it.

use std::path::Path;

use pipeloom_config::{Body, CheckOptions, Network, PipeId, Problems, Runs, Text, check, render_args};
use pipeloom_engine::plan;

/// Pieces of files.
pub const WORDS: &[&str] = &[
    "[network]\nname = 'x'\n",
    "head_size = 2\n",
    "[params]\nn = 1\n",
    "n = { type = 'integer', default = 5, help = 'x' }\n",
    "[jobs.a]\n",
    "[jobs.\"b\"]\n",
    "exec = ['cat', '${n}']\n",
    "use = 'forward'\n",
    "use = 'csv-sink'\nargs = { path = '${run}/x' }\n",
    "inputs = ['x']\n",
    "outputs = ['x', 'y']\n",
    "pass = 'stdio'\n",
    "pass = 'fd'\n",
    "head = true\n",
    "kit = true\n",
    "steps = 'free'\n",
    "log_times = 't'\n",
    "stop = { signal = 'INT', grace_seconds = 0.5 }\n",
    "limits = { memory_bytes = 1_000_000 }\n",
    "env = { A = 'b' }\n",
    "[pipes.x]\n",
    "codec = 'json'\n",
    "codec = 'bytes'\nblock_size = 8\n",
    "codec = 'framed'\n",
    "codec = 'stream'\n",
    "block_count = 2\n",
    "optional = { default = [1, 2], store = true, buffer = 2, drop = 'oldest' }\n",
    "optional = {}\n",
    "async = true\n",
    "cycle = true\n",
    "dummy = 'zeros'\n",
    "when_full = 'drop-newest'\n",
    "when_full = 'spool'\nspool = { max_bytes = 1000, sync = 'each' }\n",
    "delivery = 'at-least-once'\n",
    "ack = 'end'\nwindow_bytes = 100\n",
    "restart = { policy = 'always', backoff_seconds = 0.5, max_restarts = 2 }\n",
    "start_timeout_seconds = 1\nheartbeat_seconds = 1\nstall_seconds = 1\n",
    "on_failure = 'isolate'\n",
    "max_queue = 10\n",
    "max_block_bytes = 100\n",
    "external = 'reader'\npath = 'p'\n",
    "9223372036854775807",
    "-9223372036854775808",
    "1e308",
    "nan",
    "'''",
    "\"\\u0000\"",
    "${run}",
    "${",
    "[[[[",
    "a.a.a.a.a",
    "{ a = ",
    "1979-05-27T07:32:00Z",
    "\0--set jobs.a.args.x=[1]",
    "\0--set pipes.x.codec=json",
    "\0--param n=2",
];

/// Texts with NUL between them: the file, and options such as `--param NAME=VALUE`.
///
/// Either there is a network, which can be planned and told of; or there are problems, each in a place that exists, which
/// can be shown to people and to programs. What is said is the same each time.
pub fn network_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut texts = text.split('\0');
    let file = texts.next().unwrap_or_default();
    let (mut params, mut sets) = (Vec::new(), Vec::new());
    for option in texts {
        let (into, pair) = match (option.strip_prefix("--param "), option.strip_prefix("--set ")) {
            (Some(pair), _) => (&mut params, pair),
            (_, Some(pair)) => (&mut sets, pair),
            _ => continue,
        };
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        into.push((name.to_owned(), value.to_owned()));
    }
    // Behind the file stand the options, each after a gap: `NAME=VALUE`.
    let pairs = params.iter().chain(&sets);
    let places = file.len() + pairs.map(|(name, value)| name.len() + value.len() + 2).sum::<usize>();
    let checked = || {
        let options = CheckOptions {
            kinds: pipeloom_predefined::KINDS,
            params: params.clone(),
            sets: sets.clone(),
            runs: Runs::Nothing,
            ..CheckOptions::default()
        };
        check(Text { path: "/nowhere/network.toml".into(), text: file.to_owned() }, &options)
    };
    match (checked(), checked()) {
        (Ok(network), Ok(again)) => {
            assert_tellable(&network, places);
            assert_eq!(plan::plan(&network), plan::plan(&again));
        }
        (Err(problems), Err(again)) => {
            assert!(!problems.is_empty(), "refused without a reason");
            assert_shown(&problems, places);
            assert_eq!(problems.render(false, 80), again.render(false, 80));
        }
        (one, other) => panic!("not the same twice: {one:?}, {other:?}"),
    }
}

fn assert_shown(problems: &Problems, places: usize) {
    for problem in problems.iter() {
        for span in problem.span.iter().chain(problem.related.iter().map(|(span, _)| span)) {
            assert!(span.start <= span.end && span.end <= places, "{problem:?} is outside of {places} bytes");
        }
        assert!(!problem.message.contains('\n'), "{problem:?}");
    }
    for width in [1, 80] {
        assert!(problems.render(width == 80, width).ends_with('\n'));
    }
    let objects = problems.json().inspect(|object| assert_eq!(object["v"], 1));
    assert_eq!(objects.count(), problems.len());
}

fn assert_tellable(network: &Network, places: usize) {
    assert_shown(&network.notes(), places);
    let plan = plan::plan(network);
    assert_eq!(plan.pipes.len(), network.pipes().len());
    for reason in plan.pipes.iter().flat_map(|pipe| &pipe.because) {
        assert!(!reason.to_string().is_empty());
    }
    let run_dir = Path::new("/run");
    for (id, job) in network.jobs() {
        assert_eq!(network.job_named(job.name.as_str()), Some(id));
        plan.lines_up(network, id);
        if let Some(executable) = job.executable() {
            let pipe = |id: PipeId| network[id].name.as_str().into();
            assert!(!executable.argv.is_empty());
            executable.argv.iter().for_each(|item| drop(item.render(run_dir, pipe)));
        }
        if let Body::Native(native) = &job.body {
            render_args(&native.args, run_dir).expect("the run's directory is UTF-8");
        }
    }
}
