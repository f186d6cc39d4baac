//! What the program was started with: its arguments, and what the run says in the environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::error::{ArgsPlace, ArgumentError};
use crate::args::Args;
use crate::codec::{Codec, CodecName, CustomCodec};
use crate::control::{ARGS_VARIABLE, Direction, PipeEntry, PipeTable, RingEntry, TABLE_VERSION};
use crate::head::HeadSize;
use crate::job::Ports;

/// What may stand in the arguments, for those who start the program by hand.
pub(super) const HINT: &str = ": [--args JSON] [--codec CODEC] [--block-size BYTES] [--block-count BLOCKS] [--head BYTES] \
                               [-i PATH]... [-o PATH]...";

/// The longest payload taken, in bytes, where nobody says otherwise. It is also the default of the network file.
const MAX_BLOCK_BYTES: usize = 256 << 20;

/// Codecs that a program has beside the built-in ones.
pub(super) type Custom = &'static [&'static dyn CustomCodec];

/// All that is known of the program's place in the world.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) in_run: bool,
    pub(super) args: Args,
    /// Where these were said.
    pub(super) args_place: ArgsPlace,
    pub(super) head_size: HeadSize,
    /// Whether a job with inputs has at most one block on each output for each compute block.
    pub(super) each: bool,
    /// Whether the run wants to know which compute blocks are done.
    pub(super) acknowledge: bool,
    /// After how many seconds of silence the run takes the program to hang.
    pub(super) heartbeat: Option<f64>,
    pub(super) network_dir: PathBuf,
    pub(super) run_dir: PathBuf,
    pub(super) control: Option<String>,
    pub(super) inputs: Vec<Given>,
    pub(super) outputs: Vec<Given>,
}

/// One pipe, as it was given.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Given {
    pub(super) pipe: String,
    pub(super) codec: Codec,
    pub(super) block_count: usize,
    pub(super) head: bool,
    /// Whether a program with a kit has the other end, with nobody in between.
    pub(super) between_kits: bool,
    pub(super) max: usize,
    pub(super) place: Place,
    /// The memory beside it.
    pub(super) ring: Option<RingEntry>,
}

/// Where a pipe is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// To be opened. Outside a run an output may be a new file.
    Path(PathBuf),
    /// Open already.
    Descriptor(i32),
}

impl Surroundings {
    /// Reads `argv` (without the program itself) and the environment.
    pub(super) fn new(
        argv: impl IntoIterator<Item = OsString>,
        env: impl Fn(&str) -> Option<OsString>,
        custom: Custom,
    ) -> Result<Surroundings, ArgumentError> {
        let text = |name: &str| env(name).map(|value| value.to_string_lossy().into_owned());
        let path = |name: &str| env(name).map(PathBuf::from);
        let table = text("PIPELOOM_PIPES").map(|table| read_table(&table, custom)).transpose()?;
        let mut flags = Flags { custom, ..Flags::default() };
        flags.read(argv)?;
        // What stands in the command line was meant for this program alone.
        let args = flags.args.map(|args| (ArgsPlace::Flag, args));
        let args = args.or_else(|| Some((ArgsPlace::Variable, text(ARGS_VARIABLE)?)));
        let (args_place, args) = args.unwrap_or_else(|| (ArgsPlace::Flag, "{}".to_owned()));
        let args = serde_json::from_str(&args).map_err(|error| ArgumentError::Json { place: args_place, error })?;
        let here = || PathBuf::from(".");
        let each = table.as_ref().is_some_and(|table| table.each);
        let acknowledge = table.as_ref().is_some_and(|table| table.acknowledge);
        let heartbeat = table.as_ref().and_then(|table| table.heartbeat);
        let (in_run, head_size) = (table.is_some(), table.as_ref().map_or(flags.head_size, |table| table.head_size));
        // The table says where each pipe is, so that what the arguments say of them is not needed.
        let (inputs, outputs) = table.map_or((flags.inputs, flags.outputs), |table| (table.inputs, table.outputs));
        Ok(Surroundings {
            in_run,
            args: Args::new(args),
            args_place,
            head_size,
            each,
            acknowledge,
            heartbeat,
            network_dir: path("PIPELOOM_NETWORK_DIR").unwrap_or_else(here),
            run_dir: path("PIPELOOM_RUN_DIR").unwrap_or_else(here),
            control: text("PIPELOOM_CONTROL"),
            inputs,
            outputs,
        })
    }

