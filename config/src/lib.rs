//! The network file: TOML text to a checked network.
//!
//! ```text
//! load         reading the file
//! source       the file's text, and what options of the command line add
//! read         text -> file (NetworkFile): the keys as written, with their places
//! params       values of the parameters
//! scope        ${name} in texts
//! check        file -> network (Network): a network that may be run
//! network      what it is made of: ids, job_spec, health, limits, restart, pipe_spec, delivery, template
//! find         jobs and pipes by name
//! environment  what programs have of the caller's
//! lined        which programs have their inputs put in step
//! alone        a network for one job of another
//! problem(s)   what is wrong, and how it is shown
//! schema       the file's JSON Schema
//! build        the same network, written in Rust
//! ```
//!
//! No threads and no descriptors; the file system is only asked what is there.
//!
//! ```
//! use pipeloom_config::{CheckOptions, Text, check};
//!
//! let text = r#"
//!     [jobs.hello]
//!     exec = ["/bin/echo", "hello"]
//! "#;
//! let network = check(Text { path: "hello.toml".into(), text: text.into() }, &CheckOptions::default())?;
//! assert_eq!(network.name(), "hello");
//! # Ok::<(), pipeloom_config::Problems>(())
//! ```

pub mod build;
pub mod file;

mod alone;
mod check;
mod delivery;
mod environment;
mod find;
mod health;
mod ids;
mod interpolate;
mod job_spec;
mod kind;
mod limits;
mod lined;
mod load;
mod network;
mod params;
mod pipe_spec;
mod problem;
mod problems;
mod python;
mod read;
mod render;
mod restart;
mod schema;
mod scope;
mod source;
mod span;
mod suggest;
mod template;
mod together;

pub use check::{CheckOptions, HOST, LoadPlugin, Runs, check};
pub use delivery::{Ack, Acknowledgement, Delivery, Window};
pub use environment::inherited;
pub use health::Health;
pub use ids::{JobId, Name, PipeId};
pub use job_spec::{Body, Executable, FromClass, JobSpec, Native, OnFailure, Pass, Program, StopPolicy};
pub use kind::{HostEnd, Kind, OwnJob, ValueType};
pub use limits::{Limit, Limits};
pub use load::MAX_FILE_BYTES;
pub use network::Network;
pub use pipe_spec::{
    Buffer, CodecClass, DropSide, Dummy, End, External, Forced, Optional, PipeSpec, QueueLimits, Side, SpoolSpec,
    SpoolSync, Taking, WhenFull,
};
pub use problem::Problem;
pub use problems::Problems;
pub use python::{
    DescribePython, MODULE_PATH, PythonArg, PythonClass, PythonCodec, PythonFault, PythonFound, PythonJob,
};
pub use restart::{Restart, RestartPolicy, RestartScope};
pub use schema::schema;
pub use source::Text;
pub use span::{At, Span};
pub use template::{Part, RunDirError, Template, render_args};
