//! Jobs in a shared library that the runtime loads.
//!
//! A plugin is a crate with `crate-type = ["cdylib"]` that depends on this crate, and on serde and schemars for its
//! arguments. Each of its jobs is a [`Kind`](crate::Kind); all
//! of them stand in one [`export_jobs!`](crate::export_jobs):
//!
//! ```
//! use pipeloom_job::typed::{Connector, ConnectorJob, Output};
//! use pipeloom_job::{ArgsError, CodecName, Flow, Job, JobError, Kind, PortList, PortType, Ports, export_jobs};
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//!
//! /// What `gain` takes from the file.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct GainArgs {
//!     /// What each number is multiplied by.
//!     factor: f64,
//! }
//!
//! /// Multiplies numbers.
//! struct Gain(f64);
//!
//! impl Kind for Gain {
//!     const NAME: &'static str = "gain";
//!     const ABOUT: &'static str = "multiplies numbers";
//!     type Args = GainArgs;
//!
//!     fn ports(_args: &GainArgs) -> Result<Ports, ArgsError> {
//!         let numbers = || PortList::one(PortType::codecs(&[CodecName::Json]));
//!         Ok(Ports::new(numbers(), numbers()))
//!     }
//!
//!     fn make(args: GainArgs) -> Result<Box<dyn Job>, ArgsError> {
//!         Ok(ConnectorJob::boxed(Gain(args.factor)))
//!     }
//! }
//!
//! impl Connector for Gain {
//!     type In = f64;
//!     type Out = f64;
//!
//!     fn step(&mut self, value: f64, out: &mut Output<'_, f64>) -> Result<Flow, JobError> {
//!         out.send(&(value * self.0))?;
//!         Ok(Flow::Again)
//!     }
//! }
//!
//! export_jobs! { Gain }
//! # fn main() {}
//! ```
//!
//! In the network file, with a path relative to the file:
//!
//! ```toml
//! [jobs.louder]
//! plugin = "target/release/libgains.so"
//! job = "gain"
//! args = { factor = 2.0 }
//! inputs = ["numbers"]
//! outputs = ["louder"]
//! ```
//!
//! # What a plugin may do, and what not
//!
//! The runtime reads what the plugin says of itself before it calls anything in it ([`crate::abi`]), and refuses what does
//! not fit. A panic in `setup`, `step`, `end` or while a job is dropped fails that job alone; so a plugin must not be built
//! with `panic = "abort"`. A plugin is never unloaded. It runs in the runtime's process: if it aborts, exits or writes where
//! it must not, the run is over. `isolation = "process"` in the file puts it into a process of its own.

mod border;
mod calls;
mod messages;

pub use calls::kind_table;
pub use messages::{PortMessage, SetupMessage};

/// Makes a shared library a plugin with these kinds of jobs. It stands once in a crate.
///
/// See [`crate::plugin`] for an example.
#[macro_export]
macro_rules! export_jobs {
    ($($kind:ty),+ $(,)?) => {
        #[allow(unsafe_code, reason = "the name of the symbol is the plugin's interface")]
        const _: () = {
            static KINDS: &[$crate::abi::KindTable] = &[$($crate::plugin::kind_table::<$kind>()),+];
            #[unsafe(no_mangle)]
            static pipeloom_plugin: $crate::abi::Header = $crate::abi::Header::of(KINDS);
        };
    };
}
