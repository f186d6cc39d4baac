//! What a run of a case adds to the table. The simulator of the engine adds lines of its own.

mod table;

use std::env;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use table::Table;

/// Names the folder in which figures are kept.
const FOLDER: &str = "PIPELOOM_FAULTS_FIGURES";

/// The figures of one run of a case: a line of JSON.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// The version of this format: 1.
    pub v: u32,
    /// The fault's number in the catalogue.
    pub fault: u32,
    /// The name of the case.
    pub case: String,
    /// The seed.
    pub seed: u64,
    /// Seeds of simulated runs, if it is about these and not about a case of this suite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<Range<u64>>,
    /// Why it was not tried, if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// Whether anything at all was not as it must be.
    pub failed: bool,
    /// How often something was done to the run.
    pub faults: u64,
    /// Blocks that sources have written, by their own account.
    pub blocks: u64,
    /// Blocks that are missing, beyond what the case allows.
    pub lost: u64,
    /// Blocks that came twice, beyond what the case allows.
    pub twice: u64,
    /// Blocks that were never written so.
    pub garbage: u64,
    /// Processes and FIFOs that were left behind.
    pub orphans: u64,
    /// Descriptors and threads that were left in the tests' own process.
    pub descriptors: u64,
    /// Runs that did not end in time.
    pub hangs: u64,
    /// Events that may not follow those before them.
    pub illegal: u64,
    /// For each fault whose end was seen, the time until then, in milliseconds.
    pub recovery_ms: Vec<f64>,
}

impl Figures {
    /// None yet, for this run of a case.
    pub fn of(fault: u32, case: &str, seed: u64) -> Figures {
        Figures { v: 1, fault, case: case.to_owned(), seed, ..Figures::default() }
    }

    /// Adds them to the folder that figures are kept in, if there is one.
    pub(crate) fn keep(&self) {
        if let Some(folder) = env::var_os(FOLDER) {
            // A test that panics must not do so again, and has said what is worse.
            let kept = self.add_to(Path::new(&folder));
            assert!(kept.is_ok() || std::thread::panicking(), "figures cannot be kept: {kept:?}");
        }
    }

    /// Adds them to the file of their case in this folder.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add_to(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let file = OpenOptions::new().create(true).append(true).open(folder.join(format!("{}.jsonl", self.case)));
        // In one piece: others may write to the same file.
        file?.write_all(format!("{}\n", serde_json::to_string(self)?).as_bytes())
    }
}
