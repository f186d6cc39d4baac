//! Testing a job as it stands in a network file, by `pipeloom try`.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, io};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::job_test::JobTest;
use crate::codec::Codec;
use crate::head::{Head, HeadSize};

/// Names the program `pipeloom` where it is not the one in PATH.
const PROGRAM: &str = "PIPELOOM_BIN";

/// A job of a network file, ready to be run alone over given blocks, in whatever language it is written.
///
/// It is checked and run as in its network, over real pipes; the other jobs need not be there.
#[derive(Clone, Debug)]
#[must_use]
pub struct NetworkTest {
    program: OsString,
    arguments: Vec<OsString>,
    /// The blocks of each input, a line each.
    inputs: Vec<(String, String)>,
}

impl JobTest {
    /// A test of `job` as it stands in the file `network`: its kind or program, its arguments, codecs, block counts and
    /// heads. It is run by the program `pipeloom`: the one that the variable `PIPELOOM_BIN` names, or that of PATH.
    ///
    /// ```no_run
    /// use pipeloom_job::testing::JobTest;
    ///
    /// let done = JobTest::in_network("network.toml", "sum").input("left", [1, 2]).input("right", [10, 20]).run();
    /// assert_eq!(done.values::<i64>("sums"), [11, 22]);
    /// ```
    pub fn in_network(network: impl AsRef<Path>, job: &str) -> NetworkTest {
        let program = env::var_os(PROGRAM).unwrap_or_else(|| "pipeloom".into());
        let arguments = ["try".into(), "--json".into(), network.as_ref().into(), job.into()];
        NetworkTest { program, arguments: arguments.into(), inputs: Vec::new() }
    }
}

impl NetworkTest {
    /// Uses this program instead.
    pub fn program(mut self, program: impl AsRef<OsStr>) -> NetworkTest {
        program.as_ref().clone_into(&mut self.program);
        self
    }

    /// The blocks that come on an input, written as `pipeloom try` takes them: JSON for the codecs `json` and `bincode`, text
    /// for `lines`, hexadecimal digits for `bytes` and `framed`, each perhaps behind a head, as in `"0x10 21.5"`. Numbers
    /// may be given as such. The last block carries the finished bit.
    ///
    /// # Panics
    /// If a block is written in more than one line.
    #[track_caller]
    pub fn input<B: ToString>(mut self, pipe: &str, blocks: impl IntoIterator<Item = B>) -> NetworkTest {
        let mut lines = String::new();
        for block in blocks.into_iter().map(|block| block.to_string()) {
            assert!(!block.contains('\n'), "a block is written in one line, and one of {pipe} is not: {block:?}");
            lines.push_str(&block);
            lines.push('\n');
        }
        self.inputs.push((pipe.to_owned(), lines));
        self
    }

    /// Gives a parameter of the network a value.
    pub fn param(self, name: &str, value: &str) -> NetworkTest {
        self.argument("--param", format!("{name}={value}"))
    }

    /// Puts a value into the file, for example `jobs.sum.args.factor` and `2`.
    pub fn set(self, key: &str, value: &str) -> NetworkTest {
        self.argument("--set", format!("{key}={value}"))
    }

    /// Ends a source after so many blocks of each output.
    pub fn steps(self, count: usize) -> NetworkTest {
        self.argument("--steps", count.to_string())
    }

    fn argument(mut self, flag: &str, value: String) -> NetworkTest {
        self.arguments.extend([flag.into(), value.into()]);
        self
    }

    /// Runs the job to its end.
    ///
    /// # Panics
    /// If the program cannot be run, or refuses the network or what the test gives; the panic has what it says.
    #[track_caller]
    pub fn run(self) -> NetworkOutcome {
        let given = match GivenBlocks::write(&self.inputs) {
            Ok(given) => given,
            Err(error) => panic!("cannot write the blocks into a temporary folder: {error}"),
        };
        let program = self.program.display();
        #[expect(clippy::disallowed_methods, reason = "it is waited for, and ends its jobs itself")]
        let mut command = Command::new(&self.program);
        let output = command.args(&self.arguments).args(&given.arguments).stdin(Stdio::null()).output();
        let output = match output {
            Ok(output) => output,
            Err(error) => panic!("cannot run {program}: {error}; put pipeloom into PATH, or its path into {PROGRAM}"),
        };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.code() {
            Some(0) => NetworkOutcome::of(&output.stdout, None),
            Some(1) => NetworkOutcome::of(&output.stdout, Some(said)),
            _ => panic!("{program} ended with {}:\n{said}{}", output.status, String::from_utf8_lossy(&output.stdout)),
        }
    }
}

/// The blocks of all inputs, in files as long as this lives: there may be more of them than a command line holds.
struct GivenBlocks {
    folder: PathBuf,
    arguments: Vec<String>,
}

impl GivenBlocks {
    fn write(inputs: &[(String, String)]) -> io::Result<GivenBlocks> {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("pipeloom-test-{}-{number}", std::process::id()));
        fs::create_dir(&folder)?;
        let mut given = GivenBlocks { folder, arguments: Vec::new() };
        for (place, (pipe, lines)) in inputs.iter().enumerate() {
            let file = given.folder.join(place.to_string());
            fs::write(&file, lines)?;
            given.arguments.extend(["--input".to_owned(), format!("{pipe}={}", file.display())]);
        }
        Ok(given)
    }
}

