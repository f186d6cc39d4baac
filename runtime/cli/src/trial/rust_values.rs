//! JSON values under codec `bincode`, whose payloads do not tell what they are.

use pipeloom_job::Codec;
use pipeloom_job::codec::{DecodeValueError, EncodeValueError};
use serde_json::Value;

/// Why a JSON value has no payload.
#[derive(Debug, thiserror::Error)]
pub(super) enum BincodeError {
    #[error("{0} cannot stand for a value of codec bincode: only the jobs know how theirs are laid out")]
    NoValue(&'static str),
    #[error("the parts of a list are of one kind under bincode")]
    MixedList,
    #[error(transparent)]
    Value(#[from] EncodeValueError),
}

/// Adds the value as a Rust program would have it: whole numbers are `i64`, real ones `f64`.
pub(super) fn write(value: &Value, payload: &mut Vec<u8>) -> Result<(), BincodeError> {
    match value {
        Value::String(text) => Codec::Bincode.encode(text.as_str(), payload)?,
        Value::Bool(value) => Codec::Bincode.encode(value, payload)?,
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Codec::Bincode.encode(&number, payload)?,
            (None, Some(number)) if !value.is_u64() => Codec::Bincode.encode(&number, payload)?,
            _ => return Err(BincodeError::NoValue("a number beyond 64 bits with a sign")),
        },
        Value::Array(items) => {
            let kind = |item: &Value| (std::mem::discriminant(item), item.is_f64());
            if items.windows(2).any(|pair| kind(&pair[0]) != kind(&pair[1])) {
                return Err(BincodeError::MixedList);
            }
            // A list is its length and its parts.
            Codec::Bincode.encode(&(items.len() as u64), payload)?;
            items.iter().try_for_each(|item| write(item, payload))?;
        }
        Value::Null => return Err(BincodeError::NoValue("null")),
        Value::Object(_) => return Err(BincodeError::NoValue("an object")),
    }
    Ok(())
}

/// The value in a payload that was written for one like `written`. None for what it cannot tell, such as an empty list.
pub(super) fn read_like(written: &Value, payload: &[u8]) -> Option<Value> {
    let codec = Codec::Bincode;
    let list = written.as_array().and_then(|items| items.first());
    match (written, list) {
        (Value::String(_), _) => value(codec.decode::<String>(payload)),
        (Value::Bool(_), _) => value(codec.decode::<bool>(payload)),
        (Value::Number(number), _) if number.is_i64() => value(codec.decode::<i64>(payload)),
        (Value::Number(_), _) => value(codec.decode::<f64>(payload)),
        (_, Some(Value::String(_))) => value(codec.decode::<Vec<String>>(payload)),
        (_, Some(Value::Bool(_))) => value(codec.decode::<Vec<bool>>(payload)),
        (_, Some(Value::Number(number))) if number.is_i64() => value(codec.decode::<Vec<i64>>(payload)),
        (_, Some(Value::Number(_))) => value(codec.decode::<Vec<f64>>(payload)),
        _ => None,
    }
}

fn value<T: Into<Value>>(read: Result<T, DecodeValueError>) -> Option<Value> {
    read.ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(text: &str) -> Result<Vec<u8>, String> {
        let mut payload = Vec::new();
        write(&serde_json::from_str(text).unwrap(), &mut payload).map_err(|error| error.to_string())?;
        Ok(payload)
    }

    #[test]
    fn bincode_is_what_rust_would_write() {
        let decoded = |text: &str| Codec::Bincode.decode::<i64>(&payload(text).unwrap()).unwrap();
        assert_eq!((decoded("1"), decoded("-300")), (1, -300));
        let list = payload("[[1.5], [], [2.0, 3.0]]").unwrap();
        assert_eq!(Codec::Bincode.decode::<Vec<Vec<f64>>>(&list).unwrap(), [vec![1.5], vec![], vec![2.0, 3.0]]);
        let texts = payload("[\"a\", \"\"]").unwrap();
        assert_eq!(Codec::Bincode.decode::<Vec<String>>(&texts).unwrap(), ["a", ""]);
    }

    #[test]
    fn what_has_no_payload_is_told() {
        let why = [("[1, 2.5]", "of one kind"), ("{}", "an object"), ("18446744073709551615", "beyond 64 bits")];
        for (text, why) in why {
            assert!(payload(text).unwrap_err().contains(why), "{text}");
        }
    }

    #[test]
    fn it_can_be_read_back_by_whoever_knows_what_it_was() {
        for text in ["-300", "1.5", "true", "\"a\"", "[1,2]", "[1.5]", "[false]", "[\"a\",\"\"]"] {
            let written: Value = serde_json::from_str(text).unwrap();
            assert_eq!(read_like(&written, &payload(text).unwrap()), Some(written));
        }
        assert_eq!(read_like(&Value::Array(Vec::new()), &payload("[]").unwrap()), None);
        assert_eq!(read_like(&1.into(), &[]), None);
    }
}
