//! A program that does what others should not: `villain DEED [VALUE]... [-i PIPE]... [-o PIPE]...`.
//!
//! ```text
//! source COUNT SIZE    writes numbered blocks with a checksum
//! witness SIZE         (head=BYTES) reads such blocks, checks them, and reports what it saw as its result
//! forward              copies each input to its output, at once
//! drip                 the same, one byte a write
//! late BYTES           the same, but keeps so many bytes back until its input ends
//! reverse              the same, but opens its pipes from the last to the first, waiting for each
//! loud BYTES           the same, after so many bytes on standard error
//! chatty BYTES         the same, after so many bytes on standard output
//! torn COUNT SIZE      a source that is killed in the middle of the block after those
//! early BYTES          reads so much, closes its input and lives on until it is asked to end
//! blank                opens its pipes and never reads or writes
//! blind                opens none of its pipes
//! deaf                 the same, and cannot be asked to end
//! spin                 the same, and burns the processor
//! halted DEED...       halts itself; when it goes on, it does that
//! sore CODE            writes until nobody reads, then exits with this code
//! crash                aborts at once
//! hoard MIB            takes that much memory, and fails if it is refused
//! grab COUNT           opens so many files at once, and fails if one is refused
//! scribble BYTES       writes so much into the file `scribbled`
//! descriptors          prints the numbers of its open descriptors
//! issue SETTING...     writes blocks of any sizes, and keeps account of them in a file
//! record SETTING...    reads such blocks, checks them, and keeps account of them in a file
//! noise SETTING...     writes random bytes
//! ```
//!
//! A `SETTING` is `NAME=VALUE`; the files of these deeds say which there are.
//!
//! Those that wait for something outside say that they are ready on the control channel.

mod blocks;
mod deeds;
mod issue;
mod noise;
mod record;
mod request;
mod shape;
mod words;

use std::process::ExitCode;

use request::Request;
use words::Done;

fn main() -> ExitCode {
    Request::from_arguments().and_then(|request| perform(&request)).unwrap_or_else(|error| {
        words::say(&format!("villain: {error}"));
        ExitCode::FAILURE
    })
}

fn perform(request: &Request) -> Done {
    match request.deed.as_str() {
        "source" => blocks::source(request),
        "witness" => blocks::witness(request),
        "torn" => blocks::torn(request),
        "forward" => deeds::forward(request),
        "drip" => deeds::drip(request),
        "late" => deeds::late(request),
        "reverse" => deeds::reverse(request),
        "loud" => deeds::loud(request),
        "chatty" => deeds::chatty(request),
        "early" => deeds::early(request),
        "blank" => deeds::blank(request),
        "blind" => deeds::blind(),
        "deaf" => deeds::deaf(),
        "spin" => deeds::spin(),
        "halted" => deeds::halt().and_then(|()| perform(&request.next()?)),
        "sore" => deeds::sore(request),
        "crash" => std::process::abort(),
        "hoard" => deeds::hoard(request),
        "grab" => deeds::grab(request),
        "scribble" => deeds::scribble(request),
        "issue" => issue::issue(request),
        "record" => record::record(request),
        "noise" => noise::noise(request),
        "descriptors" => deeds::descriptors(),
        other => Err(format!("no deed is called {other}").into()),
    }
}
