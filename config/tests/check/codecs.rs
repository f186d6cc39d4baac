//! Codecs that are handed in beside the built-in ones.

use insta::assert_snapshot;
use pipeloom_config::{Dummy, PipeSpec, Taking};
use pipeloom_job::Codec;

use crate::setting::{Setting, Slashed, network};

/// The pipe `x` between two executables, with these keys.
fn pipe(keys: &str) -> Setting {
    network(&format!(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n[jobs.b]\nexec = ['cat']\ninputs = ['x']\n[pipes.x]\n{keys}\n"
    ))
}

#[track_caller]
fn right(keys: &str) -> PipeSpec {
    pipe(keys).is_right().pipes().next().unwrap().1.clone()
}

#[test]
fn a_custom_codec_is_found_by_its_name() {
    assert_eq!(right("codec = 'slashed'").codec, Codec::Custom(&Slashed));
}

#[test]
fn a_name_that_no_codec_has_is_an_error_that_names_them_all() {
    let errors = [pipe("codec = 'slased'").errors(), pipe("codec = 'jsn'").errors(), pipe("codec = 7").errors()];
    assert_snapshot!("unknown_codec", errors.join("\n"));
}

#[test]
fn its_own_empty_payload_stands_for_a_missing_block() {
    let previous = Dummy::Previous { empty: b".".to_vec() };
    assert_eq!(right("codec = 'slashed'").dummy, previous);
    assert_eq!(right("codec = 'slashed'\ndummy = 'previous'").dummy, previous);
    let Taking::Optional(optional) = right("codec = 'slashed'\noptional = {}").taking else { panic!() };
    assert_eq!(optional.default, b".");
}

#[test]
fn it_says_which_values_can_stand_for_one() {
    let dummy = right("codec = 'slashed'\ndummy = { value = 'none' }").dummy;
    assert_eq!(dummy, Dummy::Value(b"none".to_vec()));
    let errors = [
        pipe("codec = 'slashed'\ndummy = { value = 3 }").errors(),
        pipe("codec = 'slashed'\ndummy = 'zero'").errors(),
        pipe("codec = 'slashed'\nblock_size = 3").errors(),
    ];
    assert_snapshot!("wrong_dummy_of_a_custom_codec", errors.join("\n"));
}

#[test]
fn a_job_for_values_takes_it_and_one_for_bytes_does_not() {
    let read_by = |job: &str| {
        network(&format!(
            "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n[jobs.b]\n{job}\ninputs = ['x']\n[pipes.x]\ncodec = 'slashed'\n"
        ))
    };
    read_by("use = 'csv-sink'\nargs = { path = 'x' }").is_right();
    let messages = read_by("use = 'spectrum'\nargs = { size = 4 }\noutputs = ['y']").messages();
    assert!(messages.iter().any(|text| text.starts_with("job `b` takes `bytes` here")), "{messages:?}");
}
