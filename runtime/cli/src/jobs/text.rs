//! The predefined jobs for people.

use pipeloom_job::{CodecName, PortList, Ports};
use serde_json::Value;

use super::describe::{Description, codecs, takes_custom};
use super::schema::Argument;
use crate::term::color::{FAINT, STRONG, paint};

/// Every job in a few lines.
pub(super) fn list(descriptions: &[Description]) -> String {
    let mut text = String::new();
    for description in descriptions {
        text.push_str(&head(description));
        if !description.args.is_empty() {
            let args: Vec<String> = description.args.iter().map(short).collect();
            text.push_str(&format!("  {} {}\n", paint(FAINT, "args:"), args.join(", ")));
        }
        if let Some(ports) = &description.ports {
            text.push_str(&format!("  {} {}\n", paint(FAINT, "ports:"), in_and_out(ports)));
        }
        text.push('\n');
    }
    text.push_str("pipeloom jobs NAME says what the arguments mean, pipeloom codecs what the codecs are.\n");
    text
}

/// Everything about each job.
pub(super) fn details(descriptions: &[Description]) -> String {
    descriptions.iter().map(detail).collect::<Vec<_>>().join("\n")
}

fn head(description: &Description) -> String {
    format!("{} ({})\n  {}\n", paint(STRONG, description.name), description.role(), description.about)
}

fn detail(description: &Description) -> String {
    let mut text = head(description);
    text.push_str(&format!("\n{}\n", paint(STRONG, "Arguments")));
    if description.args.is_empty() {
        text.push_str("  none\n");
    }
    for argument in &description.args {
        text.push_str(&format!("  {} {}\n", argument.name, paint(FAINT, kind(argument))));
        text.push_str(&format!("      {}\n", argument.about));
    }
    if let Some(ports) = &description.ports {
        text.push_str(&format!("\n{}\n", paint(STRONG, "Pipes")));
        text.push_str(&format!("  inputs   {}\n", side(&ports.inputs)));
        text.push_str(&format!("  outputs  {}\n", side(&ports.outputs)));
        if ports.paired {
            text.push_str("  as many outputs as inputs\n");
        }
    }
    text
}

/// `path`, `step = 1`
fn short(argument: &Argument) -> String {
    match &argument.default {
        Some(default) => format!("{} = {default}", argument.name),
        None if argument.is_required => format!("{} (required)", argument.name),
        None => argument.name.clone(),
    }
}

/// `integer, required`, `"hann" | "rect", "hann" unless given`
fn kind(argument: &Argument) -> String {
    let otherwise = match &argument.default {
        Some(Value::String(text)) if text.is_empty() => String::new(),
        Some(default) => format!(", {default} unless given"),
        None if argument.is_required => ", required".to_owned(),
        None => ", optional".to_owned(),
    };
    format!("{}{otherwise}", argument.kind)
}

fn in_and_out(ports: &Ports) -> String {
    let side = |list: &PortList, way: &str| match codecs(list) {
        [] => format!("{list} {way}"),
        codecs => format!("{list} {way} ({})", names(codecs, list)),
    };
    format!("{}, {}", side(&ports.inputs, "in"), side(&ports.outputs, "out"))
}

/// `1 pipe: json, lines`
fn side(list: &PortList) -> String {
    if list.get(0).is_none() {
        return "none".to_owned();
    }
    match codecs(list) {
        [] => format!("{list}: any codec"),
        codecs => format!("{list}: {}", names(codecs, list)),
    }
}

fn names(codecs: &[CodecName], list: &PortList) -> String {
    let custom = takes_custom(list).then_some("custom ones");
    codecs.iter().map(|codec| codec.as_str()).chain(custom).collect::<Vec<_>>().join(", ")
}
