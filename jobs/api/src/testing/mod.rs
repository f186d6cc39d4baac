//! Testing a job without its network.
//!
//! A [`JobTest`] calls a job as the runtime does, over the values it is given, and gathers what comes out:
//!
//! ```
//! use pipeloom_job::testing::JobTest;
//! use pipeloom_job::typed::{Connector, ConnectorJob, Output, Zip};
//! use pipeloom_job::{ArgsError, CodecName, Flow, Job, JobError, Kind, NoArgs, PortList, PortType, Ports};
//!
//! struct Sum;
//!
//! impl Kind for Sum {
//!     const NAME: &'static str = "sum";
//!     const ABOUT: &'static str = "adds two numbers";
//!     type Args = NoArgs;
//!
//!     fn ports(_args: &NoArgs) -> Result<Ports, ArgsError> {
//!         let number = PortType::codecs(&[CodecName::Json]);
//!         Ok(Ports::new(PortList::exactly(2, number.clone()), PortList::one(number)))
//!     }
//!
//!     fn make(_args: NoArgs) -> Result<Box<dyn Job>, ArgsError> {
//!         Ok(ConnectorJob::boxed(Sum))
//!     }
//! }
//!
//! impl Connector for Sum {
//!     type In = Zip<(i64, i64)>;
//!     type Out = i64;
//!
//!     fn step(&mut self, Zip((a, b)): Zip<(i64, i64)>, out: &mut Output<'_, i64>) -> Result<Flow, JobError> {
//!         out.send(&(a + b))?;
//!         Ok(Flow::Again)
//!     }
//! }
//!
//! let done = JobTest::new::<Sum>().input(0, [1, 2]).input(1, [10, 20]).run();
//! assert_eq!(done.values::<i64>(0), [11, 22]);
//! assert!(done.is_finished());
//! ```
//!
//! [`JobTest::reads`] and [`JobTest::writes`] say the codec of a pipe, and give blocks with heads. [`JobTest::in_network`]
//! tests a job as it stands in a network file, in whatever language it is written.

mod contract;
mod given;
mod in_network;
mod job_test;
mod lockstep;
mod outcome;
mod recorder;
mod subject;

pub use in_network::{NetworkOutcome, NetworkTest};
pub use job_test::JobTest;
pub use outcome::Outcome;
pub use recorder::{Recorder, Sent};
