//! The heads of executables that see none: taken off before the program, put back behind it, by count.
//!
//! A program with one block out for each block in needs no heads on the wire to keep its stream in step: the k-th block
//! it writes belongs to the k-th it read, whatever it buffers in between. So whoever writes its input leaves each
//! block's head here, and whoever reads its output takes one for each block. Equal heads in a row cost one message.

use crossbeam_channel::{Receiver, Sender, unbounded};
use pipeloom_job::Head;

/// So many blocks in a row had this head.
#[derive(Clone, Copy)]
struct Row {
    head: Head,
    blocks: u64,
}

/// Where the writer of a program's input leaves heads.
pub(crate) struct HeadSender {
    rows: Sender<Row>,
    open: Option<Row>,
}

/// Where the reader of a program's output takes them.
pub(crate) struct HeadReceiver {
    rows: Receiver<Row>,
    open: Option<Row>,
}

/// A line of heads around one program, from one of its inputs to one of its outputs.
pub(crate) fn head_line() -> (HeadSender, HeadReceiver) {
    let (sender, rows) = unbounded();
    (HeadSender { rows: sender, open: None }, HeadReceiver { rows, open: None })
}

impl HeadSender {
    /// Leaves the head of the next block.
    pub(crate) fn push(&mut self, head: Head) {
        match &mut self.open {
            Some(row) if row.head == head => row.blocks += 1,
            open => {
                if let Some(row) = open.replace(Row { head, blocks: 1 }) {
                    // Nobody reads the program's output any more: then nobody misses the heads.
                    let _ = self.rows.send(row);
                }
            }
        }
    }

    /// Lets the other side see all heads. To be called before the blocks themselves are written.
    pub(crate) fn flush(&mut self) {
        if let Some(row) = self.open.take() {
            let _ = self.rows.send(row);
        }
    }
}

impl HeadReceiver {
    /// The head of the next block; `None` if the program wrote a block before it was given one.
    pub(crate) fn pop(&mut self) -> Option<Head> {
        let mut row = match self.open.take() {
            Some(row) => row,
            None => self.rows.try_recv().ok()?,
        };
        row.blocks -= 1;
        let head = row.head;
        self.open = (row.blocks > 0).then_some(row);
        Some(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeloom_job::HeadSize;

    #[test]
    fn heads_come_back_in_order_one_for_each_block() {
        let plain = Head::empty(HeadSize::ONE);
        let heads = [plain.with(1, true), plain, plain, plain.with(5, true), plain, plain.with(2, true)];
        let (mut sender, mut receiver) = head_line();
        for head in heads {
            sender.push(head);
        }
        sender.flush();
        assert_eq!(heads.map(Some), heads.map(|_| receiver.pop()));
        assert_eq!(receiver.pop(), None);
    }
}
