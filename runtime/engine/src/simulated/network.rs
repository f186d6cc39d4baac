//! Small networks, drawn from a seed.

use fastrand::Rng;
use pipeloom_config::Network;

use super::block::DUMMY;
use crate::sample::Sample;

/// The jobs of a network, each with its inputs and outputs.
type Jobs = &'static [(&'static str, &'static [&'static str], &'static [&'static str])];

/// Pipes of which the same is promised: those that a job reads together, and what others read with them.
type Groups = &'static [&'static [&'static str]];

const SHAPES: [(Jobs, Groups); 7] = [
    (&[("source", &[], &["a"]), ("sink", &["a"], &[])], &[&["a"]]),
    (&[("source", &[], &["a"]), ("filter", &["a"], &["b"]), ("sink", &["b"], &[])], &[&["a"], &["b"]]),
    (
        &[("source", &[], &["a"]), ("filter", &["a"], &["b"]), ("level", &["b"], &["c"]), ("sink", &["c"], &[])],
        &[&["a"], &["b"], &["c"]],
    ),
    (
        &[("source", &[], &["a"]), ("filter", &["a"], &["b"]), ("sink", &["b"], &[]), ("other", &["a"], &[])],
        &[&["a"], &["b"]],
    ),
    (&[("one", &[], &["a"]), ("two", &[], &["b"]), ("sink", &["a", "b"], &[])], &[&["a", "b"]]),
    (
        &[("source", &[], &["a"]), ("left", &["a"], &["b"]), ("right", &["a"], &["c"]), ("sink", &["b", "c"], &[])],
        &[&["a"], &["b", "c"]],
    ),
    (
        &[
            ("source", &[], &["a"]),
            ("left", &["a"], &["b"]),
            ("join", &["a", "b"], &["c", "d"]),
            ("sink", &["c"], &[]),
            ("other", &["d"], &[]),
        ],
        &[&["a", "b"], &["c"], &["d"]],
    ),
];

/// What is promised of some pipes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Promise {
    AtMostOnce,
    AtLeastOnce { at_the_end: bool },
}

/// A network: one of a few shapes, with restarts, promises and queues as they come.
pub(super) fn any(random: &mut Rng) -> Network {
    let (jobs, groups) = SHAPES[random.usize(..SHAPES.len())];
    let promises: Vec<Promise> = groups.iter().map(|_| promise(random)).collect();
    let promise_of = |pipe: &str| groups.iter().position(|group| group.contains(&pipe)).map(|group| promises[group]);
    let mut sample = Sample::new();
    for &(name, inputs, outputs) in jobs {
        let promise = inputs.first().and_then(|input| promise_of(input));
        let keeps = promise.is_some_and(|promise| promise != Promise::AtMostOnce);
        let restart = match random.u8(..3) {
            0 if !keeps => "never",
            0 | 1 => "on-failure",
            _ => "always",
        };
        let mut lines = format!("steps = \"{}\"\n", if inputs.is_empty() { "free" } else { "each" });
        // Who reads and writes nothing that would show it has to say what it has done.
        let says = outputs.is_empty() && promise == Some(Promise::AtLeastOnce { at_the_end: false });
        match random.u8(..4) {
            _ if says => lines += "kit = true\n",
            0 => lines += "kit = true\n",
            1 => lines += "head = true\n",
            _ => {}
        }
        if restart != "never" {
            let times = random.u8(1..4);
            let scope = ["job", "job", "downstream", "component"][random.usize(..4)];
            lines += &format!(
                "restart = {{ policy = \"{restart}\", scope = \"{scope}\", max_restarts = {times}, backoff_seconds = 0.1 }}\n"
            );
        }
        if random.bool() {
            lines += "on_failure = \"isolate\"\n";
        }
        if outputs.is_empty() && random.u8(..8) == 0 {
            lines += "ends_run = true\n";
        }
        if random.u8(..4) == 0 {
            lines += "stop = { linger_seconds = \"eof\" }\n";
        }
        sample = sample.program(name, inputs, outputs).with(&lines);
    }
    let pipes = groups.iter().copied().flatten();
    for pipe in pipes {
        let mut lines = format!(
            "codec = \"framed\"\nconduit = \"relay\"\ndummy = {{ value = \"{DUMMY}\" }}\nmax_queue = {}\n",
            random.u8(2..6)
        );
        lines += match promise_of(pipe) {
            Some(Promise::AtLeastOnce { at_the_end: true }) => "delivery = \"at-least-once\"\nack = \"end\"\n",
            Some(Promise::AtLeastOnce { at_the_end: false }) => "delivery = \"at-least-once\"\n",
            Some(Promise::AtMostOnce) | None => match random.u8(..6) {
                0 => "when_full = \"drop-oldest\"\n",
                1 => "when_full = \"drop-newest\"\n",
                _ => "",
            },
        };
        sample = sample.pipe(pipe, &lines);
    }
    sample.network()
}

fn promise(random: &mut Rng) -> Promise {
    match random.u8(..4) {
        0 | 1 => Promise::AtMostOnce,
        2 => Promise::AtLeastOnce { at_the_end: false },
        _ => Promise::AtLeastOnce { at_the_end: true },
    }
}
