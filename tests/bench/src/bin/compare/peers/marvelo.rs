//! The bare programs as a network of MARVELO, as its `simulate` runs one on a single machine.
//!
//! It keeps every block that was sent, so it is given few large ones. Its programs have heads: the finished bit ends a stream there.
//! When a source has ended, what is then under way may be lost.

use std::{ffi::OsString, path::Path};

use crate::{
    args::{Places, project},
    bare::chain_programs,
    launch::{Launch, Loss},
    row::Chain,
};

use super::fewer;

/// Blocks, and bytes of them, that take about a second.
const MOST: (u64, u64) = (20_000, 200 << 20);

/// The simulation; `None` where MARVELO is not installed.
pub(super) fn launch(chain: &Chain, places: &Places, dir: &Path) -> Option<Launch> {
    let python = places.tools.python("fission.manager")?;
    let report = dir.join("report.json");
    let fewer = Chain { count: fewer(chain, MOST.0, MOST.1), ..chain.heads() };
    let mut argv: Vec<OsString> = vec![python.into(), project("tests/bench/peers/marvelo/chain.py").into()];
    argv.extend([dir.into(), chain.size.to_string().into(), report.clone().into()]);
    argv.extend(chain_programs(&fewer, places, &report).iter().map(|program| program.join(" ".as_ref())));
    let loss = Loss::Last { size: chain.size };
    let expects = vec![fewer.expected(report).lossy(loss).standing_for(chain.count)];
    Some(Launch { programs: vec![argv], expects, ..Launch::default() })
}
