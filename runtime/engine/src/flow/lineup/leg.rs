//! The way from a lineup to one pipe of its program.

use pipeloom_job::Batch;

use super::stand_ins::StandIns;
use super::window::Edge;
use crate::flow::forwarder::{Failed, Place};
use crate::flow::{Ending, Outlet, Put, Unread};

/// With so many blocks that stand for missing ones it is asked which of them may still be unread.
const STAND_INS: usize = 1024;

/// The way from a lineup to one pipe of its program.
pub(super) struct Leg {
    /// Compute blocks that are put together and not written.
    pub(super) ready: Batch,
    /// Where each compute block ends among them, if they are kept.
    pub(super) edges: Vec<Edge>,
    /// Which of the blocks that this life is given stand for missing ones.
    pub(super) stand_ins: StandIns,
    /// How many blocks went to nobody after this life had closed the pipe, where they are kept.
    pub(super) passed_over: u64,
    reader: Reader,
}

/// The program's end of the pipe.
enum Reader {
    There {
        outlet: Box<dyn Outlet>,
        /// It has no room now.
        blocked: bool,
    },
    /// The program has closed it, or is gone; this it has not read. Our end is closed, too: as long as it is open, whoever
    /// waits for what happens there is told again and again that nobody reads.
    Gone(Unread),
}

impl Reader {
    /// Nobody is there, and has left nothing.
    fn gone() -> Reader {
        Reader::Gone(Unread::default())
    }

    /// What of all that was written it has not read.
    fn unread(&self) -> Unread {
        match self {
            Reader::There { outlet, .. } => outlet.unread(),
            Reader::Gone(unread) => *unread,
        }
    }
}

impl Leg {
    /// The way to a program that is there.
    pub(super) fn to(outlet: Box<dyn Outlet>) -> Leg {
        Leg { reader: Reader::There { outlet, blocked: false }, ..Leg::to_nobody() }
    }

    /// The way to a program that has not been started.
    pub(super) fn to_nobody() -> Leg {
        Leg {
            ready: Batch::new(),
            edges: Vec::new(),
            stand_ins: StandIns::default(),
            passed_over: 0,
            reader: Reader::gone(),
        }
    }

    /// Writes what is put together. Says whether all of it is in the pipe, or nobody wants it.
    pub(super) fn write(&mut self, place: usize) -> Result<bool, Failed> {
        let Reader::There { outlet, blocked } = &mut self.reader else { return Ok(true) };
        let put = if self.ready.is_empty() { outlet.flush() } else { outlet.put(&mut self.ready) };
        // An outlet may take a batch and still hold some of it.
        let put = match put {
            Ok(Put::Taken) => outlet.flush(),
            other => other,
        };
        match put.map_err(|error| Failed { place: Place::Leg(place), error })? {
            Put::Taken => *blocked = false,
            Put::Full => *blocked = true,
            Put::Gone => self.reader_gone(),
        }
        if self.stand_ins.len() >= STAND_INS {
            self.forget_read();
        }
        Ok(!self.is_blocked())
    }

    /// What was read needs not be known any more.
    fn forget_read(&mut self) {
        if let Reader::There { outlet, .. } = &self.reader {
            self.stand_ins.keep_last(outlet.unread().blocks + self.ready.len() as u64);
        }
    }

    /// The outlet, and whether it has no room now; `None` once the program has closed the pipe.
    pub(super) fn target(&self) -> Option<(&dyn Outlet, bool)> {
        match &self.reader {
            Reader::There { outlet, blocked } => Some((&**outlet, *blocked)),
            Reader::Gone(_) => None,
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.target().is_none()
    }

    fn is_blocked(&self) -> bool {
        self.target().is_some_and(|(_, blocked)| blocked)
    }

    pub(super) fn reader_gone(&mut self) {
        self.reader = Reader::Gone(self.reader.unread());
    }

    /// This life of the program is over: what of all that was written it has not read. What is put together stays.
    pub(super) fn end_life(&mut self) -> Unread {
        let unread = std::mem::replace(&mut self.reader, Reader::gone()).unread();
        let ready = self.stand_ins.split_last(self.ready.len() as u64);
        std::mem::replace(&mut self.stand_ins, ready).take_last(unread)
    }

    /// How many blocks of those that were put together for this life it has not read, now that it is over.
    pub(super) fn unread(&self) -> u64 {
        self.reader.unread().blocks + self.ready.len() as u64
    }

    /// What is put together goes to nobody.
    pub(super) fn drop_ready(&mut self) -> Unread {
        let unread = Unread { blocks: self.ready.len() as u64, bytes: self.ready.bytes() as u64 };
        self.ready.clear();
        self.stand_ins.take_last(unread)
    }

    /// The next life of the program has this.
    pub(super) fn begin_life(&mut self, outlet: Box<dyn Outlet>) {
        self.reader = Reader::There { outlet, blocked: false };
        self.passed_over = 0;
    }

    /// No more blocks.
    pub(super) fn close(&mut self, ending: Ending) {
        self.ready.clear();
        if let Reader::There { outlet, .. } = std::mem::replace(&mut self.reader, Reader::gone()) {
            outlet.close(ending);
        }
    }
}
