//! How blocks are written: by people, in files, and as they are shown.
//!
//! | codec | a block is written as |
//! |---|---|
//! | `json` | JSON |
//! | `bincode` | a JSON text, whole number (`i64`), real number (`f64`), truth value, or a list of one of these |
//! | `lines`, `stream` | the text itself; on a stream it is followed by a line break |
//! | `bytes`, `framed` | hexadecimal digits, with or without spaces |
//! | a custom one | JSON, or else a text |
//!
//! `0x10 VALUE` sets bits of the block's head.

use pipeloom_config::{Network, PipeSpec};
use pipeloom_job::codec::{Around, EncodeError, EncodeValueError, Frame};
use pipeloom_job::{Codec, Head, HeadSize};
use serde_json::Value;

use super::hex;
use super::rust_values::{self, BincodeError};

/// Why what is written is no block.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotationError {
    #[error("{head} has more digits than a head of {bytes} bytes")]
    LongHead { head: String, bytes: usize },
    #[error("{0} sets bit 1, the reset bit, which is the runtime's: it is set on the first block of each input")]
    Reset(String),
    #[error("a stream has no heads")]
    HeadOfStream,
    #[error("not JSON: {0}; a text stands in double quotes")]
    Json(serde_json::Error),
    #[error(transparent)]
    Hex(#[from] hex::HexError),
    #[error(transparent)]
    Bincode(#[from] BincodeError),
    #[error(transparent)]
    Value(#[from] EncodeValueError),
    #[error(transparent)]
    Payload(#[from] EncodeError),
}

/// What somebody has written.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Written {
    /// The head's bits, none unless they are written.
    pub(super) head: Head,
    pub(super) payload: Vec<u8>,
}

/// A payload as it is shown: as a value where it can be read as one, else its bytes.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Shown {
    pub(super) text: String,
    /// `value` or `hex`.
    pub(super) key: &'static str,
    pub(super) json: Value,
}

/// What must be known of a pipe to read and show its blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notation {
    pub(super) codec: Codec,
    pub(super) head_size: HeadSize,
    pub(super) max: usize,
}

impl Notation {
    pub(super) fn of(network: &Network, pipe: &PipeSpec) -> Notation {
        Notation { codec: pipe.codec, head_size: network.head_size(), max: pipe.max_block_bytes }
    }

    /// A block from what is written.
    pub(super) fn read(self, text: &str) -> Result<Written, NotationError> {
        let (head, value) = self.head(text)?;
        let payload = self.payload(value)?;
        Frame::around(self.codec, None, &payload, self.max, &mut Around::default())?;
        Ok(Written { head, payload })
    }

    fn head(self, text: &str) -> Result<(Head, &str), NotationError> {
        let empty = Head::empty(self.head_size);
        let Some((word, value)) = text.split_once(' ') else { return Ok((empty, text)) };
        let Some(digits) = word.strip_prefix("0x") else { return Ok((empty, text)) };
        let Ok(number) = u32::from_str_radix(digits, 16) else { return Ok((empty, text)) };
        let bytes = self.head_size.bytes();
        let head = Head::from_number(number, self.head_size);
        if !self.codec.has_blocks() {
            Err(NotationError::HeadOfStream)
        } else if digits.len() > 2 * bytes {
            Err(NotationError::LongHead { head: word.to_owned(), bytes })
        } else if head.is_reset() {
            Err(NotationError::Reset(word.to_owned()))
        } else {
            Ok((head, value))
        }
    }

    fn payload(self, text: &str) -> Result<Vec<u8>, NotationError> {
        let json = || serde_json::from_str::<Value>(text).map_err(NotationError::Json);
        let mut payload = Vec::new();
        match self.codec {
            // As it is written, so that numbers keep their digits.
            Codec::Json => json().map(|_| payload.extend_from_slice(text.trim().as_bytes()))?,
            Codec::Bincode => rust_values::write(&json()?, &mut payload)?,
            Codec::Lines => payload.extend_from_slice(text.as_bytes()),
            Codec::Stream => payload.extend_from_slice(format!("{text}\n").as_bytes()),
            Codec::Bytes { .. } | Codec::Framed => payload = hex::read(text)?,
            Codec::Custom(_) => self.codec.encode(&json().unwrap_or_else(|_| text.into()), &mut payload)?,
        }
        Ok(payload)
    }

    /// A payload that was written as `text`, read back. Under bincode only what was written tells what it is.
    pub(super) fn show_like(self, text: &str, payload: &[u8]) -> Shown {
        let written = self.head(text).ok().and_then(|(_, value)| serde_json::from_str(value).ok());
        match written
            .filter(|_| self.codec == Codec::Bincode)
            .and_then(|written| rust_values::read_like(&written, payload))
        {
            Some(json) => Shown { text: json.to_string(), key: "value", json },
            None => self.show(payload),
        }
    }

