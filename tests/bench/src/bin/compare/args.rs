//! The command line of `compare`.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Parser;
use tempfile::TempDir;

use crate::{peers::Tools, row::Row, rows};

/// Compare Pipeloom with bare programs that do the same work.
///
/// Prints a Markdown table. All ratios are speeds relative to the bare programs in the same round: more is better.
#[derive(Parser)]
pub(crate) struct Args {
    /// Only these rows, by id or by its first part: `W1,W2.relay`.
    #[arg(long, value_delimiter = ',', value_name = "ID")]
    rows: Vec<String>,
    /// A few blocks in one round: shows that everything runs, says nothing about speed.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Rounds for each figure; an odd number has a true median. 5, or 1 if quick.
    #[arg(long)]
    rounds: Option<usize>,
    /// How often all rows are measured, one after the other; each figure is of all these runs.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    runs: usize,
    /// The `pipeloom` binary; the one beside this program if left out.
    #[arg(long, value_name = "PATH")]
    pipeloom: Option<PathBuf>,
    /// Only the bare programs and peers.
    #[arg(long, conflicts_with = "pipeloom")]
    bare: bool,
    /// What `tests/bench/peers/install` has filled; `tools/peers` in the target directory if left out.
    #[arg(long, value_name = "FOLDER")]
    peers: Option<PathBuf>,
    /// What random moments follow from. Each round has others; any number, which is shown, if left out.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// One JSON object a line instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
    /// A folder for `table.md`, `table.json` and pictures.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
    /// Documents in which the tables are put between the lines `<!-- goals -->`, `<!-- figures -->` or `<!-- instructions -->` and
    /// `<!-- end -->`.
    #[arg(long, value_name = "DOCUMENT")]
    pub(crate) fill: Vec<PathBuf>,
    /// Instead of times, count instructions of the runtime for each block, under callgrind, which needs valgrind.
    #[arg(long, conflicts_with_all = ["bare", "rows", "rounds", "runs", "json", "out"])]
    pub(crate) instructions: bool,
}

/// Where the programs are.
pub(crate) struct Places {
    /// The folder of the bare programs.
    pub(crate) bare: PathBuf,
    /// The binary under test, if it is there.
    pub(crate) pipeloom: Option<PathBuf>,
    /// Other people's programs.
    pub(crate) tools: Tools,
    /// For programs that are built when a row asks for them.
    pub(crate) built: TempDir,
}

impl Places {
    /// A bare program's path.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bare.join(name)
    }
}

impl Args {
    /// Rounds for each figure, at least one.
    pub(crate) fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 1 } else { 5 }).max(1)
    }

    /// How often all rows are measured, at least once.
    pub(crate) fn runs(&self) -> usize {
        self.runs.max(1)
    }

    /// The rows asked for, in the table's order.
    pub(crate) fn rows(&self, seed: u64) -> Vec<Row> {
        let mut all = rows::all();
        all.retain(|row| self.rows.is_empty() || self.rows.iter().any(|id| row.answers_to(id)));
        if self.quick {
            all.iter_mut().for_each(Row::shorten);
        }
        all.into_iter().map(|row| row.with_seed(seed)).collect()
    }

    /// What random moments follow from; any number unless one was given.
    pub(crate) fn seed(&self) -> u64 {
        self.seed.unwrap_or_else(|| fastrand::u64(..1 << 32))
    }

    /// Finds the programs beside this one.
    ///
    /// # Errors
    /// The system does not say where this program is, a `--pipeloom` is not there, or there is no room for a folder.
    pub(crate) fn places(&self) -> io::Result<Places> {
        let own = std::env::current_exe()?;
        let bare = own.parent().unwrap_or(Path::new(".")).to_path_buf();
        let pipeloom = match &self.pipeloom {
            Some(path) => Some(path.canonicalize()?),
            None if self.bare => None,
            None => Some(bare.join("pipeloom")).filter(|path| path.exists()),
        };
        let peers = self.peers.clone().unwrap_or_else(|| bare.join("../tools/peers"));
        Ok(Places { bare, pipeloom, tools: Tools::new(peers), built: tempfile::tempdir()? })
    }
}

/// A file of the project.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
