//! How a pipe's blocks are taken, what stands for missing ones, and values of the file as payloads.

use insta::assert_snapshot;
use pipeloom_config::{Buffer, DropSide, Dummy, Optional, PipeSpec, Taking};
use pipeloom_job::Codec;

use crate::setting::{Setting, network};

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

/// The payload of the dummy that `value` is under the codec.
#[track_caller]
fn payload(codec: &str, value: &str) -> Vec<u8> {
    match right(&format!("codec = {codec}\ndummy = {{ value = {value} }}")).dummy {
        Dummy::Value(payload) => payload,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(codec: &str, value: &str) -> Vec<String> {
    pipe(&format!("codec = {codec}\ndummy = {{ value = {value} }}")).messages()
}

#[test]
fn a_pipe_without_a_word_is_taken_in_step_block_by_block() {
    let pipe = right("codec = 'json'");
    assert_eq!((pipe.block_count.get(), pipe.taking, pipe.cycle), (1, Taking::InStep, false));
}

#[test]
fn counted_and_async() {
    let pipe = right("codec = 'json'\nblock_count = 5\nasync = true");
    assert_eq!((pipe.block_count.get(), pipe.taking), (5, Taking::Async));
}

#[test]
fn an_optional_pipe_gives_the_empty_value_of_its_codec_and_stores() {
    let default = |codec: &str| match right(&format!("codec = {codec}\noptional = {{}}")).taking {
        Taking::Optional(Optional { default, store: true, buffer: None }) => default,
        other => panic!("{other:?}"),
    };
    assert_eq!(default("'json'"), b"null");
    assert_eq!(default("'bytes'\nblock_size = 3"), [0, 0, 0]);
    assert_eq!(default("'lines'"), b"");
    assert_eq!(default("'framed'"), b"");
    assert_eq!(default("'bincode'"), b"");
}

#[test]
fn an_optional_pipe_with_all_its_keys() {
    let keys = "codec = 'lines'\noptional = { default = '+', store = false, buffer = 4, drop = 'newest' }";
    let buffer = Buffer { blocks: 4.try_into().unwrap(), drop: DropSide::Newest };
    let wanted = Optional { default: b"+".to_vec(), store: false, buffer: Some(buffer) };
    assert_eq!(right(keys).taking, Taking::Optional(wanted));
}

#[test]
fn the_oldest_is_dropped_unless_the_file_says_otherwise() {
    let Taking::Optional(optional) = right("codec = 'lines'\noptional.buffer = 2").taking else { panic!() };
    assert_eq!(optional.buffer, Some(Buffer { blocks: 2.try_into().unwrap(), drop: DropSide::Oldest }));
}

#[test]
fn dummies() {
    let dummy = |keys: &str| right(keys).dummy;
    let previous = |empty: &[u8]| Dummy::Previous { empty: empty.to_vec() };
    assert_eq!(dummy("codec = 'bytes'\nblock_size = 2"), Dummy::Zero);
    assert_eq!(dummy("codec = 'bytes'\nblock_size = 2\ndummy = 'zero'"), Dummy::Zero);
    assert_eq!(dummy("codec = 'bytes'\nblock_size = 2\ndummy = 'previous'"), previous(&[0, 0]));
    assert_eq!(dummy("codec = 'json'"), previous(b"null"));
    assert_eq!(dummy("codec = 'json'\ndummy = 'previous'"), previous(b"null"));
    assert_eq!(dummy("codec = 'lines'\ndummy = { value = 'none' }"), Dummy::Value(b"none".to_vec()));
}

#[test]
fn any_value_is_json() {
    let value = "{ b = [1, -2, 2.5], a = { text = 'x\ny', yes = true } }".replace('\n', "\\n").replace('\'', "\"");
    assert_eq!(payload("'json'", &value), br#"{"b":[1,-2,2.5],"a":{"text":"x\ny","yes":true}}"#);
}

#[test]
fn single_values_are_lines() {
    assert_eq!(payload("'lines'", "'a b'"), b"a b");
    assert_eq!(payload("'lines'", "-3"), b"-3");
    assert_eq!(payload("'lines'", "0.5"), b"0.5");
    assert_eq!(payload("'lines'", "true"), b"true");
}

#[test]
fn texts_and_lists_of_bytes_are_bytes() {
    assert_eq!(payload("'bytes'\nblock_size = 3", "'aü'"), "aü".as_bytes());
    assert_eq!(payload("'bytes'\nblock_size = 3", "[0, 128, 255]"), [0, 128, 255]);
    assert_eq!(payload("'framed'", "[1, 2]"), [1, 2]);
    assert_eq!(payload("'framed'", "''"), b"");
}

#[test]
fn bincode_is_what_rust_reads() {
    let read = |value: &str| payload("'bincode'", value);
    assert_eq!(Codec::Bincode.decode::<i64>(&read("-300")).unwrap(), -300);
    assert_eq!(Codec::Bincode.decode::<i64>(&read("300")).unwrap(), 300);
    assert_eq!(Codec::Bincode.decode::<f64>(&read("1.0")).unwrap(), 1.0);
    assert!(Codec::Bincode.decode::<bool>(&read("true")).unwrap());
    assert_eq!(Codec::Bincode.decode::<String>(&read("'ab'")).unwrap(), "ab");
    assert_eq!(Codec::Bincode.decode::<Vec<Vec<i64>>>(&read("[[1], [2, 3]]")).unwrap(), [vec![1], vec![2, 3]]);
}

#[test]
fn parameters_stand_in_values() {
    let setting = |value: &str| {
        network(&format!(
            "[params]\nlevel = 7\nsign = '+'\n[jobs.a]\nexec = ['cat']\noutputs = ['x']\n[jobs.b]\nexec = ['cat']\ninputs = ['x']\n\
             [pipes.x]\ncodec = 'json'\noptional = {{ default = {value} }}\n"
        ))
    };
    let filled = setting("{ level = '${level}', text = ['${sign}${level}', '$${sign}'] }").is_right();
    let Taking::Optional(optional) = &filled.pipes().next().unwrap().1.taking else { panic!() };
    assert_eq!(optional.default, br#"{"level":7,"text":["+7","${sign}"]}"#);
    assert_snapshot!("places_in_values", setting("['${run}', '${levle}${level}${sign}']").errors());
}

#[test]
fn values_that_are_no_lines() {
    assert_eq!(refused("'lines'", "\"a\\nb\""), ["a line has no line breaks in it"]);
    assert_snapshot!("no_line", pipe("codec = 'lines'\ndummy = { value = ['a'] }").errors());
}

#[test]
fn values_that_are_no_bytes() {
    assert_eq!(refused("'framed'", "true"), ["bytes are a text or a list of whole numbers from 0 to 255"]);
    assert_eq!(refused("'framed'", "[1, 2.5]"), ["a byte is a whole number from 0 to 255"]);
    assert_eq!(refused("'framed'", "[-1]"), ["a byte is a whole number from 0 to 255"]);
    assert_snapshot!("number_as_bytes", pipe("codec = 'bytes'\nblock_size = 4\ndummy = { value = 1.5 }").errors());
    assert_snapshot!("bad_byte", pipe("codec = 'bytes'\nblock_size = 2\noptional = { default = [1, 256] }").errors());
    assert_snapshot!("wrong_size", pipe("codec = 'bytes'\nblock_size = 4\noptional = { default = [1, 2] }").errors());
}

#[test]
fn values_that_are_no_bincode() {
    assert_eq!(refused("'bincode'", "[1, 2.5]"), ["the parts of a list are of one kind under `bincode`"]);
    assert_eq!(
        refused("'bincode'", "9223372036854775808"),
        ["whole numbers under `bincode` go up to 9223372036854775807"]
    );
    assert_snapshot!("mixed_list", pipe("codec = 'bincode'\ndummy = { value = [['a'], ['b', true]] }").errors());
    assert_snapshot!("table_as_bincode", pipe("codec = 'bincode'\ndummy = { value = { a = 1 } }").errors());
}

#[test]
fn a_value_longer_than_a_block_may_be() {
    let keys = "codec = 'json'\nmax_block_bytes = 4\noptional = { default = 'abc' }\ndummy = { value = 1234 }";
    assert_snapshot!("long_value", pipe(keys).errors());
}

#[test]
fn keys_of_optional_and_dummy() {
    let keys = "codec = 'lines'\noptional = { defalt = 1, buffer = 0, drop = 'old', store = 1 }\ndummy = 'zeros'";
    assert_snapshot!("keys_of_optional", pipe(keys).errors());
    assert_snapshot!("shape_of_optional", pipe("codec = 'lines'\noptional = true\ndummy = { valu = 1 }").errors());
    assert_eq!(pipe("codec = 'lines'\ndummy = {}").messages(), ["`dummy` needs its `value`"]);
}

#[test]
fn async_is_superfluous_beside_optional() {
    assert_snapshot!("async_and_optional", pipe("codec = 'lines'\nasync = true\noptional = {}").errors());
}

#[test]
fn drop_needs_a_buffer() {
    assert_snapshot!("drop_without_buffer", pipe("codec = 'lines'\noptional = { drop = 'oldest' }").errors());
}

#[test]
fn a_refused_buffer_is_not_missed() {
    let messages = pipe("codec = 'lines'\noptional = { drop = 'oldest', buffer = -1 }").messages();
    assert_eq!(messages, ["`buffer` must be a whole number from 1 to 4294967295"]);
}

#[test]
fn zeros_need_a_fixed_size() {
    assert_snapshot!("zeros_without_size", pipe("codec = 'json'\ndummy = 'zero'").errors());
}

#[test]
fn a_stream_has_no_blocks_to_be_counted_taken_or_missed() {
    assert_snapshot!(
        "blocks_of_a_stream",
        pipe("codec = 'stream'\nblock_count = 2\nasync = true\ndummy = 'zero'").errors()
    );
    let messages = pipe("codec = 'stream'\noptional = { default = 1 }\nwhen_full = 'fail'").messages();
    let wanted = [
        "`optional` has no meaning for the codec `stream`",
        "`when_full = \"fail\"` has no meaning for the stream `x`",
    ];
    assert_eq!(messages, wanted);
}

#[test]
fn a_program_outside_takes_blocks_as_they_come() {
    let outside = |keys: &str| {
        network(&format!(
            "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n[pipes.x]\ncodec = 'lines'\nexternal = 'reader'\npath = 'fifo'\n{keys}\n"
        ))
    };
    assert_snapshot!("taken_outside", outside("async = true\nblock_count = 2\ndummy = 'previous'").errors());
    let messages = outside("optional = {}").messages();
    assert_eq!(messages, ["`optional` is for readers in the network, and the pipe `x` has none"]);
}
