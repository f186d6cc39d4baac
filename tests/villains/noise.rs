//! `noise`: a source of what is no block of anything.
//!
//! ```text
//! bytes=COUNT  how many
//! seed=NUMBER  which
//! of=TEXT      drawn from the bytes of this text, in which `\n` is the end of a line; without it, from all there are
//! ```
//!
//! A reader that has had enough is no failure of this one.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use crate::request::Request;
use crate::shape::Chance;
use crate::words::Done;

/// How much is written at once.
const AT_ONCE: usize = 64 * 1024;

pub(crate) fn noise(request: &Request) -> Done {
    let mut left: usize = request.number_of("bytes")?.ok_or("the count is missing")?;
    let mut chance = Chance(request.number_of("seed")?.unwrap_or_default());
    let of = request.setting("of").map(|of| of.replace("\\n", "\n").into_bytes());
    let mut output = request.output(0)?;
    while left > 0 {
        let piece: Vec<u8> = match &of {
            Some(of) => (0..AT_ONCE).map(|_| of[(chance.next() % of.len() as u64) as usize]).collect(),
            None => (0..AT_ONCE / 8).flat_map(|_| chance.next().to_le_bytes()).collect(),
        };
        let length = left.min(AT_ONCE);
        match output.write_all(&piece[..length]) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            written => written?,
        }
        left -= length;
    }
    Ok(ExitCode::SUCCESS)
}
