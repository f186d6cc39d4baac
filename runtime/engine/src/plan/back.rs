//! Which readers of a pipe stand before its writer.

use pipeloom_config::{JobId, Network, PipeSpec};

/// Whether a pipe with `cycle = true` leads back to this reader: whether its writer needs what the reader makes. Others may read
/// it too.
pub(crate) fn leads_back(network: &Network, pipe: &PipeSpec, reader: JobId) -> bool {
    let Some(writer) = pipe.writer.filter(|_| pipe.cycle) else { return false };
    let mut seen = vec![false; network.jobs().count()];
    let mut left = vec![reader];
    while let Some(job) = left.pop() {
        if job == writer.job {
            return true;
        }
        if !std::mem::replace(&mut seen[job.index()], true) {
            let readers = network[job].written().flat_map(|output| &network[output].readers);
            left.extend(readers.map(|end| end.job));
        }
    }
    false
}
