//! `pipeloom check`.

use pipeloom_events::ExitStatus;

use crate::args::CheckArgs;
use crate::network;

pub(crate) fn check(args: &CheckArgs) -> ExitStatus {
    match network::load(&args.network, args.json) {
        Err(status) => status,
        Ok(network) => {
            if args.explain {
                let plan = pipeloom_engine::plan::plan(&network);
                for (id, pipe) in network.pipes() {
                    let reasons: Vec<String> = plan.pipe(id).because.iter().map(ToString::to_string).collect();
                    anstream::println!("{}: {:?} because {}", pipe.name, plan.pipe(id).route, reasons.join("; "));
                }
            }
            ExitStatus::Success
        }
    }
}
