//! A plan in words.

use pipeloom_config::{Network, PipeSpec};
use pipeloom_engine::plan::{Carrier, Conduit, Hold, Leg, PipePlan, Route};

use crate::term::amounts::{bytes, count};
use crate::term::escape::printable;

/// What stands for a program outside the network.
const OUTSIDE: &str = "(outside)";

/// The conduit's name, as the documentation has it.
pub(super) fn conduit(plan: &PipePlan) -> String {
    let legs = match &plan.route {
        Route::Relay { .. } | Route::Records { .. } => return "relay".to_owned(),
        Route::Fused { .. } => return "fused".to_owned(),
        Route::Legs(legs) => legs,
    };
    let mut names: Vec<&str> = legs.iter().map(|leg| name(&leg.conduit)).collect();
    names.sort_unstable();
    names.dedup();
    names.join(" and ")
}

const fn name(conduit: &Conduit) -> &'static str {
    match conduit {
        Conduit::Channel(_) => "channel",
        Conduit::Direct(_) => "direct",
        Conduit::Shared(..) => "shared",
    }
}

/// Why it is so.
pub(super) fn because(plan: &PipePlan) -> Vec<String> {
    let hold = match &plan.route {
        Route::Relay { hold, .. } => Some(hold.to_string()),
        Route::Legs(_) | Route::Fused { .. } | Route::Records { .. } => None,
    };
    plan.because.iter().map(ToString::to_string).chain(hold).collect()
}

/// `read -> level, draw`
pub(super) fn ends(network: &Network, pipe: &PipeSpec) -> String {
    let readers: Vec<&str> = readers(network, pipe);
    format!("{} -> {}", writer(network, pipe), readers.join(", "))
}

/// The writer's name.
pub(super) fn writer<'a>(network: &'a Network, pipe: &PipeSpec) -> &'a str {
    pipe.writer.map_or(OUTSIDE, |end| network[end.job].name.as_str())
}

/// The readers' names.
pub(super) fn readers<'a>(network: &'a Network, pipe: &PipeSpec) -> Vec<&'a str> {
    let mut names: Vec<&str> = pipe.readers.iter().map(|end| network[end.job].name.as_str()).collect();
    if pipe.external.as_ref().is_some_and(|external| external.side == pipeloom_config::Side::Reader) {
        names.push(OUTSIDE);
    }
    names
}

/// What blocks go through, one line for each way that differs.
pub(super) fn route(network: &Network, pipe: &PipeSpec, plan: &PipePlan) -> Vec<String> {
    match &plan.route {
        Route::Legs(legs) => ways(network, pipe, legs, false),
        Route::Fused { reader } => {
            vec![format!("fused: {} is called on the writer's thread", network[reader.job].name)]
        }
        Route::Relay { from, to, hold } => {
            let what = match hold {
                Hold::CutThrough => "of blocks as they come",
                Hold::WholeBlock(_) => "of whole blocks",
            };
            let from = format!("relay, by the runtime, {what}: from {}", through(pipe, from));
            [from].into_iter().chain(ways(network, pipe, to, true)).collect()
        }
        Route::Records { to } => {
            let from = "relay, by the runtime, of records that it makes itself".to_owned();
            [from].into_iter().chain(ways(network, pipe, to, true)).collect()
        }
    }
}

fn ways(network: &Network, pipe: &PipeSpec, legs: &[Leg], from_relay: bool) -> Vec<String> {
    let mut ways: Vec<((String, &'static str), Vec<&str>)> = Vec::new();
    for leg in legs {
        let reader = leg.reader.map_or(OUTSIDE, |end| network[end.job].name.as_str());
        let way = (through(pipe, &leg.conduit), kind(&leg.conduit, from_relay));
        match ways.iter_mut().find(|(other, _)| *other == way) {
            Some((_, readers)) => readers.push(reader),
            None => ways.push((way, vec![reader])),
        }
    }
    let is_only = ways.len() == 1 && !from_relay;
    let line = |((through, kind), readers): ((String, &str), Vec<&str>)| match readers[..] {
        [_] if is_only => format!("{kind}{through}"),
        [reader] => format!("to {reader}: {kind}{through}"),
        _ => format!("to {}: {kind}{through} each", readers.join(", ")),
    };
    ways.into_iter().map(line).collect()
}

const fn kind(conduit: &Conduit, from_relay: bool) -> &'static str {
    match (conduit, from_relay) {
        (_, true) => "",
        (Conduit::Channel(_), false) => "channel: ",
        (Conduit::Direct(_), false) => "direct, nobody in between: ",
        (Conduit::Shared(..), false) => "shared, nobody in between: ",
    }
}

fn through(pipe: &PipeSpec, conduit: &Conduit) -> String {
    match conduit {
        Conduit::Channel(limits) => {
            let blocks = count(limits.blocks as u64, "block", "blocks");
            // A limit that the file gives counts blocks alone.
            let or_bytes = (limits.bytes < usize::MAX).then(|| format!(" or {}", bytes(limits.bytes as u64)));
            format!("a queue of at most {blocks}{}", or_bytes.unwrap_or_default())
        }
        Conduit::Direct(carrier) => carried(pipe, *carrier),
        Conduit::Shared(carrier, size) => {
            let of = bytes(*size as u64);
            format!("{}, and {of} of memory that both share for large payloads", carried(pipe, *carrier))
        }
    }
}

fn carried(pipe: &PipeSpec, carrier: Carrier) -> String {
    match (carrier, &pipe.external) {
        (Carrier::Unnamed, _) => "an unnamed pipe".to_owned(),
        (Carrier::Outer, Some(external)) => format!("the FIFO {}", printable(&external.path.to_string_lossy())),
        (Carrier::Fifo | Carrier::Outer, _) => "a FIFO".to_owned(),
    }
}
