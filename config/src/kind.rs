//! What makes a native job.

use std::any::{TypeId, type_name};
use std::fmt;
use std::sync::Arc;

use pipeloom_job::{Args, ArgsError, Job, JobKind, PortList, PortType, Ports, Steps};
use schemars::{Schema, json_schema};

/// What makes a native job.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A kind of job with a name of its own.
    Named(JobKind),
    /// A job of the program that has built the network.
    Own(OwnJob),
    /// An end of a pipe that the program itself has; whoever runs the network makes the job.
    Host(HostEnd),
}

/// A job of the program that has built the network.
#[derive(Clone)]
pub struct OwnJob {
    // Boxed because most jobs have none of it.
    pub(crate) ports: Box<Ports>,
    pub(crate) new: Arc<dyn Fn() -> Box<dyn Job> + Send + Sync>,
}

/// An end of a pipe that the program has which runs the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HostEnd {
    /// The program writes values of this type.
    Sender(Option<ValueType>),
    /// The program reads values of this type.
    Receiver(Option<ValueType>),
}

/// The type of a pipe's values, as far as the program that has built the network says it.
#[derive(Clone, Copy, Debug)]
pub struct ValueType {
    id: TypeId,
    name: &'static str,
}

impl Kind {
    /// The name: what the file says behind `use`.
    pub const fn name(&self) -> &'static str {
        match self {
            Kind::Named(kind) => kind.name,
            Kind::Own(_) => "own",
            Kind::Host(HostEnd::Sender(_)) => "sender",
            Kind::Host(HostEnd::Receiver(_)) => "receiver",
        }
    }

    /// The arguments it takes.
    pub fn args(&self) -> Schema {
        match self {
            Kind::Named(kind) => (kind.args)(),
            Kind::Own(_) | Kind::Host(_) => json_schema!({ "type": "object", "additionalProperties": false }),
        }
    }

    /// What a plan must know of a job with these arguments.
    ///
    /// # Errors
    /// If the arguments are wrong.
    pub fn ports(&self, args: &Args) -> Result<Ports, ArgsError> {
        match self {
            Kind::Named(kind) => (kind.ports)(args),
            Kind::Own(_) | Kind::Host(_) if !args.table().is_empty() => {
                Err(ArgsError { path: Vec::new(), message: "there are none".to_owned() })
            }
            Kind::Own(job) => Ok((*job.ports).clone()),
            Kind::Host(end) => Ok(end.ports()),
        }
    }
}

impl OwnJob {
    /// A new job. Called again for each restart.
    pub fn job(&self) -> Box<dyn Job> {
        (self.new)()
    }
}

impl fmt::Debug for OwnJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnJob").field("ports", &self.ports).finish_non_exhaustive()
    }
}

impl HostEnd {
    /// What the program says of its values; `None` if it leaves that open.
    pub const fn value(self) -> Option<ValueType> {
        match self {
            HostEnd::Sender(value) | HostEnd::Receiver(value) => value,
        }
    }

    fn ports(self) -> Ports {
        let one = || PortList::one(PortType::any());
        let (inputs, outputs) = match self {
            HostEnd::Sender(_) => (PortList::none(), one()),
            HostEnd::Receiver(_) => (one(), PortList::none()),
        };
        Ports { steps: Steps::Free, blocks: true, ..Ports::new(inputs, outputs) }
    }
}

impl ValueType {
    /// The type `T`.
    pub fn of<T: 'static>() -> ValueType {
        ValueType { id: TypeId::of::<T>(), name: type_name::<T>() }
    }

    /// The type's name, for people.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl PartialEq for ValueType {
    fn eq(&self, other: &ValueType) -> bool {
        self.id == other.id
    }
}

impl Eq for ValueType {}
