//! What goes by, on standard output: as lines for people or as JSON.

use std::io;

use pipeloom_events::Record;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::bench::Bench;
use super::board::{Item, Passed, Side};
use super::notation::{Notation, Shown, named, number};
use crate::term::color::{FAINT, STRONG, paint};
use crate::term::escape::printable;
use crate::term::out;

/// How it is shown.
pub(super) struct Show {
    pub(super) json: bool,
    /// Whether blocks that go in are shown too; where they are asked for on a terminal they stand there already.
    pub(super) inputs: bool,
    /// The compute block under whose heading people are.
    pub(super) heading: u64,
}

impl Show {
    pub(super) fn items(&mut self, bench: &Bench, items: Vec<Item>) -> io::Result<()> {
        let text: String = items.into_iter().filter_map(|item| self.item(bench, item)).collect();
        if text.is_empty() { Ok(()) } else { out::try_answer(&text) }
    }

    /// An event of the job, for programs.
    pub(super) fn record(&self, record: &Record) -> io::Result<()> {
        let line = serde_json::to_string(record).map_err(io::Error::from)?;
        out::try_answer(&format!("{line}\n"))
    }

    fn item(&mut self, bench: &Bench, item: Item) -> Option<String> {
        match item {
            Item::ComputeBlock(_) if self.json => None,
            Item::ComputeBlock(number) if number == self.heading => None,
            Item::ComputeBlock(number) => {
                self.heading = number;
                Some(heading(number))
            }
            Item::Block(block) if self.json => Some(format!("{}\n", block_json(bench, &block))),
            Item::Block(block) if block.side == Side::Input && !self.inputs => None,
            Item::Block(block) => Some(block_line(bench, &block)),
            Item::Taken(number) if self.json => {
                Some(format!("{}\n", json!({ "v": 1, "event": "taken", "job": bench.job, "number": number })))
            }
            Item::Taken(_) => Some(format!("  taken by {}\n", printable(&bench.job))),
        }
    }
}

/// The line above what belongs to a compute block.
pub(super) fn heading(number: u64) -> String {
    format!("{}\n", paint(STRONG, format_args!("compute block {number}")))
}

fn pipe<'b>(bench: &'b Bench, block: &Passed) -> (&'b str, Notation) {
    match block.side {
        Side::Input => (&bench.inputs[block.port].pipe, bench.inputs[block.port].notation),
        Side::Output => (&bench.outputs[block.port].pipe, bench.outputs[block.port].notation),
    }
}

/// `  judged  -> 0x40(reset) 21.5`
fn block_line(bench: &Bench, block: &Passed) -> String {
    let (name, notation) = pipe(bench, block);
    let names = bench.inputs.iter().map(|input| &input.pipe).chain(bench.outputs.iter().map(|output| &output.pipe));
    let space = names.map(|name| name.width()).max().unwrap_or(0).saturating_sub(name.width());
    let arrow = if block.side == Side::Input { "<-" } else { "->" };
    let head =
        if notation.codec.has_blocks() { format!("{} ", paint(FAINT, named(block.head))) } else { String::new() };
    let indent = if bench.is_grouped() { "  " } else { "" };
    let Shown { text, .. } = notation.show(&block.payload);
    format!("{indent}{}{:space$} {arrow} {head}{}\n", paint(STRONG, printable(name)), "", printable(&text))
}

fn block_json(bench: &Bench, block: &Passed) -> Value {
    let (name, notation) = pipe(bench, block);
    let Shown { key, json, .. } = notation.show(&block.payload);
    let side = if block.side == Side::Input { "input" } else { "output" };
    let mut object = json!({ "v": 1, "event": "block", "side": side, "pipe": name, "number": block.number });
    if notation.codec.has_blocks() {
        object["head"] = number(block.head).into();
    }
    object[key] = json;
    object
}
