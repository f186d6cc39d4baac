//! What must hold for any bytes that come from outside.
//!
//! Each target is a plain function over bytes that panics if something does not hold. Three callers have them: the
//! test `replay`, which runs with all others, on the corpus and what is near it; `fuzz-stable`, which goes on for as long as
//! one likes with any compiler; and cargo-fuzz, in the workspace around this package, which needs a nightly one and
//! finds most.
//!
//! ```text
//! network_file   the network file and what options put into it
//! frames         a built-in codec's blocks on a pipe
//! custom_codec   the same for a codec that says anything
//! values         values in blocks
//! control_lines  what programs say on the control channel
//! program_start  what a program with a kit is started with
//! requests       what is asked through a run's socket
//! spool          a segment of a spool
//!
//! choices        decisions out of the bytes
//! seeds          inputs to begin with
//! mutate         inputs near others
//! ```
//!
//! One more target is a module here, a line in [`TARGETS`], a file in `fuzz_targets/` with its `[[bin]]`, and a folder of the
//! corpus; the test says what is forgotten.

pub mod control_lines;
pub mod custom_codec;
pub mod frames;
pub mod mutate;
pub mod network_file;
pub mod program_start;
pub mod requests;
pub mod seeds;
pub mod spool;
pub mod values;

mod choices;

use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use pipeloom_job::panic_message;

/// Something to be fuzzed.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of its module, its program and its folder in the corpus.
    pub name: &'static str,
    /// Panics if something does not hold for the bytes.
    pub run: fn(&[u8]),
    /// Pieces of which its inputs are made.
    pub words: &'static [&'static str],
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "control_lines", run: control_lines::control_lines, words: control_lines::WORDS },
    Target { name: "custom_codec", run: custom_codec::custom_codec, words: &[] },
    Target { name: "frames", run: frames::frames, words: frames::WORDS },
    Target { name: "network_file", run: network_file::network_file, words: network_file::WORDS },
    Target { name: "program_start", run: program_start::program_start, words: program_start::WORDS },
    Target { name: "requests", run: requests::requests, words: requests::WORDS },
    Target { name: "spool", run: spool::spool, words: spool::WORDS },
    Target { name: "values", run: values::values, words: values::WORDS },
];

/// No input may take longer. It is much, as other things run at the same time.
const LONGEST: Duration = Duration::from_secs(10);

impl Target {
    /// The target of this name.
    pub fn named(name: &str) -> Option<Target> {
        TARGETS.iter().copied().find(|target| target.name == name)
    }

    /// Tries the bytes, and says what does not hold for them.
    ///
    /// # Errors
    /// If the target panics or takes too long.
    pub fn attempt(&self, bytes: &[u8]) -> Result<(), String> {
        let begin = Instant::now();
        catch_unwind(|| (self.run)(bytes))
            .map_err(|panic| panic_message(&*panic).unwrap_or("it panicked without a word").to_owned())?;
        let took = begin.elapsed();
        if took > LONGEST { Err(format!("it took {took:?}")) } else { Ok(()) }
    }
}
