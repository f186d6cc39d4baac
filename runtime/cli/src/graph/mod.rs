//! `pipeloom graph`: the network as a picture.
//!
//! ```text
//! model      what is drawn: jobs, pipes, outside ends; the same for all formats
//! back       which pipes lead back; what is left has no cycles
//! text       a tree for the terminal
//! dot        for Graphviz
//! mermaid    for Markdown
//! layout     where things stand in the picture
//! svg        the picture
//! ```

mod back;
mod dot;
mod layout;
mod mermaid;
mod model;
mod svg;
mod text;

use std::fs;
use std::path::Path;

use pipeloom_events::ExitStatus;

use crate::args::{Format, GraphArgs};
use crate::network;
use crate::term::out;
use model::Graph;

pub(crate) fn graph(args: &GraphArgs) -> ExitStatus {
    let network = match network::load(&args.network, false) {
        Ok(network) => network,
        Err(status) => return status,
    };
    let graph = Graph::of(&network);
    let drawn = match args.format {
        Format::Svg => svg::draw(&graph),
        Format::Dot => dot::draw(&graph),
        Format::Mermaid => mermaid::draw(&graph),
        Format::Text => text::draw(&graph),
    };
    match &args.output {
        Some(file) => write(file, &drawn),
        None => out::answer(&drawn),
    }
}

fn write(file: &Path, drawn: &str) -> ExitStatus {
    // What goes into a file has no colours, whoever asked for them.
    let plain = anstream::adapter::strip_str(drawn).to_string();
    match fs::write(file, plain) {
        Ok(()) => ExitStatus::Success,
        Err(error) => out::fail(ExitStatus::Usage, format_args!("cannot write {}: {error}", file.display())),
    }
}
