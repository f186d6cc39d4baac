//! Runs a network.
//!
//! What happens to a network can be read off the modules in this order:
//!
//! ```text
//! plan        how each pipe is realised; pure
//! planned     a network with its plan
//! wire        making channels, FIFOs and relays; who holds which end
//! engine      starting a run, and the handle its starter keeps
//! asking      what a run is asked for from any thread: to stop, to pause
//! flow        how blocks move
//! host        the ends of pipes that the program has which runs the network
//! lines       how lines that people send come to jobs
//! step        how the inputs of a job are lined up; pure
//! supervise   who decides; pure
//! watch       jobs that wait for each other in a circle; pure
//! reactor     the one thread that does what is decided
//! publish     telling the outside
//! run_dir     the directory of a run
//! resume      whether a run can be gone on with
//! sweep       what runs have left that could not clean up after themselves
//! ```
//!
//! A program that counts, has its numbers squared by a job of its own, and reads them again:
//!
//! ```
//! use pipeloom_config::build::{JobBuilder, NetworkBuilder, Pipe};
//! use pipeloom_engine::{Options, start};
//! use pipeloom_job::typed::{Connector, Output};
//! use pipeloom_job::{Flow, JobError};
//!
//! struct Square;
//!
//! impl Connector for Square {
//!     type In = u64;
//!     type Out = u64;
//!
//!     fn step(&mut self, number: u64, out: &mut Output<'_, u64>) -> Result<Flow, JobError> {
//!         out.send(&(number * number))?;
//!         Ok(Flow::Again)
//!     }
//! }
//!
//! let (numbers, squares) = (Pipe::<u64>::new("numbers"), Pipe::<u64>::new("squares"));
//! let network = NetworkBuilder::new("squares")
//!     .job(JobBuilder::sender("feed", &numbers))
//!     .job(JobBuilder::connector("square", || Square, &numbers, &squares))
//!     .job(JobBuilder::receiver("read", &squares))
//!     .check_alone()?;
//!
//! # let folder = tempfile::tempdir()?;
//! let run = start(network, Options::in_folder(folder.path()))?;
//! let (mut sender, receiver) = (run.sender(&numbers)?, run.receiver(&squares)?);
//! for number in 1..4 {
//!     sender.send(&number)?;
//! }
//! sender.send_last(&4)?;
//! assert_eq!(receiver.collect::<Result<Vec<u64>, _>>()?, [1, 4, 9, 16]);
//! assert!(run.wait().first_failure().is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The engine touches no signals and no children of its host: executables are children of the warden, a process of its
//! own.

pub mod plan;
pub mod resume;
pub mod sweep;

mod asking;
mod counted;
mod engine;
mod flow;
mod host;
mod lines;
mod log_file;
mod planned;
mod program_limits;
mod program_spawn;
mod publish;
mod reactor;
mod run_dir;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod simulated;
mod step;
mod summary;
mod supervise;
mod watch;
mod wire;

pub use asking::{Pauser, Stopper};
pub use engine::{Flowed, Handle, JobView, Options, StartError, View, start};
pub use host::{EndError, Headed, Headeds, ReceiveError, Receiver, SendError, Sender};
pub use pipeloom_os::warden::enter as enter_warden;
pub use planned::Planned;
pub use run_dir::{RunDir, RunDirError, runs_folder};
pub use summary::{JobSummary, Summary};
pub use wire::{FoundError, PipeError, WireError};
