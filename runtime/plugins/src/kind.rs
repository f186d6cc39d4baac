//! What is asked of a kind of job in a plugin.

#![expect(unsafe_code, reason = "a name crosses the border as a pointer")]

use std::borrow::Cow;
use std::ptr;

use pipeloom_job::abi::{Answer, KindTable, Status, Text};
use pipeloom_job::{Args, ArgsError, CodecName, Job, JobKind, PortList, PortType, Ports};
use schemars::Schema;

use crate::error::PluginError;
use crate::job::PluginJob;

/// The kind behind a table. It lives as long as the library, which is never unloaded.
pub(crate) fn of(table: &'static KindTable) -> Result<JobKind, PluginError> {
    // SAFETY: the texts are static, in a library that stays.
    let (name, about) = unsafe { (leaked(table.name.get()), leaked(table.about.get())) };
    let nonsense = |what, why: String| PluginError::Nonsense { job: name.to_owned(), what, why };
    let schema = asked(|answer| (table.args)(answer)).map_err(|why| nonsense("no schema for its arguments", why))?;
    let schema: Schema = serde_json::from_str(&schema).map_err(|error| nonsense("no schema", error.to_string()))?;
    Ok(JobKind {
        name,
        about,
        args: Box::leak(Box::new(move || schema.clone())),
        ports: Box::leak(Box::new(move |args: &Args| ports(table, args))),
        new: Box::leak(Box::new(move |args: &Args| new(table, args))),
    })
}

fn leaked(text: Cow<'static, str>) -> &'static str {
    match text {
        Cow::Borrowed(text) => text,
        Cow::Owned(text) => text.leak(),
    }
}

/// Makes a call that only answers.
fn asked(call: impl FnOnce(&mut Answer) -> Status) -> Result<String, String> {
    let mut answer = Answer::default();
    match call(&mut answer) {
        Status::Done => Ok(answer.text().into_owned()),
        Status::Panicked => Err(format!("it panicked: {}", answer.text())),
        _ => Err(answer.text().into_owned()),
    }
}

/// What the plugin found wrong: an [`ArgsError`] as JSON, or anything else as a text.
fn refused(why: String) -> ArgsError {
    serde_json::from_str(&why).unwrap_or(ArgsError { path: Vec::new(), message: why })
}

fn ports(table: &'static KindTable, args: &Args) -> Result<Ports, ArgsError> {
    let args = args.to_string();
    let ports = asked(|answer| (table.ports)(Text::of(&args), answer)).map_err(refused)?;
    let mut ports: Ports = serde_json::from_str(&ports).map_err(|error| refused(error.to_string()))?;
    [&mut ports.inputs, &mut ports.outputs].into_iter().for_each(only_built_in);
    Ok(ports)
}

/// Codecs of the runtime's own do not cross the border.
fn only_built_in(list: &mut PortList) {
    for port in list.fixed.iter_mut().chain(&mut list.rest) {
        if port.codecs.is_empty() {
            *port = PortType { codecs: CodecName::BUILT_IN.to_vec(), ..port.clone() };
        }
        port.custom = false;
    }
}

fn new(table: &'static KindTable, args: &Args) -> Result<Box<dyn Job>, ArgsError> {
    let (args, mut job) = (args.to_string(), ptr::null_mut());
    asked(|answer| (table.new)(Text::of(&args), &mut job, answer)).map_err(refused)?;
    Ok(Box::new(PluginJob::new(table, job)))
}
