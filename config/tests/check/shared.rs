//! Pipes whose ends are asked to share memory.

use insta::assert_snapshot;

use crate::setting::{Setting, network};

/// A pipe between two programs with these lines, whose table has these.
fn pair(writer: &str, reader: &str, pipe: &str) -> Setting {
    network(&format!(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n{writer}\n[jobs.b]\nexec = ['cat']\ninputs = ['x']\n{reader}\n\
         [pipes.x]\nconduit = 'shared'\n{pipe}\n"
    ))
}

const KIT: &str = "kit = true";

#[test]
fn two_programs_with_a_kit_can_share_memory_for_blocks_of_any_bytes() {
    for codec in ["codec = 'bytes'\nblock_size = 100_000", "codec = 'framed'", "codec = 'bincode'"] {
        pair(KIT, KIT, codec).is_right();
    }
}

#[test]
fn who_expects_plain_bytes_cannot() {
    assert_snapshot!("shared_without_kit", pair("", KIT, "codec = 'framed'").errors());
    assert_snapshot!("shared_native", network(&behind_native("use = 'forward'\noutputs = ['z']")).errors());
}

/// A pipe between a native job and one with these lines.
fn behind_native(reader: &str) -> String {
    format!(
        "[jobs.a]\nuse = 'forward'\ninputs = ['y']\noutputs = ['x']\n[jobs.s]\nexec = ['cat']\noutputs = ['y']\n\
         [jobs.b]\n{reader}\ninputs = ['x']\n[jobs.t]\nexec = ['cat']\ninputs = ['z']\n\
         [pipes]\nx = {{ codec = 'framed', conduit = 'shared' }}\ny.codec = 'framed'\nz.codec = 'framed'\n"
    )
}

#[test]
fn a_native_job_and_a_program_with_a_kit_can() {
    network(&behind_native("exec = ['cat']\nkit = true\noutputs = ['z']")).is_right();
}

#[test]
fn what_the_runtime_must_see_cannot() {
    let dropping = pair(KIT, KIT, "codec = 'framed'\nwhen_full = 'drop-oldest'");
    assert_snapshot!("shared_dropping", dropping.errors());
    assert_snapshot!(
        "shared_restarted",
        pair(KIT, &format!("{KIT}\nrestart.policy = 'on-failure'"), "codec = 'framed'").errors()
    );
}

#[test]
fn lines_and_blocks_that_are_too_long_cannot() {
    assert_snapshot!("shared_lines", pair(KIT, KIT, "codec = 'lines'").errors());
    assert_snapshot!("shared_long", pair(KIT, KIT, "codec = 'framed'\nmax_block_bytes = 2_000_000_000").errors());
}
