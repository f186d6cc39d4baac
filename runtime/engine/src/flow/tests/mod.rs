//! Inlets and outlets that do what a test says, and what is worked between them.

mod alike;
mod cut_fan;
mod cut_through;
mod fifo;
mod fused;
mod growth;
mod inbox;
mod lineup;
mod outbox;
mod program_times;
mod relay;
mod simulated;

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex};

use pipeloom_job::head::{FINISHED, RESET};
use pipeloom_job::{Batch, Block, Head, HeadSize, Seq};
use pipeloom_os::doorbell::Doorbell;

use super::{Ending, FlowError, Inlet, Outlet, Put, Taken, Tally, Unread};

const PLAIN: Head = Head::empty(HeadSize::ONE);

/// What an inlet gives at one call. A block whose text ends in `^` is its stream's first, one with `$` its last.
enum Given {
    Blocks(&'static [&'static str]),
    Nothing,
    End(Ending),
}

/// An inlet that gives what it was told to, one after another, and then nothing.
struct Script {
    given: VecDeque<Given>,
    /// How many blocks it has given.
    blocks: u64,
    discarded: Arc<Mutex<bool>>,
}

impl Script {
    fn of(given: impl IntoIterator<Item = Given>) -> Box<Script> {
        Box::new(Script { given: given.into_iter().collect(), blocks: 0, discarded: Arc::default() })
    }
}

impl Inlet for Script {
    fn take(&mut self, batch: &mut Batch) -> Result<Taken, FlowError> {
        batch.clear();
        Ok(match self.given.pop_front() {
            Some(Given::Blocks(blocks)) => {
                for text in blocks {
                    self.blocks += 1;
                    push(batch, self.blocks, text);
                }
                Taken::Some
            }
            Some(Given::End(ending)) => Taken::End(ending),
            Some(Given::Nothing) | None => Taken::Empty,
        })
    }

    fn discard(&mut self) {
        *self.discarded.lock().unwrap() = true;
    }

    fn readable(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

fn push(batch: &mut Batch, number: u64, text: &str) {
    let (text, head) = match (text.strip_suffix('^'), text.strip_suffix('$')) {
        (Some(text), _) => (text, PLAIN.with(RESET, true)),
        (_, Some(text)) => (text, PLAIN.with(FINISHED, true)),
        _ => (text, PLAIN),
    };
    batch.push(Seq::new(number).unwrap(), &Block::new(head, text.as_bytes()));
}

/// What has come to a [`Shelf`], and what it does.
#[derive(Default)]
struct ShelfState {
    blocks: Vec<(String, Head)>,
    /// The epoch and number of each.
    numbers: Vec<(u32, u64)>,
    /// Batches that it takes no more of until there is room again.
    full: bool,
    /// How often it says that it is full before there is room.
    full_for: usize,
    gone: bool,
    /// What it says is left in it.
    unread: Unread,
    closed: Option<Ending>,
    /// Rung whenever it says that it is full, as if there were room soon.
    bell: Option<Doorbell>,
}

/// An outlet that keeps what comes.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<ShelfState>>);

impl Shelf {
    fn new() -> Shelf {
        Shelf::default()
    }

    fn change(&self, change: impl FnOnce(&mut ShelfState)) {
        change(&mut self.0.lock().unwrap());
    }

    fn texts(&self) -> Vec<String> {
        self.0.lock().unwrap().blocks.iter().map(|(text, _)| text.clone()).collect()
    }

    fn heads(&self) -> Vec<Head> {
        self.0.lock().unwrap().blocks.iter().map(|(_, head)| *head).collect()
    }

    fn numbers(&self) -> Vec<(u32, u64)> {
        self.0.lock().unwrap().numbers.clone()
    }

    fn closed(&self) -> Option<Ending> {
        self.0.lock().unwrap().closed
    }

    fn outlet(&self) -> Box<dyn Outlet> {
        Box::new(self.clone())
    }
}

impl Outlet for Shelf {
    fn put(&mut self, batch: &mut Batch) -> Result<Put, FlowError> {
        let mut shelf = self.0.lock().unwrap();
        if shelf.gone {
            return Ok(Put::Gone);
        }
        if shelf.full || shelf.full_for > 0 {
            shelf.full_for = shelf.full_for.saturating_sub(1);
            shelf.bell.iter().for_each(Doorbell::ring_always);
            return Ok(Put::Full);
        }
        for (number, block) in batch.iter() {
            shelf.numbers.push((batch.epoch(), number.get()));
            shelf.blocks.push((String::from_utf8_lossy(block.bytes).into_owned(), block.head));
        }
        batch.clear();
        Ok(Put::Taken)
    }

    fn flush(&mut self) -> Result<Put, FlowError> {
        Ok(if self.0.lock().unwrap().gone { Put::Gone } else { Put::Taken })
    }

    fn has_reader(&self) -> bool {
        !self.0.lock().unwrap().gone
    }

    fn writable(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn unread(&self) -> Unread {
        self.0.lock().unwrap().unread
    }

    fn is_drained(&self) -> bool {
        true
    }

    fn close(self: Box<Self>, ending: Ending) {
        self.0.lock().unwrap().closed = Some(ending);
    }
}

/// Written, delivered and their bytes.
fn counts(tally: &Tally) -> (u64, u64, u64) {
    let tally = tally.snapshot("", "");
    (tally.written, tally.delivered, tally.bytes)
}
