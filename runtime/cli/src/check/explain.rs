//! `check --explain`: how each pipe is realised and why, what comes from classes, and what the run needs.

use pipeloom_config::{JobSpec, Network};
use pipeloom_engine::plan::{Needs, Plan};

use super::words;
use crate::term::amounts::count;
use crate::term::color::{FAINT, STRONG, paint};
use crate::term::escape::printable;

/// The explanation, for people.
pub(super) fn explain(network: &Network, plan: &Plan) -> String {
    let mut text = String::new();
    for (id, pipe) in network.pipes() {
        let pipe_plan = plan.pipe(id);
        text.push_str(&format!("\n{}  {}\n", paint(STRONG, &pipe.name), words::ends(network, pipe)));
        for way in words::route(network, pipe, pipe_plan) {
            text.push_str(&format!("  {way}\n"));
        }
        for reason in words::because(pipe_plan) {
            text.push_str(&format!("  {} {reason}\n", paint(FAINT, "because")));
        }
    }
    text.push_str(&from_classes(network));
    let Needs { descriptors, processes, threads } = Needs::of(network, plan);
    let needs = [
        count(descriptors, "descriptor", "descriptors"),
        count(processes, "process", "processes"),
        count(threads, "thread", "threads"),
    ];
    text.push_str(&format!("\nThe run needs {}, {} and {}.\n", needs[0], needs[1], needs[2]));
    text
}

/// What the classes of jobs in Python say, where the file says nothing.
fn from_classes(network: &Network) -> String {
    let lines = |job: &JobSpec| -> String {
        let line = |(attribute, keys)| format!("  {keys}  {} {attribute} of its class\n", paint(FAINT, "by"));
        job.from_class.iter().map(|from| (from.attribute, printable(&from.keys))).map(line).collect()
    };
    let jobs = network.jobs().filter(|(_, job)| !job.from_class.is_empty());
    jobs.map(|(_, job)| format!("\n{}\n{}", paint(STRONG, &job.name), lines(job))).collect()
}
