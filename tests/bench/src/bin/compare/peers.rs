//! Other people's programs that do about the same, where one is installed. They leave payloads alone.

use std::{fs, path::Path};

use pipeloom_bench::flags::Mode;

use crate::{
    args::Places,
    bare::{argv, words},
    dora,
    error::BenchError,
    launch::{Launch, Streams},
    row::{Chain, Metric, Row, Shape},
};

/// The row's peer: its name and its programs. `None` where there is none.
///
/// # Errors
/// Its input could not be written.
pub(crate) fn launch(row: &Row, places: &Places, dir: &Path) -> Result<Option<(&'static str, Launch)>, BenchError> {
    Ok(match row.shape {
        Shape::Chain(chain) if row.metric == Metric::FirstBlock => Some(("cat, cat, cat", cats(&chain, dir)?)),
        Shape::Chain(chain) if is_plain(&chain) && row.metric == Metric::Flow => Some(("dd, cat, cat", dd(&chain))),
        Shape::Recovery(recovery) => dora::launch(&recovery, dir)?.map(|launch| ("dora, in Python", launch)),
        Shape::Pairs { children } => Some(("children that do nothing", nops(children, places))),
        _ => None,
    })
}

fn is_plain(chain: &Chain) -> bool {
    chain.connectors == 1 && !chain.head && chain.mode == Mode::Copy && chain.kit.is_none()
}

fn dd(chain: &Chain) -> Launch {
    let block = format!("bs={}", chain.size);
    let count = format!("count={}", chain.count);
    Launch {
        programs: vec![words(&["dd", "if=/dev/zero", &block, &count, "status=none"]), words(&["cat"]), words(&["cat"])],
        streams: Streams::Pipeline,
        ..Launch::default()
    }
}

fn cats(chain: &Chain, dir: &Path) -> Result<Launch, BenchError> {
    let path = dir.join("blocks");
    fs::write(&path, vec![0; chain.size]).map_err(|source| BenchError::Prepare { path: path.clone(), source })?;
    Ok(Launch {
        programs: vec![vec!["cat".into(), path.into()], words(&["cat"]), words(&["cat"])],
        streams: Streams::Watched,
        ..Launch::default()
    })
}

fn nops(children: usize, places: &Places) -> Launch {
    Launch { programs: vec![argv(places, "bare-nop", &[]); children], ..Launch::default() }
}
