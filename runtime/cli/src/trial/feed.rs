//! The job that writes an input of the job that is tried.

use std::os::fd::{AsFd, AsRawFd};

use crossbeam_channel::{Receiver, Sender, TryRecvError, unbounded};
use pipeloom_config::Native;
use pipeloom_job::{Block, Emit, Flow, Job, JobError, Port, PortList, PortType, Ports, Step, Steps};
use pipeloom_os::OsError;
use pipeloom_os::doorbell::Doorbell;

use super::notation::Written;

/// A block for the pipe.
struct Given {
    block: Written,
    /// Whether it is the last, which carries the finished bit.
    is_last: bool,
}

/// Where blocks for one input are given. The input ends with it.
pub(super) struct Feed {
    blocks: Option<Sender<Given>>,
    source: Receiver<Given>,
    bell: Doorbell,
}

impl Feed {
    pub(super) fn new() -> Result<Feed, OsError> {
        let (blocks, source) = unbounded();
        Ok(Feed { blocks: Some(blocks), source, bell: Doorbell::new()? })
    }

    /// The job that writes what is given.
    pub(super) fn job(&self) -> Native {
        let (source, bell) = (self.source.clone(), self.bell.clone());
        super::native("feed", Ports { steps: Steps::Free, blocks: true, ..ports() }, move || {
            Box::new(FeedJob { source: source.clone(), bell: bell.clone() })
        })
    }

    /// Gives a block. After the last one none is taken.
    pub(super) fn give(&mut self, block: Written, is_last: bool) {
        if let Some(blocks) = &self.blocks {
            // If the job has gone, nobody wants it.
            let _ = blocks.send(Given { block, is_last });
            self.bell.ring_always();
        }
        if is_last {
            self.end();
        }
    }

    /// There are no more blocks.
    pub(super) fn end(&mut self) {
        self.blocks = None;
        self.bell.ring_always();
    }
}

fn ports() -> Ports {
    Ports::new(PortList::none(), PortList::one(PortType::any()))
}

struct FeedJob {
    source: Receiver<Given>,
    bell: Doorbell,
}

impl Job for FeedJob {
    fn step(&mut self, _step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        // Before the look, so that what comes after it rings again.
        self.bell.woke();
        match self.source.try_recv() {
            Ok(Given { block: Written { head, payload }, is_last }) => {
                out.emit(Port(0), &Block::new(head, &payload))?;
                Ok(if is_last { Flow::Done } else { Flow::Again })
            }
            Err(TryRecvError::Empty) => Ok(Flow::Readable(self.bell.as_fd().as_raw_fd())),
            Err(TryRecvError::Disconnected) => Ok(Flow::Done),
        }
    }
}
