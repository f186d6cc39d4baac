//! The kits for executables, tried over real FIFOs without a runtime.
//!
//! ```no_run
//! use pipeloom_kits::{Kit, Program};
//!
//! let ended = Program::new(Kit::C, "sum", &[]).input("lines", "1\n2\n").input("lines", "3\n4\n").output("lines").run();
//! assert_eq!(ended.ok().outputs, [b"4\n6\n10\n"]);
//! ```
//!
//! ```text
//! kit      the programs, one for each kit, which do the same
//! program  one program with its FIFOs, running and ended
//! vectors  the file of wire vectors
//! ```

mod kit;
mod program;
pub mod vectors;

pub use kit::{Kit, RMS};
pub use program::{Ended, Program, Running, by_hand, done, reports_of};
