//! `pipeloom check`.

mod explain;
mod json;
mod words;

use pipeloom_config::Network;
use pipeloom_engine::plan::plan;
use pipeloom_events::ExitStatus;

use crate::args::CheckArgs;
use crate::network;
use crate::term::amounts::count;
use crate::term::color::{GOOD, paint};
use crate::term::escape::printable;
use crate::term::out;

pub(crate) fn check(args: &CheckArgs) -> ExitStatus {
    let network = match network::load(&args.network, args.json) {
        Ok(network) => network,
        Err(status) => return status,
    };
    let plan = args.explain.then(|| plan(&network));
    if args.json {
        return out::answer(&format!("{}\n", json::fine(&network, plan.as_ref())));
    }
    network::say_notes(&network);
    let mut text = fine(&args.network.file.display().to_string(), &network);
    if let Some(plan) = plan {
        text.push_str(&explain::explain(&network, &plan));
    }
    out::answer(&text)
}

fn fine(file: &str, network: &Network) -> String {
    let jobs = count(network.jobs().len() as u64, "job", "jobs");
    let pipes = count(network.pipes().len() as u64, "pipe", "pipes");
    format!("{} is {}: {jobs}, {pipes}\n", printable(file), paint(GOOD, "fine"))
}
