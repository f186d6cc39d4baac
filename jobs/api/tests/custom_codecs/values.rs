//! Values over custom codecs.

use pipeloom_job::Codec;
use serde_json::{Value, json};

use crate::{Sized, ended};

#[test]
fn values_of_any_type_go_through_it() {
    let codec = Codec::Custom(&Sized);
    let mut payload = Vec::new();
    codec.encode(&(1.5, Some("a"), [1u8, 2]), &mut payload).unwrap();
    assert_eq!(codec.decode::<Value>(&payload).unwrap(), json!([1.5, "a", [1, 2]]));
    assert_eq!(codec.decode::<(f64, Option<String>, Vec<u8>)>(&payload).unwrap(), (1.5, Some("a".into()), vec![1, 2]));
    let error = codec.decode::<u8>(b"-1").unwrap_err().to_string();
    assert!(error.starts_with("not what is wanted of codec sized: invalid value"), "{error}");
    assert!(codec.decode::<u8>(b"{").unwrap_err().to_string().starts_with("no payload of codec sized: EOF"));
}

#[test]
fn a_text_that_stands_alone_is_read_as_a_line_is() {
    let codec = ended();
    assert_eq!(codec.decode::<i64>(b"-42").unwrap(), -42);
    assert_eq!(codec.decode::<f32>(b"0.1").unwrap(), 0.1);
    assert_eq!(codec.decode::<Option<bool>>(b"true").unwrap(), Some(true));
    assert_eq!(codec.decode::<String>(b"42").unwrap(), "42");
    assert_eq!(codec.decode::<u8>(b"x").unwrap_err().to_string(), "\"x\" is not an integer of 8 bits, not negative");
}

#[test]
fn codecs_are_the_same_if_their_names_are() {
    assert_eq!(ended(), ended());
    assert_ne!(ended(), Codec::Custom(&Sized));
    assert_eq!(ended().to_string(), "ended");
}