impl Drop for GivenBlocks {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans the folder of temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// What a job of a network did with the blocks it was given.
#[derive(Debug, Default)]
pub struct NetworkOutcome {
    outputs: BTreeMap<String, Vec<Came>>,
    result: Option<Value>,
    failure: Option<String>,
}

/// One line of what `pipeloom try --json` says, as far as a test looks at it.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Said {
    Block {
        side: Side,
        pipe: String,
        #[serde(flatten)]
        came: Came,
    },
    Result {
        result: Value,
    },
    JobFailed {
        cause: Cause,
    },
    #[serde(other)]
    Other,
}

#[derive(PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Side {
    Input,
    Output,
}

#[derive(Deserialize)]
struct Cause {
    /// The last ones that it wrote to standard error.
    last_lines: Vec<String>,
}

/// A block that came out.
#[derive(Debug, Deserialize)]
struct Came {
    /// As `0x40`; a stream has none.
    head: Option<String>,
    #[serde(default, deserialize_with = "even_null")]
    value: Option<Value>,
    /// In the place of a value that cannot be read without its type.
    hex: Option<String>,
}

/// `null` is a value too.
fn even_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl NetworkOutcome {
    /// Reads what was said, and adds the job's own last words to a failure. What native jobs print stands between.
    fn of(said: &[u8], failure: Option<String>) -> NetworkOutcome {
        let mut outcome = NetworkOutcome { failure, ..NetworkOutcome::default() };
        for line in String::from_utf8_lossy(said).lines() {
            match serde_json::from_str(line) {
                Ok(Said::Block { side: Side::Output, pipe, came }) => {
                    outcome.outputs.entry(pipe).or_default().push(came)
                }
                Ok(Said::Result { result }) => outcome.result = Some(result),
                Ok(Said::JobFailed { cause }) => {
                    let failure = outcome.failure.get_or_insert_default();
                    cause.last_lines.iter().for_each(|line| failure.push_str(&format!("  | {line}\n")));
                }
                Ok(Said::Block { .. } | Said::Other) | Err(_) => {}
            }
        }
        outcome
    }

    /// The values that came on an output, from its JSON or, under codec `lines`, its text.
    ///
    /// # Panics
    /// If the job failed, or a block holds another value. Blocks that cannot be read without knowing their type are
    /// [`NetworkOutcome::payloads`].
    #[track_caller]
    pub fn values<T: DeserializeOwned>(&self, pipe: &str) -> Vec<T> {
        let value = |came: &Came| match &came.value {
            None => panic!("blocks on {pipe} are payloads of no known type: use payloads({pipe:?})"),
            Some(json) => match read(json) {
                Ok(value) => value,
                Err(error) => panic!("on {pipe} came {json}: {error}"),
            },
        };
        self.blocks(pipe).iter().map(value).collect()
    }

    /// The payloads that came on an output whose codec (`bincode`, `bytes`, `framed`) does not tell what they hold;
    /// [`Codec::decode`] reads them.
    ///
    /// # Panics
    /// If the job failed, or the codec tells values.
    #[track_caller]
    pub fn payloads(&self, pipe: &str) -> Vec<Vec<u8>> {
        let payload = |came: &Came| match came.hex.as_deref().map(bytes) {
            Some(payload) => payload,
            None => panic!("blocks on {pipe} are values: use values({pipe:?})"),
        };
        self.blocks(pipe).iter().map(payload).collect()
    }

    /// The heads that came on an output.
    ///
    /// # Panics
    /// If the job failed.
    #[track_caller]
    pub fn heads(&self, pipe: &str) -> Vec<Head> {
        let head = |came: &Came| Head::from_wire(&bytes(came.head.as_deref()?.strip_prefix("0x")?));
        self.blocks(pipe).iter().map(|came| head(came).unwrap_or(Head::empty(HeadSize::ONE))).collect()
    }

    /// The result the job reported last.
    pub fn result(&self) -> Option<&Value> {
        self.result.as_ref()
    }

    /// What was said of the job's failure, and the last lines that it wrote to standard error.
    ///
    /// # Panics
    /// If it did not fail.
    #[track_caller]
    pub fn failure(&self) -> &str {
        match &self.failure {
            Some(failure) => failure,
            None => panic!("the job should have failed"),
        }
    }

    #[track_caller]
    fn blocks(&self, pipe: &str) -> &[Came] {
        if let Some(failure) = &self.failure {
            panic!("the job failed:\n{failure}");
        }
        self.outputs.get(pipe).map_or(&[], Vec::as_slice)
    }
}

fn read<T: DeserializeOwned>(json: &Value) -> Result<T, Box<dyn std::error::Error>> {
    match (T::deserialize(json), json) {
        (Err(_), Value::String(text)) => Ok(Codec::Lines.decode(text.as_bytes())?),
        (read, _) => Ok(read?),
    }
}

/// What hexadecimal digits say.
fn bytes(digits: &str) -> Vec<u8> {
    let byte = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    digits.as_bytes().chunks(2).filter_map(byte).collect()
}
