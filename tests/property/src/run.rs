//! One case, from the file to the verdict.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pipeloom_config::{CheckOptions, Text, check};
use pipeloom_engine::plan::plan;
use pipeloom_engine::{Options, Summary, start};
use pipeloom_events::RunId;

use crate::case::{Case, Role};
use crate::file::{file_text, record_key};
use crate::kinds::{KINDS, take_record};
use crate::oracle::Oracle;
use crate::seen::{Seen, SeenBlock};

/// A network that takes longer stands still: the slowest ones take a second or two.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a case in the empty folder `dir`; its executables and its warden are `worker`.
///
/// # Errors
/// All that was not as it must be, as text.
pub fn run(case: &Case, dir: &Path, worker: &Path) -> Result<Summary, String> {
    let text = file_text(case, worker);
    let tell = |what: String| format!("{what}\n\nseed {}, the network:\n\n{text}", case.seed);
    let file = Text { path: dir.join("network.toml"), text: text.clone() };
    let options = CheckOptions { kinds: KINDS, ..CheckOptions::default() };
    let network = check(file, &options).map_err(|problems| tell(format!("the file is refused:\n{problems}")))?;
    let run_dir = dir.join("run");
    let oracle_plan = plan(&network);
    let oracle = Oracle::new(case, &network, &oracle_plan);

    let options = Options {
        run: RunId::now(),
        run_dir: run_dir.clone(),
        warden: (PathBuf::from(worker), Vec::new()),
        time_limit: Some(PATIENCE),
        lines: false,
        program_descriptors: None,
        epoch: 0,
        origin: None,
        attempts: 0,
    };
    let handle = start(network, options).map_err(|error| tell(format!("the run cannot start: {error}")))?;
    let summary = handle.wait();

    let mut wrong = oracle.judge(&summary);
    for sink in (0..case.jobs.len()).filter(|&job| case.jobs[job].role == Role::Sink) {
        let seen = if case.jobs[sink].is_program() {
            read_record(case, sink, &run_dir).map_err(|error| error.to_string())
        } else {
            take_record(&record_key(case, sink)).ok_or_else(|| "nothing recorded".to_owned())
        };
        match seen {
            Ok(seen) => {
                wrong.extend(differences(&seen, &oracle.sink(sink)).map(|what| format!("sink j{sink}: {what}")))
            }
            Err(error) => wrong.push(format!("sink j{sink}: {error}")),
        }
    }
    if wrong.is_empty() { Ok(summary) } else { Err(tell(wrong.join("\n"))) }
}

/// What the executable sink has left.
fn read_record(case: &Case, sink: usize, run_dir: &Path) -> io::Result<Vec<Seen>> {
    let inputs = &case.jobs[sink].inputs;
    let file = run_dir.join(format!("j{sink}"));
    if inputs.iter().any(|&input| case.pipes[input].is_stream()) {
        return Ok(vec![Seen::Stream(fs::read(file.with_extension("stream"))?)]);
    }
    let mut seen = vec![Vec::new(); inputs.len()];
    for line in fs::read_to_string(file)?.lines() {
        let blocks: Vec<SeenBlock> = serde_json::from_str(line)?;
        seen.iter_mut().zip(blocks).for_each(|(seen, block)| seen.push(block));
    }
    Ok(seen.into_iter().map(Seen::Blocks).collect())
}

/// Where what was seen differs from what must have been, for each input.
fn differences<'a>(seen: &'a [Seen], expected: &'a [Seen]) -> impl Iterator<Item = String> + 'a {
    let missing = (seen.len() != expected.len()).then(|| format!("{} inputs recorded", seen.len()));
    let inputs = seen.iter().zip(expected).enumerate();
    missing.into_iter().chain(inputs.filter_map(|(input, (seen, expected))| {
        difference(seen, expected).map(|what| format!("input {input}: {what}"))
    }))
}

fn difference(seen: &Seen, expected: &Seen) -> Option<String> {
    match (seen, expected) {
        (Seen::Blocks(seen), Seen::Blocks(expected)) => {
            let first = (1..).zip(seen.iter().zip(expected)).find(|(_, (seen, expected))| seen != expected);
            match first {
                Some((number, (seen, expected))) => Some(format!("block {number} is {seen:?}, not {expected:?}")),
                None if seen.len() == expected.len() => None,
                None => Some(format!("{} blocks, not {}", seen.len(), expected.len())),
            }
        }
        (Seen::Stream(seen), Seen::Stream(expected)) if seen == expected => None,
        (Seen::Stream(seen), Seen::Stream(expected)) => {
            let at = seen.iter().zip(expected).take_while(|(seen, expected)| seen == expected).count();
            Some(format!("{} bytes, not {}; they differ from byte {at} on", seen.len(), expected.len()))
        }
        _ => Some("blocks for a stream, or the other way round".to_owned()),
    }
}
