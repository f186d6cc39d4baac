//! Blocks that files and the command line give.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use pipeloom_config::Optional;
use pipeloom_job::Head;

use super::bench::{Bench, Input};
use super::notation::{NotationError, Written};
use crate::term::amounts::count;
use crate::term::escape::printable;

/// Why the blocks cannot be given.
#[derive(Debug, thiserror::Error)]
pub(super) enum GivenError {
    #[error("job {job} has no input `{}`: {}", printable(pipe), printable(inputs))]
    NoInput { job: String, pipe: String, inputs: String },
    #[error(
        "nothing is given for the input {pipe}: --block {pipe}=VALUE, or --input {pipe}=FILE with a block on each line"
    )]
    Missing { pipe: String },
    #[error("{}: {source}", printable(&path.to_string_lossy()))]
    Io { path: PathBuf, source: io::Error },
    #[error("{place} is no block of the pipe {pipe}: {source}")]
    Wrong { place: String, pipe: String, source: NotationError },
}

/// The compute blocks that are given: for each input its blocks in order.
pub(super) fn read(
    bench: &Bench,
    files: &[(String, String)],
    blocks: &[(String, String)],
) -> Result<Vec<Vec<Written>>, GivenError> {
    let mut given: HashMap<&str, Vec<Written>> = HashMap::new();
    for (pipe, path) in files {
        let input = find(bench, pipe)?;
        let path = Path::new(path);
        let text = text(path).map_err(|source| GivenError::Io { path: path.to_owned(), source })?;
        let shown = if path == Path::new("-") { "standard input".into() } else { path.to_string_lossy() };
        for (line, text) in (1..).zip(text.lines()) {
            let place = || format!("line {line} of {}", printable(&shown));
            given.entry(pipe).or_default().push(block(input, text, place)?);
        }
        given.entry(pipe).or_default();
    }
    for (pipe, text) in blocks {
        let input = find(bench, pipe)?;
        given.entry(pipe).or_default().push(block(input, text, || format!("`{}`", printable(text)))?);
    }
    let mut all = Vec::new();
    for input in &bench.inputs {
        match given.remove(input.pipe.as_str()) {
            None if input.optional.is_none() => return Err(GivenError::Missing { pipe: input.pipe.clone() }),
            blocks => all.push(blocks.unwrap_or_default()),
        }
    }
    fill(bench, &mut all);
    Ok(all)
}

fn find<'b>(bench: &'b Bench, pipe: &str) -> Result<&'b Input, GivenError> {
    let names = || match bench.inputs.iter().map(|input| input.pipe.as_str()).collect::<Vec<_>>() {
        names if names.is_empty() => "it has none".to_owned(),
        names => format!("it has {}", names.join(", ")),
    };
    bench.inputs.iter().find(|input| input.pipe == pipe).ok_or_else(|| GivenError::NoInput {
        job: bench.job.clone(),
        pipe: pipe.to_owned(),
        inputs: names(),
    })
}

fn text(path: &Path) -> io::Result<String> {
    if path == Path::new("-") {
        let mut text = String::new();
        return io::stdin().lock().read_to_string(&mut text).map(|_| text);
    }
    fs::read_to_string(path)
}

fn block(input: &Input, text: &str, place: impl Fn() -> String) -> Result<Written, GivenError> {
    let wrong = |source| GivenError::Wrong { place: place(), pipe: input.pipe.clone(), source };
    input.notation.read(text).map_err(wrong)
}

/// Optional inputs repeat themselves for as long as the others go on, and no longer.
fn fill(bench: &Bench, all: &mut [Vec<Written>]) {
    let whole =
        |(input, blocks): (&Input, &Vec<Written>)| input.optional.is_none().then_some(blocks.len() / input.block_count);
    let given = |(input, blocks): (&Input, &Vec<Written>)| blocks.len().div_ceil(input.block_count);
    let pairs = || bench.inputs.iter().zip(all.iter());
    let compute_blocks = pairs().filter_map(whole).min().or_else(|| pairs().map(given).max()).unwrap_or(0);
    for (input, blocks) in bench.inputs.iter().zip(all) {
        let Some(optional) = &input.optional else { continue };
        let empty = Head::empty(input.notation.head_size);
        blocks.truncate(compute_blocks * input.block_count);
        while blocks.len() < compute_blocks * input.block_count {
            blocks.push(again(optional, blocks.last(), empty));
        }
    }
}

/// What is given and makes no compute block, as another input has less.
pub(super) fn left_over(bench: &Bench, all: &[Vec<Written>]) -> Vec<String> {
    let pairs = || bench.inputs.iter().zip(all);
    let whole = pairs().map(|(input, blocks)| blocks.len() / input.block_count).min().unwrap_or(0);
    let rest = |(input, blocks): (&Input, &Vec<Written>)| match blocks.len() - whole * input.block_count {
        0 => None,
        more => {
            let more = count(more as u64, "block", "blocks");
            Some(format!("{more} of {} left over, which is no whole compute block", printable(&input.pipe)))
        }
    };
    pairs().filter_map(rest).collect()
}

/// What an optional input gives when no block has come.
pub(super) fn again(optional: &Optional, last: Option<&Written>, empty: Head) -> Written {
    let stored = last.filter(|_| optional.store).map(|last| last.payload.clone());
    Written { head: empty, payload: stored.unwrap_or_else(|| optional.default.clone()) }
}
