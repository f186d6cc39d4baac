//! What is to be known of a kind of job.

use pipeloom_job::{Args, CodecName, JobKind, PortList, Ports};
use serde_json::Value;

use super::schema::{Argument, arguments};

/// A kind of job, described.
pub(super) struct Description {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) args: Vec<Argument>,
    /// Of the job with example arguments; none if those do not suit it.
    pub(super) ports: Option<Ports>,
    pub(super) schema: Value,
}

impl Description {
    pub(super) fn of(kind: &JobKind) -> Description {
        let schema = (kind.args)().to_value();
        let args = arguments(&schema);
        let ports = (kind.ports)(&example(&schema, &args)).ok();
        Description { name: kind.name, about: kind.about, args, ports, schema }
    }

    /// `source`, `connector` or `sink`.
    pub(super) fn role(&self) -> &'static str {
        let is_empty = |list: &PortList| list.get(0).is_none();
        match &self.ports {
            Some(ports) if is_empty(&ports.inputs) => "source",
            Some(ports) if is_empty(&ports.outputs) => "sink",
            _ => "connector",
        }
    }
}

/// Arguments with which a job can say what ports it has: the first example of its schema, or those that must be given, at
/// values that suit most.
fn example(schema: &Value, args: &[Argument]) -> Args {
    if let Some(Value::Object(example)) = schema.pointer("/examples/0") {
        return Args::new(example.clone());
    }
    let value = |argument: &Argument| match argument.kind.as_str() {
        "integer" | "number" => Value::from(2),
        "boolean" => Value::from(false),
        _ => Value::from("example"),
    };
    let required = args.iter().filter(|argument| argument.is_required);
    required.map(|argument| (argument.name.clone(), value(argument))).collect()
}

/// The built-in codecs that the first port of `list` takes; empty for any.
pub(super) fn codecs(list: &PortList) -> &[CodecName] {
    list.get(0).map(|port| &port.codecs[..]).unwrap_or_default()
}

/// Whether the first port of `list` takes custom codecs.
pub(super) fn takes_custom(list: &PortList) -> bool {
    list.get(0).is_some_and(|port| port.custom || port.codecs.is_empty())
}
