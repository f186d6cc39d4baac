//! `check --explain`: how each pipe is realised and why, and what the run needs.

use pipeloom_config::Network;
use pipeloom_engine::plan::{Needs, Plan};

use super::words;
use crate::term::amounts::count;
use crate::term::color::{FAINT, STRONG, paint};

/// The explanation, for people.
pub(super) fn explain(network: &Network, plan: &Plan) -> String {
    let mut text = String::new();
    for (id, pipe) in network.pipes() {
        let pipe_plan = plan.pipe(id);
        text.push_str(&format!("\n{}  {}\n", paint(STRONG, &pipe.name), words::ends(network, pipe)));
        for way in words::route(network, pipe, pipe_plan) {
            text.push_str(&format!("  {way}\n"));
        }
        for reason in &pipe_plan.because {
            text.push_str(&format!("  {} {reason}\n", paint(FAINT, "because")));
        }
    }
    let Needs { descriptors, processes, threads } = Needs::of(network, plan);
    let needs = [
        count(descriptors, "descriptor", "descriptors"),
        count(processes, "process", "processes"),
        count(threads, "thread", "threads"),
    ];
    text.push_str(&format!("\nThe run needs {}, {} and {}.\n", needs[0], needs[1], needs[2]));
    text
}
