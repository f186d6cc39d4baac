//! `check --json` for a network that is fine; problems have their own form.

use pipeloom_config::Network;
use pipeloom_engine::plan::{Needs, Plan};
use serde_json::{Value, json};

use super::words;

/// One object: the network, and with a plan what is planned.
pub(super) fn fine(network: &Network, plan: Option<&Plan>) -> Value {
    let mut answer = json!({
        "v": 1,
        "network": network.name(),
        "jobs": network.jobs().len(),
        "pipes": network.pipes().len(),
        "notes": network.notes().json().collect::<Vec<_>>(),
    });
    if let Some(plan) = plan {
        let Needs { descriptors, processes, threads } = Needs::of(network, plan);
        answer["needs"] = json!({ "descriptors": descriptors, "processes": processes, "threads": threads });
        answer["plan"] = network
            .pipes()
            .map(|(id, pipe)| {
                json!({
                    "pipe": pipe.name.as_str(),
                    "writer": pipe.writer.map(|end| network[end.job].name.as_str()),
                    "readers": pipe.readers.iter().map(|end| network[end.job].name.as_str()).collect::<Vec<_>>(),
                    "conduit": words::conduit(plan.pipe(id)),
                    "because": words::because(plan.pipe(id)),
                })
            })
            .collect();
        answer["from_classes"] = network
            .jobs()
            .flat_map(|(_, job)| job.from_class.iter().map(move |from| (&job.name, from)))
            .map(|(job, from)| json!({ "job": job.as_str(), "attribute": from.attribute, "keys": from.keys }))
            .collect();
    }
    answer
}
