//! A connector is killed again and again, and somebody starts it again each time: the runtime, or a loop in a shell.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::{
    args::{Places, project},
    bare::{argv, fifo, words},
    error::BenchError,
    kit,
    launch::{Expected, Launch},
    network::{Job, NetworkFile, Pipe, Restart},
};

/// Bytes of a block.
pub(crate) const BLOCK: usize = 64;
/// Microseconds between two blocks: the pipes are all but empty, so that the first block of a life waits for nobody.
const EVERY_MICROSECONDS: u64 = 1_000;

/// Starts a program again and again, from one FIFO to another, until there is a report. The loop has both FIFOs open too, so that
/// neither breaks while the program is away.
const LOOP: &str = r#"
report=$1 input=$2 output=$3
shift 3
exec 3<"$input" 4>"$output"
while [ ! -e "$report" ]; do "$@" -i "$input" -o "$output" 3<&- 4>&-; done
exit 0
"#;

/// Source, connector, sink; the sink kills the connector, at moments that follow from a seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recovery {
    /// What the connector is written in; in a network with the kit, bare without.
    pub(crate) language: Language,
    /// In a network it is waited before each restart as long as is usual before the first one.
    pub(crate) waits: bool,
    /// How often it is killed.
    pub(crate) kills: u64,
    /// What the moments follow from.
    pub(crate) seed: u64,
}

/// What a connector is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Rust,
    Python,
}

impl Recovery {
    /// The programs over FIFOs, with a shell that starts the connector again at once.
    ///
    /// # Errors
    /// A FIFO could not be made.
    pub(crate) fn bare(&self, places: &Places, dir: &Path) -> Result<Launch, BenchError> {
        let report = dir.join("report.json");
        let (blocks, signed) = (fifo(dir, 1)?, fifo(dir, 2)?);
        let [mut source, mut striker] = self.ends(places, &report);
        source.extend(["-o".into(), blocks.clone().into()]);
        striker.extend(["-i".into(), signed.clone().into()]);
        let mut again = words(&["sh", "-c", LOOP, "again"]);
        again.extend([report.clone().into(), blocks.into(), signed.into()]);
        again.extend(match self.language {
            Language::Rust => argv(places, "bare-sign", &["--size", &BLOCK.to_string()]),
            Language::Python => {
                vec!["python3".into(), project("tests/bench/kits/bare_sign.py").into(), BLOCK.to_string().into()]
            }
        });
        Ok(Launch { programs: vec![source, again, striker], expects: vec![self.expected(report)], ..Launch::default() })
    }

    /// The same as a network, with a connector that has the kit.
    ///
    /// # Errors
    /// There is no Python.
    pub(crate) fn network(&self, places: &Places, dir: &Path) -> Result<(NetworkFile, Launch), BenchError> {
        let report = dir.join("report.json");
        let [source, striker] = self.ends(places, &report).map(|argv| Job::executable(&argv, false));
        let connector = match self.language {
            Language::Rust => kit::in_rust(places, &["--args", r#"{"sign": true}"#]),
            Language::Python => kit::in_python("Sign")?,
        };
        let restart = Restart {
            backoff_seconds: if self.waits { None } else { Some(0.0) },
            // Each life is one of which nobody says that it ended too soon: no wait is longer than the first.
            stable_seconds: Some(0.0),
            max_restarts: Some(self.kills),
            ..Restart::on_failure()
        };
        let mut network = NetworkFile::new();
        let jobs = vec![source, Job { restart: Some(restart), ..connector }, striker];
        network.add_chain("", jobs, &Pipe::new(BLOCK, None));
        Ok((network, Launch { expects: vec![self.expected(report)], ..Launch::default() }))
    }

    /// Who writes and who reads, without their pipes.
    fn ends(&self, places: &Places, report: &Path) -> [Vec<OsString>; 2] {
        let (size, every) = (BLOCK.to_string(), EVERY_MICROSECONDS.to_string());
        let (kills, seed) = (self.kills.to_string(), self.seed.to_string());
        let source = argv(places, "bare-source", &["--size", &size, "--endless", "--every", &every]);
        let flags = ["--size", &size, "--kills", &kills, "--seed", &seed, "--report"];
        let mut striker = argv(places, "bare-striker", &flags);
        striker.push(report.into());
        [source, striker]
    }

    /// What must be there afterwards.
    pub(crate) fn expected(&self, report: PathBuf) -> Expected {
        Expected::counted(report, self.kills)
    }
}
