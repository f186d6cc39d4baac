//! Telling the reactor that the runtime has closed its end of a FIFO.

use crate::reactor::{Fact, FactSender};
use crate::wire::{FifoId, Side};

/// Tells the reactor, when it is dropped, that an end of a FIFO is closed, so that the FIFO's keeper may let go.
pub(crate) struct EndNotice {
    fifo: FifoId,
    side: Side,
    facts: FactSender,
}

impl EndNotice {
    pub(crate) fn new(fifo: FifoId, side: Side, facts: &FactSender) -> EndNotice {
        EndNotice { fifo, side, facts: facts.clone() }
    }
}

impl Drop for EndNotice {
    fn drop(&mut self) {
        self.facts.send(Fact::EndClosed(self.fifo, self.side));
    }
}
