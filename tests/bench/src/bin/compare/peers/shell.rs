//! Pipelines as a shell makes them, with pipes as large as the kernel makes them by itself.

use std::{ffi::OsString, fs, path::Path};

use crate::{
    args::Places,
    bare::{chain_programs, words},
    error::BenchError,
    launch::{Launch, Streams},
    row::Chain,
};

/// Bytes of the least buffer that `mbuffer` is given.
const LEAST_BUFFER: usize = 16 << 20;
/// Bytes of the least block that it moves at once.
const LEAST_MOVE: usize = 64 << 10;

/// Zeros, passed on twice. Nobody looks at them.
pub(super) fn dd(chain: &Chain) -> Launch {
    let block = format!("bs={}", chain.size);
    let count = format!("count={}", chain.count);
    Launch {
        programs: vec![words(&["dd", "if=/dev/zero", &block, &count, "status=none"]), words(&["cat"]), words(&["cat"])],
        streams: Streams::Pipeline,
        ..Launch::default()
    }
}

/// One block out of a file.
///
/// # Errors
/// The file could not be written.
pub(super) fn cats(chain: &Chain, dir: &Path) -> Result<Launch, BenchError> {
    let path = dir.join("blocks");
    fs::write(&path, vec![0; chain.size]).map_err(|source| BenchError::Prepare { path: path.clone(), source })?;
    Ok(Launch {
        programs: vec![vec!["cat".into(), path.into()], words(&["cat"]), words(&["cat"])],
        streams: Streams::Watched,
        ..Launch::default()
    })
}

/// `pv` between the bare ends.
pub(super) fn pv(chain: &Chain, places: &Places, dir: &Path) -> Option<Launch> {
    let pv = places.tools.find("pv")?;
    Some(between_ends(chain, vec![pv.into(), "-q".into()], places, dir))
}

/// `mbuffer` between the bare ends.
pub(super) fn mbuffer(chain: &Chain, places: &Places, dir: &Path) -> Option<Launch> {
    let mbuffer = places.tools.find("mbuffer")?;
    let moved = chain.size.max(LEAST_MOVE);
    let buffer = LEAST_BUFFER.max(8 * moved);
    let flags = ["-q".to_owned(), "-s".to_owned(), moved.to_string(), "-m".to_owned(), format!("{buffer}b")];
    let argv = std::iter::once(mbuffer.into()).chain(flags.map(OsString::from)).collect();
    Some(between_ends(chain, argv, places, dir))
}

fn between_ends(chain: &Chain, middle: Vec<OsString>, places: &Places, dir: &Path) -> Launch {
    let report = dir.join("report.json");
    let mut programs = chain_programs(&chain.connectors(0), places, &report);
    programs.insert(1, middle);
    Launch { programs, streams: Streams::Pipeline, expects: vec![chain.expected(report)], ..Launch::default() }
}
