//! Whether what is promised of a pipe's blocks can be kept.

use crate::check::Checker;
use crate::check::full::spool_bytes;
use crate::check::wiring::{PipeEnds, Wiring};
use crate::delivery::{Ack, Delivery, Window};
use crate::file::{AckName, DeliveryName, PipeTable};
use crate::ids::JobId;
use crate::job_spec::Body;
use crate::network::Network;
use crate::pipe_spec::{PipeSpec, Taking, WhenFull};
use crate::problem::Problem;
use crate::span::Span;

/// How much is kept for each reader unless the file says otherwise, in bytes.
const USUAL_WINDOW: usize = 4 << 20;

impl Checker<'_> {
    /// What the pipe's table promises.
    pub(super) fn delivery(&mut self, table: &PipeTable) -> Delivery {
        let PipeTable { delivery, ack, window_bytes, .. } = table;
        if delivery.is_none_or(|delivery| delivery.value == DeliveryName::AtMostOnce) {
            let senseless = [("ack", ack.map(|at| at.span)), ("window_bytes", window_bytes.map(|at| at.span))];
            self.refuse_keys(&senseless, "pipes with `delivery = \"at-least-once\"`");
            return Delivery::AtMostOnce;
        }
        let ack = match ack.map(|at| at.value) {
            None | Some(AckName::Block) => Ack::Block,
            Some(AckName::End) => Ack::End,
        };
        let bytes = window_bytes.map_or(USUAL_WINDOW, |at| at.value.size());
        Delivery::AtLeastOnce(Window { ack, bytes, spool_bytes: spool_bytes(table) })
    }

    /// Refuses promises that somebody on the way cannot keep.
    pub(super) fn check_deliveries(&mut self, network: &Network, wiring: &Wiring<'_>) {
        for ((_, pipe), ends) in network.pipes().zip(&wiring.pipes) {
            let place = ends.table.and_then(|table| table.delivery.as_ref()).map(|at| at.span);
            if let (Delivery::AtLeastOnce(window), Some(place)) = (pipe.delivery, place) {
                self.check_promise(network, pipe, ends, window, place);
            }
        }
    }

    fn check_promise(&mut self, network: &Network, pipe: &PipeSpec, ends: &PipeEnds<'_>, window: Window, place: Span) {
        let name = &pipe.name;
        let mut say = |message: String, help: &str| self.say(Problem::new(place, message).help(help));
        if !pipe.codec.has_blocks() {
            say(
                format!("the pipe `{name}` has no blocks that could be given again: it is a stream"),
                "another codec, such as `lines`, cuts it into blocks",
            );
            return;
        }
        if let WhenFull::Drop(_) = pipe.when_full {
            say(
                format!("the pipe `{name}` cannot promise `at-least-once` and drop blocks when it is full"),
                "when_full = \"block\" lets its writer wait",
            );
        }
        if let Taking::Optional(_) = pipe.taking {
            say(
                format!("the pipe `{name}` cannot promise `at-least-once` and be optional"),
                "a job that does not wait for a block has done without it",
            );
        }
        if ends.readers.is_empty() {
            say(
                format!("the pipe `{name}` is read by a program outside the network, which is never started again"),
                "leave out `delivery`",
            );
            return;
        }
        if !pipe.outlives_runtime() && !pipe.readers.iter().any(|end| network[end.job].has_lives()) {
            say(
                format!("no reader of the pipe `{name}` may be started again, so nothing is given to it again"),
                "give a reader `restart = { policy = \"on-failure\" }`, let the blocks outlive the runtime \
                 (`when_full = \"spool\"`), or leave out `delivery`",
            );
        }
        for end in &pipe.readers {
            self.check_reader(network, pipe, end.job, window, place);
        }
    }

    fn check_reader(&mut self, network: &Network, pipe: &PipeSpec, id: JobId, window: Window, place: Span) {
        let job = &network[id];
        if let Body::Native(native) = &job.body
            && native.ports.acknowledges
        {
            let message = format!(
                "job `{}` says itself what it has done of `{}`, which is heard only of a process of its own",
                job.name, pipe.name
            );
            let help = "`isolation = \"process\"` gives a plugin's job one";
            self.say(Problem::new(place, message).related(job.span, "the job is here").help(help));
        }
        let is_program = job.executable().is_some();
        if is_program && window.ack == Ack::Block && network.says_what_is_done(job).is_none() {
            let message = format!(
                "job `{}` cannot say which blocks of the pipe `{}` it has done, so `at-least-once` cannot be promised",
                job.name, pipe.name
            );
            let help = "a job that writes one block for each block says so with `steps = \"each\"`, one with a kit (`kit = true`) by \
                        itself; with `ack = \"end\"` all is kept until the job has ended well";
            self.say(Problem::new(place, message).related(job.span, "the job is here").help(help));
        }
        let is_other = |other: &&PipeSpec| !is_same(other.delivery, pipe.delivery);
        if let Some(other) = job.inputs.iter().map(|input| &network[*input]).find(is_other) {
            let message = format!(
                "job `{}` reads `{}` with another `delivery` or `ack` than `{}`, but its inputs are given again together",
                job.name, other.name, pipe.name
            );
            let problem = Problem::new(place, message).related(other.span, "the other pipe is here");
            self.say(problem.help("let all inputs of the job have the same"));
        }
    }
}

fn is_same(one: Delivery, other: Delivery) -> bool {
    one.window().map(|window| window.ack) == other.window().map(|window| window.ack)
}
