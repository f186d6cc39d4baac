//! What the checks know of a pipe's codec.

use std::fmt;

use pipeloom_job::Codec;

use crate::pipe_spec::{CodecClass, Dummy};

/// What to do where somebody else must know the blocks.
pub(super) const PUT_BETWEEN: &str =
    "put a job in Python between: it has this codec on one side and another one, such as `json`, on the other";

/// The codec of a pipe.
pub(super) struct Coded {
    /// How its blocks stand on the wire.
    pub(super) codec: Codec,
    /// The class in a Python file that knows more, if the file names one.
    pub(super) class: Option<CodecClass>,
    /// A payload that says nothing.
    pub(super) empty: Vec<u8>,
    /// Whether all readers know the blocks of a stream.
    pub(super) cut_by_readers: bool,
}

impl Coded {
    pub(super) fn of(codec: Codec) -> Coded {
        let empty = match (Dummy::of(codec), codec.block_size()) {
            (Dummy::Previous { empty }, _) => empty,
            (_, size) => vec![0; size.unwrap_or(0)],
        };
        Coded { codec, class: None, empty, cut_by_readers: false }
    }

    /// Why the runtime knows no blocks of the pipe `name`, as a fragment behind "but".
    pub(super) fn why_no_blocks(&self, name: &str) -> String {
        match self.class {
            None => format!("the pipe `{name}` is a stream"),
            Some(_) => format!("only Python can tell the blocks of the pipe `{name}` apart"),
        }
    }

    /// What to do about it.
    pub(super) const fn need_blocks(&self) -> &'static str {
        match self.class {
            None => "give the pipe a codec with blocks",
            Some(_) => PUT_BETWEEN,
        }
    }
}

/// The name in the file.
impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.class {
            Some(class) => f.write_str(&class.name),
            None => self.codec.fmt(f),
        }
    }
}