    /// By hand, a job with one pipe on a side that is not given reads standard input or writes standard output.
    pub(super) fn add_standard_streams(&mut self, ports: &Ports) {
        if self.in_run {
            return;
        }
        if self.inputs.is_empty() && !ports.inputs.fixed.is_empty() {
            self.inputs.push(Described::default().at("standard input".to_owned(), Codec::Json, Place::Descriptor(0)));
        }
        if self.outputs.is_empty() && !ports.outputs.fixed.is_empty() {
            self.outputs.push(Described::default().at("standard output".to_owned(), Codec::Json, Place::Descriptor(1)));
        }
    }
}

/// The table of `PIPELOOM_PIPES`.
struct Table {
    head_size: HeadSize,
    each: bool,
    acknowledge: bool,
    heartbeat: Option<f64>,
    inputs: Vec<Given>,
    outputs: Vec<Given>,
}

fn read_table(text: &str, custom: Custom) -> Result<Table, ArgumentError> {
    let PipeTable { v, head_size, each, acknowledge, heartbeat_seconds: heartbeat, pipes } =
        serde_json::from_str(text).map_err(ArgumentError::Table)?;
    if v != TABLE_VERSION {
        return Err(ArgumentError::Version(v));
    }
    let head_size = HeadSize::new(head_size)
        .ok_or(ArgumentError::Entry { pipe: "of any name".to_owned(), what: "head_size is from 1 to 4" })?;
    let of = |direction| pipes.iter().filter(move |entry| entry.direction == direction);
    let of = |direction| of(direction).map(|entry| given(entry, custom));
    Ok(Table {
        head_size,
        each,
        acknowledge,
        heartbeat,
        inputs: of(Direction::Input).collect::<Result<_, _>>()?,
        outputs: of(Direction::Output).collect::<Result<_, _>>()?,
    })
}

fn given(entry: &PipeEntry, custom: Custom) -> Result<Given, ArgumentError> {
    let wrong = |what| ArgumentError::Entry { pipe: entry.name.clone(), what };
    let place = match (&entry.path, entry.fd) {
        (Some(path), None) => Place::Path(path.into()),
        (None, Some(number)) => Place::Descriptor(number),
        _ => return Err(wrong("it has either a path or an fd")),
    };
    if entry.block_count == 0 {
        return Err(wrong("block_count is 1 at least"));
    }
    if entry.ring.is_some()
        && !matches!(codec_name(&entry.codec), Some(CodecName::Bytes | CodecName::Framed | CodecName::Bincode))
    {
        return Err(wrong("a pipe with a ring has the codec bytes, framed or bincode"));
    }
    let codec = codec(&entry.codec, entry.block_size, custom)
        .ok_or_else(|| ArgumentError::Codec { pipe: entry.name.clone(), codec: entry.codec.clone() })?;
    Ok(Given {
        pipe: entry.name.clone(),
        codec,
        block_count: entry.block_count,
        head: entry.head && codec.has_blocks(),
        between_kits: entry.between_kits,
        max: entry.max_block_bytes.unwrap_or(MAX_BLOCK_BYTES),
        place,
        ring: entry.ring,
    })
}

/// The built-in codec of this name.
fn codec_name(name: &str) -> Option<CodecName> {
    CodecName::BUILT_IN.into_iter().find(|codec| codec.as_str() == name)
}

/// The codec of this name: a built-in one, or one of those that the program has.
fn codec(name: &str, block_size: Option<usize>, custom: Custom) -> Option<Codec> {
    Some(match codec_name(name) {
        Some(CodecName::Bincode) => Codec::Bincode,
        Some(CodecName::Json) => Codec::Json,
        Some(CodecName::Lines) => Codec::Lines,
        Some(CodecName::Bytes) => Codec::Bytes { block_size: block_size.filter(|size| *size > 0)? },
        Some(CodecName::Framed) => Codec::Framed,
        Some(CodecName::Stream) => Codec::Stream,
        Some(CodecName::Custom(_)) | None => Codec::Custom(*custom.iter().find(|codec| codec.name() == name)?),
    })
}

