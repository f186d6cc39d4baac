//! `--pipe`: what becomes of a value on a pipe, step by step, and back.

use std::io::{self, IsTerminal};

use pipeloom_config::{Network, PipeSpec};
use pipeloom_events::ExitStatus;
use pipeloom_job::codec::{Around, Body, EncodeError, Frame, FrameError, Framer};
use pipeloom_job::{Codec, Head, Pool};
use serde_json::{Value, json};

use super::hex;
use super::notation::{Notation, NotationError, Shown, Written, named, number};
use crate::network;
use crate::send::{GivenError, standard_input};
use crate::term::color::{FAINT, STRONG, paint};
use crate::term::escape::printable;
use crate::term::out;

/// Why a value cannot be shown on its way.
#[derive(Debug, thiserror::Error)]
enum WireError {
    #[error("`{}` is no block of the pipe {pipe}: {source}", printable(text))]
    Notation { text: String, pipe: String, source: NotationError },
    #[error(transparent)]
    Input(#[from] GivenError),
    #[error("the block cannot stand on the pipe: {0}")]
    Encode(#[from] EncodeError),
    #[error("the wire cannot be cut into blocks: {0}")]
    Frame(#[from] FrameError),
}

/// Shows each value on its way over the pipe of this name.
pub(super) fn show(network: &Network, pipe: &str, values: &[String], json: bool) -> Result<ExitStatus, ExitStatus> {
    let id = network.find_pipe(pipe).map_err(|problems| network::show(&problems, json))?;
    let wire = Wire::of(network, &network[id]);
    if !json {
        out::answer(&wire.title());
    }
    if values.is_empty() { wire.ask(json) } else { values.iter().try_for_each(|value| wire.show(value, json)) }
        .map(|()| ExitStatus::Success)
        .map_err(|error| out::fail(ExitStatus::Usage, error))
}

/// A pipe as programs see it.
struct Wire {
    pipe: String,
    /// The codec's name in the file.
    codec: String,
    notation: Notation,
    /// Whether heads stand on the wire.
    has_heads: bool,
    /// The programs at its ends that see them.
    see_heads: Vec<String>,
}

impl Wire {
    fn of(network: &Network, pipe: &PipeSpec) -> Wire {
        let ends = || pipe.writer.iter().chain(&pipe.readers).map(|end| &network[end.job]);
        let with_head = ends().filter(|job| job.executable().is_some_and(|program| program.head));
        let see_heads: Vec<String> = with_head.map(|job| job.name.to_string()).collect();
        // A FIFO between native jobs has them too.
        let only_native = pipe.external.is_none() && ends().all(|job| job.executable().is_none());
        let has_heads = pipe.codec.has_blocks() && (only_native || !see_heads.is_empty());
        let codec = match &pipe.class {
            Some(class) => format!("{}, whose bytes are {} here", printable(&class.name), pipe.codec),
            None => pipe.codec.to_string(),
        };
        Wire { pipe: pipe.name.to_string(), codec, notation: Notation::of(network, pipe), has_heads, see_heads }
    }

    fn title(&self) -> String {
        let heads = match (&self.see_heads[..], self.has_heads) {
            _ if !self.notation.codec.has_blocks() => "which has neither blocks nor heads".to_owned(),
            (_, false) => "no program at it sees heads".to_owned(),
            ([], true) => "heads stand on it if it is a FIFO".to_owned(),
            ([job], true) => format!("{job} sees heads"),
            (jobs, true) => format!("{} see heads", jobs.join(" and ")),
        };
        let name = paint(STRONG, printable(&self.pipe));
        format!("pipe {name}: codec {}, {heads}\n", self.codec)
    }

    /// Shows what standard input says, line by line. People are asked again after a wrong one.
    fn ask(&self, json: bool) -> Result<(), WireError> {
        let is_terminal = io::stdin().is_terminal();
        let prompt = || {
            if is_terminal {
                out::say_raw(&format!("{} ({}): ", printable(&self.pipe), self.notation.codec));
            }
        };
        prompt();
        for line in standard_input() {
            match self.show(&line?, json) {
                Err(error) if is_terminal => out::say(format_args!("  {error}")),
                shown => shown?,
            }
            prompt();
        }
        if is_terminal {
            out::say_raw("\n");
        }
        Ok(())
    }

    fn show(&self, text: &str, json: bool) -> Result<(), WireError> {
        let wrong = |source| WireError::Notation { text: text.to_owned(), pipe: self.pipe.clone(), source };
        let way = self.way(text, self.notation.read(text).map_err(wrong)?)?;
        out::answer(&if json { format!("{}\n", self.json(&way)) } else { self.lines(&way) });
        Ok(())
    }

    /// The block on the wire, and cut out of it again.
    fn way<'t>(&self, text: &'t str, block: Written) -> Result<Way<'t>, WireError> {
        let Notation { codec, head_size, max } = self.notation;
        let (mut around, head) = (Around::default(), self.has_heads.then_some(block.head));
        let frame = Frame::around(codec, head, &block.payload, max, &mut around)?;
        let (on_wire, before) = frame.before().split_at(head.map_or(0, |head| head.size().bytes()));
        let (on_wire, before, after) = (on_wire.to_vec(), before.to_vec(), frame.after().to_vec());
        let mut way = Way { text, block, head: on_wire, before, after, cut: Vec::new() };
        let mut framer = Framer::new(codec, self.has_heads.then_some(head_size), max, Pool::new());
        let mut rest = &way.bytes()[..];
        while !rest.is_empty() {
            let space = framer.space();
            let (now, later) = rest.split_at(rest.len().min(space.len()));
            space[..now.len()].copy_from_slice(now);
            framer.filled(now.len(), |head, body| way.cut.push((head, owned(body))))?;
            rest = later;
        }
        framer.end(|head, body| way.cut.push((head, owned(body))))?;
        Ok(way)
    }

    fn lines(&self, way: &Way<'_>) -> String {
        let Way { text: written, block, head, before, after, cut } = way;
        let value = |payload: &[u8]| printable(&self.notation.show_like(written, payload).text).into_owned();
        let (lead, trail) = self.around();
        let parts = [(head, "head"), (before, lead), (&block.payload, "payload"), (after, trail)];
        let parts = parts.into_iter().filter(|(bytes, _)| !bytes.is_empty());
        let (bytes, names): (Vec<String>, Vec<&str>) = parts.map(|(bytes, what)| (hex::show(bytes), what)).unzip();
        let text = std::str::from_utf8(&block.payload).map(|text| faint(&format!("as text: {}", printable(text))));
        let text = text.ok().filter(|_| !block.payload.is_empty());
        let payload = format!("{}  {}", shown(&block.payload), text.unwrap_or_default());
        let wire = format!("{}  {}", bytes.join(" + "), faint(&names.join(" + ")));
        let mut lines = vec![("value", printable(written).into_owned()), ("payload", payload), ("wire", wire)];
        for (head, payload) in cut {
            let head = head.map(|head| format!("{} ", named(head))).unwrap_or_default();
            lines.push(("block", format!("{head}{}", shown(payload))));
            lines.push(("value", value(payload)));
        }
        lines.into_iter().map(|(what, text)| format!("  {what:<8} {}\n", text.trim_end())).collect()
    }

    /// What stands before a payload and after it.
    const fn around(&self) -> (&'static str, &'static str) {
        match self.notation.codec {
            Codec::Bincode | Codec::Framed => ("length", ""),
            Codec::Json | Codec::Lines => ("", "line break"),
            Codec::Bytes { .. } | Codec::Stream => ("", ""),
            Codec::Custom(_) => ("before it", "after it"),
        }
    }

    fn json(&self, way: &Way<'_>) -> Value {
        let block = |(head, payload): &(Option<Head>, Vec<u8>)| {
            let Shown { key, json, .. } = self.notation.show_like(way.text, payload);
            let mut block = json!({ "payload": hex::digits(payload), key: json });
            if let Some(head) = head {
                block["head"] = number(*head).into();
            }
            block
        };
        json!({
            "v": 1,
            "pipe": self.pipe,
            "codec": self.notation.codec.name().as_str(),
            "payload": hex::digits(&way.block.payload),
            "head": hex::digits(&way.head),
            "before": hex::digits(&way.before),
            "after": hex::digits(&way.after),
            "wire": hex::digits(&way.bytes()),
            "blocks": way.cut.iter().map(block).collect::<Vec<_>>(),
        })
    }
}

/// A block on its way.
struct Way<'t> {
    /// As it was written.
    text: &'t str,
    block: Written,
    /// Its head as it stands on the wire; empty if it does not.
    head: Vec<u8>,
    before: Vec<u8>,
    after: Vec<u8>,
    /// What is cut out of the wire.
    cut: Vec<(Option<Head>, Vec<u8>)>,
}

impl Way<'_> {
    fn bytes(&self) -> Vec<u8> {
        [&self.head[..], &self.before, &self.block.payload, &self.after].concat()
    }
}

fn owned(body: Body<'_>) -> Vec<u8> {
    match body {
        Body::Small(bytes) => bytes.to_vec(),
        Body::Large(payload) => payload.to_vec(),
    }
}

fn shown(payload: &[u8]) -> String {
    if payload.is_empty() { "(empty)".to_owned() } else { hex::show(payload) }
}

fn faint(text: &str) -> String {
    paint(FAINT, format_args!("({text})"))
}
