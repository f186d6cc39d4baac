//! Kinds of jobs as types.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::args::{Args, ArgsError};
use crate::job::{Job, JobKind, Ports};

/// A kind of job that can be named in a network file, as a type.
pub trait Kind: 'static {
    /// The name in the file.
    const NAME: &'static str;
    /// One line on what it does.
    const ABOUT: &'static str;
    /// The arguments it takes. With `#[serde(deny_unknown_fields)]` a misspelt one is an error of the file.
    type Args: DeserializeOwned + JsonSchema;

    /// What a plan must know of a job with these arguments, and whether they are sensible.
    fn ports(args: &Self::Args) -> Result<Ports, ArgsError>;

    /// A new job. Called again for each restart.
    fn make(args: Self::Args) -> Result<Box<dyn Job>, ArgsError>;
}

impl JobKind {
    /// The kind that is this type.
    pub const fn of<K: Kind>() -> JobKind {
        JobKind {
            name: K::NAME,
            about: K::ABOUT,
            args: &|| schemars::schema_for!(K::Args),
            ports: &|args: &Args| K::ports(&args.parse()?),
            new: &|args: &Args| K::make(args.parse()?),
        }
    }
}
