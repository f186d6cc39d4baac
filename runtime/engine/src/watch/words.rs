//! What is said of jobs that wait for each other.

use pipeloom_config::{JobId, Network, PipeId, QueueLimits, WhenFull};

use super::picture::Way;
use super::stuck::Link;
use crate::flow::Grown;

/// Who waits for whom, and what helps.
pub(crate) fn circle(network: &Network, jobs: &[JobId], way: &Way, circle: &[Link], surely: bool) -> String {
    let name = |place: Option<usize>| place.map_or("", |place| network[jobs[place]].name.as_str());
    let link = |link: &Link| {
        let (job, pipe) = (name(Some(link.job)), &network[link.way.pipe].name);
        match link.full {
            Some(full) => {
                let what = if full == link.way { "room" } else { "blocks" };
                format!("job {job} waits for {what} on pipe {pipe}, which is full for job {}", name(full.reader))
            }
            None => format!("job {job} waits for blocks on pipe {pipe} from job {}", name(link.way.writer)),
        }
    };
    let (who, certainty) = match surely {
        true => ("jobs wait for each other, and none of them can go on", ""),
        false => ("jobs seem to wait for each other", ", as far as can be seen"),
    };
    let links: Vec<String> = circle.iter().map(link).collect();
    let pipe = &network[way.pipe];
    let remedy = match pipe.when_full {
        WhenFull::Spool(_) => "make `spool.max_bytes` of it larger",
        _ => "make `max_queue` of it larger, or give it `when_full = \"spool\"`",
    };
    format!(
        "{who}{certainty}: {}; pipe {} can hold no more: {remedy}, or let job {} read its inputs evenly",
        links.join(", "),
        pipe.name,
        name(way.reader)
    )
}

/// A queue has grown for the first time, or gone to disk for the first time.
pub(crate) fn grown(network: &Network, pipe: PipeId, reader: &str, grown: &Grown) -> String {
    let name = &network[pipe].name;
    match grown {
        Grown::InMemory(QueueLimits { blocks, bytes }) => {
            let size = if *bytes == usize::MAX {
                format!("{blocks} blocks")
            } else {
                format!("{blocks} blocks or {bytes} bytes")
            };
            format!(
                "pipe {name}: what waits for job {reader} may grow to {size}, and further if need be, because jobs would wait \
                 for each other for ever; with a larger `max_queue` nobody waits"
            )
        }
        Grown::OnDisk { max_bytes } => format!(
            "pipe {name}: what waits for job {reader} goes to disk now, up to {max_bytes} bytes of it, because jobs would wait \
             for each other for ever; with a larger `max_queue` it stays in memory"
        ),
    }
}
