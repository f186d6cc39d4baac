//! Other people's programs that do about the same, where they are installed. `peers/install` installs them.
//!
//! `tools` finds them. `shell` is what a shell has anyway, `dora`, `zeromq` and `marvelo` are chains of each, and `restarts`
//! is a connector that dora starts again. What is not installed gives no figure.

mod dora;
mod marvelo;
mod restarts;
mod shell;
mod tools;
mod zeromq;

use std::path::Path;

use crate::{
    args::Places,
    bare::argv,
    error::BenchError,
    launch::Launch,
    row::{Chain, Metric, Row, Shape},
};

pub(crate) use tools::Tools;

/// Somebody who does about the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    /// `dd`, `cat`, `cat`, which leave payloads alone.
    Dd,
    /// `cat`, `cat`, `cat`, the same.
    Cats,
    /// `pv` between the bare ends.
    Pv,
    /// `mbuffer` between the bare ends.
    Mbuffer,
    /// Three processes over ipc.
    ZeroMq,
    /// Nodes in Python, `queue_policy: backpressure`.
    Dora,
    /// The same with what is its default, which drops.
    DoraDropping,
    /// A node in Python that is started again.
    DoraRestarts,
    /// A simulation of the bare programs.
    Marvelo,
    /// Children that do nothing.
    Nops,
}

/// Blocks of more than this are asked of nobody who copies each of them several times.
const LARGEST: usize = 4 << 20;

impl Peer {
    /// What the tables call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dd => "dd, cat, cat",
            Self::Cats => "cat, cat, cat",
            Self::Pv => "pv",
            Self::Mbuffer => "mbuffer",
            Self::ZeroMq => "ZeroMQ",
            Self::Dora => "dora in Python, lossless",
            Self::DoraDropping => "dora in Python, dropping",
            Self::DoraRestarts => "dora in Python",
            Self::Marvelo => "MARVELO",
            Self::Nops => "children that do nothing",
        }
    }

    /// Who is measured beside a row.
    pub(crate) fn beside(row: &Row) -> Vec<Self> {
        let of_chain = |chain: &Chain| match row.metric {
            Metric::FirstBlock => vec![Self::Cats, Self::Dora, Self::Marvelo],
            Metric::Delay => vec![Self::ZeroMq, Self::Dora, Self::DoraDropping, Self::Marvelo],
            Metric::Flow if chain.size > LARGEST => vec![Self::Dd, Self::Pv, Self::Mbuffer, Self::ZeroMq],
            Metric::Flow => {
                let copying = [Self::Dora, Self::DoraDropping, Self::Marvelo];
                [&[Self::Dd, Self::Pv, Self::Mbuffer, Self::ZeroMq], copying.as_slice()].concat()
            }
            Metric::Wall | Metric::Recovery | Metric::Memory => Vec::new(),
        };
        match row.shape {
            // Long chains are held against themselves.
            _ if row.against.is_some() || row.answers_to("W7") => Vec::new(),
            Shape::Chain(chain) if chain.is_plain() => of_chain(&chain),
            Shape::Chain(chain) if chain.is_batched() => vec![Self::Dora],
            Shape::Shared { .. } => vec![Self::Dora, Self::DoraDropping],
            Shape::Recovery(_) => vec![Self::DoraRestarts],
            Shape::Pairs { .. } => vec![Self::Nops],
            _ => Vec::new(),
        }
    }

    /// What it runs in `dir` for a row; `None` where it is not installed, or the row is of something else.
    ///
    /// # Errors
    /// Its input could not be written.
    pub(crate) fn launch(self, row: &Row, places: &Places, dir: &Path) -> Result<Option<Launch>, BenchError> {
        match row.shape {
            Shape::Chain(chain) => self.chain(&chain, places, dir),
            Shape::Shared { size, count } => self.chain(&Chain::new(size, count).connectors(0), places, dir),
            Shape::Recovery(recovery) => restarts::launch(&recovery, &places.tools, dir),
            Shape::Pairs { children } => Ok(Some(nops(children, places))),
            _ => Ok(None),
        }
    }

    fn chain(self, chain: &Chain, places: &Places, dir: &Path) -> Result<Option<Launch>, BenchError> {
        match self {
            Self::Dd => Ok(Some(shell::dd(chain))),
            Self::Cats => shell::cats(chain, dir).map(Some),
            Self::Pv => Ok(shell::pv(chain, places, dir)),
            Self::Mbuffer => Ok(shell::mbuffer(chain, places, dir)),
            Self::ZeroMq => Ok(zeromq::launch(chain, places, dir)),
            Self::Dora => dora::launch(chain, dora::Policy::Lossless, places, dir),
            Self::DoraDropping => dora::launch(chain, dora::Policy::Dropping, places, dir),
            Self::Marvelo => Ok(marvelo::launch(chain, places, dir)),
            Self::DoraRestarts | Self::Nops => Ok(None),
        }
    }
}

fn nops(children: usize, places: &Places) -> Launch {
    Launch { programs: vec![argv(places, "bare-nop", &[]); children], ..Launch::default() }
}

/// Fewer blocks for somebody who is slow: as many as take a second or so, or fill so many bytes.
fn fewer(chain: &Chain, most: u64, most_bytes: u64) -> u64 {
    chain.count.min(most).min((most_bytes / chain.size as u64).max(20))
}