    /// A payload as people and programs are shown it.
    pub(super) fn show(self, payload: &[u8]) -> Shown {
        let text = || std::str::from_utf8(payload).ok().map(str::to_owned);
        let shown = match self.codec {
            Codec::Json => self.codec.decode(payload).ok().and_then(|json: Value| Some((text()?, json))),
            Codec::Lines => text().map(|text| (text.clone(), text.into())),
            Codec::Stream => text().map(|text| (Value::from(&*text).to_string(), text.into())),
            Codec::Custom(_) => self.codec.decode(payload).ok().map(|json: Value| (json.to_string(), json)),
            Codec::Bincode | Codec::Bytes { .. } | Codec::Framed => None,
        };
        match shown {
            Some((text, json)) => Shown { text, key: "value", json },
            None => Shown { text: hex::show(payload), key: "hex", json: hex::digits(payload).into() },
        }
    }
}

/// A head as it is written.
pub(super) fn number(head: Head) -> String {
    format!("0x{:0width$x}", head.to_number(), width = 2 * head.size().bytes())
}

/// A head as it is shown: with the names of the bits that have one.
pub(super) fn named(head: Head) -> String {
    let bits = [(head.is_corrupted(), "corrupted"), (head.is_reset(), "reset"), (head.is_finished(), "finished")];
    let names: Vec<&str> = bits.into_iter().filter(|(is_set, _)| *is_set).map(|(_, name)| name).collect();
    if names.is_empty() { number(head) } else { format!("{}({})", number(head), names.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notation(codec: Codec) -> Notation {
        Notation { codec, head_size: HeadSize::ONE, max: 1000 }
    }

    fn payload(codec: Codec, text: &str) -> Vec<u8> {
        notation(codec).read(text).unwrap().payload
    }

    #[track_caller]
    fn assert_wrong(codec: Codec, text: &str, why: &str) {
        let error = notation(codec).read(text).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }

    const TWO_BYTES: Codec = Codec::Bytes { block_size: 2 };

    #[test]
    fn each_codec_has_its_notation() {
        assert_eq!(payload(Codec::Json, " {\"a\": 1.50} "), b"{\"a\": 1.50}");
        assert_eq!(payload(Codec::Lines, " a b"), b" a b");
        assert_eq!(payload(Codec::Lines, ""), b"");
        assert_eq!(payload(Codec::Stream, "a"), b"a\n");
        assert_eq!(payload(TWO_BYTES, "00 Ff"), [0, 255]);
        assert_eq!(payload(Codec::Framed, "00ff10"), [0, 255, 16]);
        let nul = Codec::Custom(pipeloom_predefined::CODECS[0]);
        assert_eq!((payload(nul, "no json"), payload(nul, "\"a\\nb\"")), (b"no json".to_vec(), b"a\nb".to_vec()));
    }

    #[test]
    fn what_is_no_block_is_told() {
        assert_wrong(Codec::Json, "{\"a\"", "not JSON: EOF while parsing");
        assert_wrong(TWO_BYTES, "00", "a block of 1 bytes on a pipe with block_size 2");
        assert_wrong(TWO_BYTES, "0g", "`g`");
        assert_wrong(Codec::Framed, "000", "two hexadecimal digits");
        assert_wrong(Codec::Lines, &"x".repeat(1001), "max_block_bytes = 1000");
        assert_wrong(Codec::Custom(pipeloom_predefined::CODECS[0]), "[]", "a text, a number");
    }

    #[test]
    fn a_head_stands_before_its_value() {
        let written = notation(Codec::Lines).read("0x18 a b").unwrap();
        assert_eq!((number(written.head), written.payload), ("0x18".to_owned(), b"a b".to_vec()));
        assert_eq!(payload(Codec::Lines, "0x00 0x18 a"), b"0x18 a");
        for no_head in ["0x18", "0xzz a", "x 0x18"] {
            assert_eq!(payload(Codec::Lines, no_head), no_head.as_bytes());
        }
        assert_wrong(Codec::Lines, "0x100 a", "more digits than a head of 1 bytes");
        assert_wrong(Codec::Lines, "0x40 a", "the reset bit");
        assert_wrong(Codec::Stream, "0x08 a", "a stream has no heads");
    }

    #[test]
    fn a_head_is_shown_with_the_names_of_its_bits() {
        let two = HeadSize::new(2).unwrap();
        assert_eq!(named(Head::from_number(0x08, HeadSize::ONE)), "0x08");
        assert_eq!(named(Head::from_number(0xe001, two)), "0xe001(corrupted,reset,finished)");
    }

    #[test]
    fn what_cannot_be_read_is_shown_as_bytes() {
        let shown = |codec, payload: &[u8]| {
            let Shown { text, key, json } = notation(codec).show(payload);
            (text, key, json)
        };
        assert_eq!(shown(Codec::Json, b"[1.50]"), ("[1.50]".to_owned(), "value", serde_json::json!([1.5])));
        assert_eq!(shown(Codec::Json, b"oh"), ("6f 68".to_owned(), "hex", "6f68".into()));
        assert_eq!(shown(Codec::Lines, b"oh"), ("oh".to_owned(), "value", "oh".into()));
        assert_eq!(shown(Codec::Lines, b"\xff"), ("ff".to_owned(), "hex", "ff".into()));
        assert_eq!(shown(Codec::Stream, b"a\n"), ("\"a\\n\"".to_owned(), "value", "a\n".into()));
    }
}
