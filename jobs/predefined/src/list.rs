//! Several payloads as one list, without knowing what the values are.

use pipeloom_job::typed::InputError;
use pipeloom_job::{Codec, CodecName, JobError, PortSetup, PortType, Seq};
use serde_json::Value;
use serde_json::value::RawValue;

/// The built-in codecs that values of a list may come in.
const ITEM_CODECS: [CodecName; 5] =
    [CodecName::Bincode, CodecName::Json, CodecName::Lines, CodecName::Bytes, CodecName::Framed];

/// The codecs that hold a list.
const LIST_CODECS: [CodecName; 4] = [CodecName::Bincode, CodecName::Json, CodecName::Bytes, CodecName::Framed];

/// A port for the values of a list.
pub(crate) fn item_port() -> PortType {
    PortType::values(&ITEM_CODECS)
}

/// A port for lists.
pub(crate) fn list_port() -> PortType {
    PortType::codecs(&LIST_CODECS)
}

/// Values of one pipe cannot stand in lists on another.
#[derive(Debug, thiserror::Error)]
#[error("values of codec {from} (pipe {input}) cannot stand in a list of codec {to} (pipe {output})")]
pub(crate) struct ListError {
    from: CodecName,
    input: String,
    to: CodecName,
    output: String,
}

/// What a list looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ListForm {
    /// A JSON array.
    Json,
    /// The number of values, then the values.
    Bincode,
    /// The values, one after another.
    Joined,
}

impl ListForm {
    /// How values from these inputs stand in lists on this output.
    pub(crate) fn new(inputs: &[PortSetup], output: &PortSetup) -> Result<ListForm, ListError> {
        let (form, items): (ListForm, &[CodecName]) = match output.codec.name() {
            CodecName::Json => (ListForm::Json, &[CodecName::Json, CodecName::Lines]),
            CodecName::Bincode => (ListForm::Bincode, &[CodecName::Bincode]),
            _ => (ListForm::Joined, &[CodecName::Bytes, CodecName::Framed]),
        };
        let fits = |codec: CodecName| items.contains(&codec) || (form == ListForm::Json && codec.is_custom());
        match inputs.iter().find(|input| !fits(input.codec.name())) {
            None => Ok(form),
            Some(input) => Err(ListError {
                from: input.codec.name(),
                input: input.pipe.clone(),
                to: output.codec.name(),
                output: output.pipe.clone(),
            }),
        }
    }

    /// Adds a list of these items to `list`; `write` adds one item.
    pub(crate) fn write<T>(
        self,
        items: impl ExactSizeIterator<Item = T>,
        list: &mut Vec<u8>,
        mut write: impl FnMut(T, &mut Vec<u8>) -> Result<(), JobError>,
    ) -> Result<(), JobError> {
        match self {
            ListForm::Json => list.push(b'['),
            // A list in bincode is its length, written like any number, and then its items.
            ListForm::Bincode => Codec::Bincode.encode(&(items.len() as u64), list).map_err(JobError::failed)?,
            ListForm::Joined => {}
        }
        for (place, item) in items.enumerate() {
            if self == ListForm::Json && place > 0 {
                list.push(b',');
            }
            write(item, list)?;
        }
        if self == ListForm::Json {
            list.push(b']');
        }
        Ok(())
    }
}

/// Adds the payload of one block to `list`: a line as a text, what has a custom codec as JSON, anything else as it is. The block came on input `input` from
/// `port`, in compute block `number`.
pub(crate) fn write_item(
    (input, port): (usize, &PortSetup),
    number: Seq,
    payload: &[u8],
    list: &mut Vec<u8>,
) -> Result<(), JobError> {
    let codec = port.codec;
    let written = match codec {
        Codec::Json => codec.decode(payload).map(|value: &RawValue| list.extend_from_slice(value.get().as_bytes())),
        Codec::Lines => {
            codec.decode(payload).map(|line| list.extend_from_slice(Value::String(line).to_string().as_bytes()))
        }
        Codec::Custom(_) => {
            codec.decode(payload).map(|value: Value| list.extend_from_slice(value.to_string().as_bytes()))
        }
        _ => {
            list.extend_from_slice(payload);
            Ok(())
        }
    };
    Ok(written.map_err(|source| InputError::Value { input, pipe: port.pipe.clone(), block: number, source })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bincode_list_is_what_the_codec_reads() {
        for length in [0, 1, 250, 251, 65_535, 65_536] {
            let (values, mut list): (Vec<u16>, _) = ((0..length).map(|n| n as u16).collect(), Vec::new());
            let write = |value: &u16, list: &mut Vec<u8>| Codec::Bincode.encode(value, list).map_err(JobError::failed);
            ListForm::Bincode.write(values.iter(), &mut list, write).unwrap();
            assert_eq!(Codec::Bincode.decode::<Vec<u16>>(&list).unwrap(), values);
        }
    }
}