/// What the arguments say; what they say of pipes holds for those behind it.
#[derive(Default)]
struct Flags {
    custom: Custom,
    args: Option<String>,
    head_size: HeadSize,
    described: Described,
    inputs: Vec<Given>,
    outputs: Vec<Given>,
}

/// How blocks stand on a pipe that is given by hand.
#[derive(Clone)]
struct Described {
    codec: String,
    block_size: Option<usize>,
    block_count: usize,
    head: bool,
}

impl Default for Described {
    fn default() -> Described {
        Described { codec: CodecName::Json.to_string(), block_size: None, block_count: 1, head: false }
    }
}

impl Described {
    fn at(&self, pipe: String, codec: Codec, place: Place) -> Given {
        let Described { block_count, head, .. } = *self;
        let (head, max) = (head && codec.has_blocks(), MAX_BLOCK_BYTES);
        Given { pipe, codec, block_count, head, between_kits: false, max, place, ring: None }
    }

    /// A pipe by what stands behind its flag: a path, the number of a descriptor, or `-`.
    fn given(&self, value: &Path, standard: i32, custom: Custom) -> Result<Given, ArgumentError> {
        let name = value.display().to_string();
        let Some(codec) = codec(&self.codec, self.block_size, custom) else {
            return Err(ArgumentError::Codec { pipe: name, codec: self.codec.clone() });
        };
        let place = match name.parse() {
            _ if name == "-" => Place::Descriptor(standard),
            Ok(number) => Place::Descriptor(number),
            Err(_) => Place::Path(value.to_owned()),
        };
        Ok(self.at(name, codec, place))
    }
}

