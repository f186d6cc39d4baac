//! A program that does what others should not: `villain DEED [VALUE]... [-i PIPE]... [-o PIPE]...`.
//!
//! ```text
//! source COUNT SIZE    writes numbered blocks with a checksum
//! witness SIZE         reads such blocks, checks them, and reports what it saw as its result
//! forward              copies each input to its output, at once
//! drip                 the same, one byte a write
//! reverse              the same, but opens its pipes from the last to the first, waiting for each
//! loud BYTES           the same, after so many bytes on standard error
//! chatty BYTES         the same, after so many bytes on standard output
//! torn COUNT SIZE      a source that is killed in the middle of the block after those
//! early BYTES          reads so much, closes its input and lives on until it is asked to end
//! blank                opens its pipes and never reads or writes
//! blind                opens none of its pipes
//! deaf                 the same, and cannot be asked to end
//! spin                 the same, and burns the processor
//! halted               halts itself at once; when it goes on, it forwards
//! sore CODE            writes until nobody reads, then exits with this code
//! crash                aborts at once
//! descriptors          prints the numbers of its open descriptors
//! ```
//!
//! Those that wait for something outside say that they are ready on the control channel.

mod blocks;
mod deeds;
mod request;
mod words;

use std::process::ExitCode;

use request::Request;

fn main() -> ExitCode {
    let done = Request::from_arguments().and_then(|request| {
        let deed: fn(&Request) -> words::Done = match request.deed.as_str() {
            "source" => blocks::source,
            "witness" => blocks::witness,
            "torn" => blocks::torn,
            "forward" => deeds::forward,
            "drip" => deeds::drip,
            "reverse" => deeds::reverse,
            "loud" => deeds::loud,
            "chatty" => deeds::chatty,
            "early" => deeds::early,
            "blank" => deeds::blank,
            "blind" => deeds::blind,
            "deaf" => deeds::deaf,
            "spin" => deeds::spin,
            "halted" => deeds::halted,
            "sore" => deeds::sore,
            "crash" => deeds::crash,
            "descriptors" => deeds::descriptors,
            other => return Err(format!("no deed is called {other}").into()),
        };
        deed(&request)
    });
    done.unwrap_or_else(|error| {
        words::say(&format!("villain: {error}"));
        ExitCode::FAILURE
    })
}
