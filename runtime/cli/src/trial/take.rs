//! The job that reads an output of the job that is tried.

use crossbeam_channel::Sender;
use pipeloom_config::Native;
use pipeloom_job::{Emit, Flow, Head, Job, JobError, Payload, PortList, PortType, Ports, Step};

/// A block that came out.
pub(super) struct Came {
    /// The place of its pipe among the outputs.
    pub(super) output: usize,
    pub(super) head: Head,
    pub(super) payload: Payload,
}

/// A job that hands on what it reads, `most` blocks at most.
pub(super) fn job(output: usize, most: Option<u64>, to: &Sender<Came>) -> Native {
    let to = to.clone();
    let ports = Ports { blocks: true, ..Ports::new(PortList::one(PortType::any()), PortList::none()) };
    super::native("take", ports, move || Box::new(Take { output, left: most, to: to.clone() }))
}

struct Take {
    output: usize,
    left: Option<u64>,
    to: Sender<Came>,
}

impl Job for Take {
    fn step(&mut self, step: &Step<'_>, _out: &mut dyn Emit) -> Result<Flow, JobError> {
        let Some(block) = step.block() else { return Ok(Flow::Again) };
        let came = Came { output: self.output, head: block.head, payload: block.keep() };
        if self.to.send(came).is_err() {
            return Ok(Flow::Done);
        }
        self.left = self.left.map(|left| left - 1);
        Ok(if self.left == Some(0) { Flow::Done } else { Flow::Again })
    }
}
