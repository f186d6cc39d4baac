//! Whole runs of Pipeloom, told like prose.
//!
//! ```no_run
//! use pipeloom_e2e::network;
//!
//! network(
//!     r#"
//!     [jobs.read]
//!     use = "lines-source"
//!     args = { path = "in.txt" }
//!     outputs = ["lines"]
//!     [jobs.show]
//!     use = "lines-sink"
//!     inputs = ["lines"]
//!     [pipes.lines]
//!     codec = "lines"
//!     "#,
//! )
//! .file("in.txt", "a\n")
//! .run()
//! .stdout("a\n")
//! .exits(0);
//! ```
//!
//! Every test has a folder of its own, in which its network, its files, the run's directory and the FIFOs are, and a
//! deadline; all that it starts carries the folder's path in its environment. When the command has ended, nothing that
//! carries it may be there any more, and no FIFO in the folder.
//!
//! ```text
//! program    the programs that take part: pipeloom, the villain, Python
//! network    what is set up before the command starts
//! running    a command that runs: waiting for events, sending signals
//! ended      one that has ended: its status and what it said
//! run        what else is known of the run: files and records
//! left       what must not be left of it
//! proc       what the kernel says of a process
//! waiting    waiting for what no descriptor tells
//! skipped    tests that cannot run here, and what they need
//! ```

mod ended;
mod left;
mod network;
mod proc;
mod program;
mod run;
mod running;
mod skipped;
mod waiting;

pub use ended::Ended;
pub use network::{Test, example, network};
pub use pipeloom_events as events;
pub use pipeloom_os::process::{Pid, Signal};
pub use proc::{cpu_time, is_alive, is_halted, peak_memory, send, whose_environment_has, written};
pub use program::{build, compile, pipeloom, plugin, villain};
pub use run::Run;
pub use running::{Amiss, Running};
pub use skipped::{may_mount, skipped};
pub use waiting::{in_time, until};