impl Flags {
    fn read(&mut self, argv: impl IntoIterator<Item = OsString>) -> Result<(), ArgumentError> {
        let mut argv = argv.into_iter();
        let mut value = |flag, what| argv.next().ok_or(ArgumentError::Value { flag, what });
        fn number(flag: &'static str, what: &'static str, value: OsString) -> Result<usize, ArgumentError> {
            let number = value.to_str().and_then(|text| text.parse().ok()).filter(|number| *number > 0);
            number.ok_or(ArgumentError::Value { flag, what })
        }
        const NUMBER: &str = "a number from 1";
        const PATH: &str = "a path, the number of a descriptor, or -";
        while let Ok(flag) = value("", "") {
            match flag.to_str() {
                Some("-i") => self.inputs.push(self.described.given(value("-i", PATH)?.as_ref(), 0, self.custom)?),
                Some("-o") => self.outputs.push(self.described.given(value("-o", PATH)?.as_ref(), 1, self.custom)?),
                Some("--args") => {
                    self.args = Some(value("--args", "a JSON object")?.to_string_lossy().into_owned());
                }
                Some("--codec") => {
                    self.described.codec = value("--codec", "a codec")?.to_string_lossy().into_owned();
                }
                Some("--block-size") => {
                    let size = number("--block-size", NUMBER, value("--block-size", NUMBER)?)?;
                    self.described.block_size = Some(size);
                }
                Some("--block-count") => {
                    self.described.block_count = number("--block-count", NUMBER, value("--block-count", NUMBER)?)?;
                }
                Some("--head") => {
                    const SIZE: &str = "a number from 1 to 4";
                    let size = number("--head", SIZE, value("--head", SIZE)?)?;
                    let size = u8::try_from(size).ok().and_then(HeadSize::new);
                    self.head_size = size.ok_or(ArgumentError::Value { flag: "--head", what: SIZE })?;
                    self.described.head = true;
                }
                _ => return Err(ArgumentError::Unknown(flag.to_string_lossy().into_owned())),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{PortList, PortType};

    fn surroundings(argv: &[&str], env: &[(&str, &str)]) -> Result<Surroundings, ArgumentError> {
        let value = |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
        Surroundings::new(argv.iter().map(OsString::from), value, &[])
    }

    #[test]
    fn in_a_run_the_table_says_where_the_pipes_are() {
        let table = r#"{"v": 1, "head_size": 2, "new": true, "pipes": [
            {"name": "a", "direction": "input", "codec": "bytes", "block_size": 8, "block_count": 3, "head": true, "path": "/a"},
            {"name": "b", "direction": "output", "codec": "stream", "block_count": 1, "head": true, "fd": 5}]}"#;
        let env = [("PIPELOOM_PIPES", table), ("PIPELOOM_NETWORK_DIR", "/net")];
        let found = surroundings(&["--args", "{\"n\": 1}", "-i", "/a", "-o", "5"], &env).unwrap();
        assert_eq!((found.network_dir, found.run_dir), ("/net".into(), ".".into()));
        assert_eq!(found.head_size.bytes(), 2);
        let [a] = found.inputs.as_slice() else { panic!("one input") };
        assert_eq!((a.codec, a.block_count, a.head), (Codec::Bytes { block_size: 8 }, 3, true));
        assert_eq!(a.place, Place::Path("/a".into()));
        let [b] = found.outputs.as_slice() else { panic!("one output") };
        assert_eq!((b.codec, b.head, &b.place), (Codec::Stream, false, &Place::Descriptor(5)));
        assert_eq!(found.args.table()["n"], 1);
    }

    #[test]
    fn arguments_are_those_of_the_file_unless_the_command_line_has_some() {
        let args = [("PIPELOOM_ARGS", r#"{"n": 1}"#)];
        let found = surroundings(&[], &args).unwrap();
        assert_eq!((&found.args.table()["n"], found.args_place), (&1.into(), ArgsPlace::Variable));
        let found = surroundings(&["--args", r#"{"n": 2}"#], &args).unwrap();
        assert_eq!((&found.args.table()["n"], found.args_place), (&2.into(), ArgsPlace::Flag));
        assert!(surroundings(&[], &[]).unwrap().args.table().is_empty());
    }

    #[test]
    fn by_hand_the_flags_say_it_for_the_pipes_behind_them() {
        let argv = ["-i", "x", "--codec", "bytes", "--block-size", "4", "--head", "3", "-i", "7", "-o", "-"];
        let found = surroundings(&argv, &[]).unwrap();
        let codecs: Vec<_> = found.inputs.iter().map(|given| (given.codec, given.head)).collect();
        assert_eq!(codecs, [(Codec::Json, false), (Codec::Bytes { block_size: 4 }, true)]);
        assert_eq!(found.inputs[1].place, Place::Descriptor(7));
        assert_eq!((&found.outputs[0].place, found.head_size.bytes()), (&Place::Descriptor(1), 3));
    }

    #[test]
    fn by_hand_standard_streams_stand_for_pipes_that_are_not_given() {
        let one = || PortList::one(PortType::any());
        let mut found = surroundings(&["-o", "there"], &[]).unwrap();
        found.add_standard_streams(&Ports::new(one(), one()));
        assert_eq!(found.inputs[0].place, Place::Descriptor(0));
        assert_eq!(found.outputs[0].place, Place::Path("there".into()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let text = |argv: &[&str], env: &[(&str, &str)]| surroundings(argv, env).unwrap_err().to_string();
        assert!(text(&["--frob"], &[]).starts_with("argument --frob is not understood: [--args JSON]"));
        assert_eq!(text(&["-i"], &[]), "-i needs a value: a path, the number of a descriptor, or -");
        assert_eq!(text(&["--head", "5"], &[]), "--head needs a value: a number from 1 to 4");
        assert!(text(&["--args", "[1]"], &[]).starts_with("--args: "));
        assert!(text(&[], &[("PIPELOOM_ARGS", "[1]")]).starts_with("PIPELOOM_ARGS, the job's `args`: "));
        assert!(text(&["--codec", "bites", "-i", "x"], &[]).starts_with("pipe x: codec bites"));
        let table = |text: &'static str| [("PIPELOOM_PIPES", text)];
        assert!(text(&[], &table("[")).starts_with("PIPELOOM_PIPES: "));
        assert!(text(&[], &table(r#"{"v":3,"head_size":1,"pipes":[]}"#)).contains("has version 3"));
        let entry = r#"{"v":1,"head_size":1,"pipes":[{"name":"a","direction":"input","codec":"lines","block_count":1,"head":false}]}"#;
        assert_eq!(text(&[], &table(entry)), "pipe a: it has either a path or an fd");
    }
}
