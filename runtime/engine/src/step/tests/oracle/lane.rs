//! What the oracle knows of one lane.

use pipeloom_config::{DropSide, Dummy, Taking};

use super::super::super::{Counts, LaneSpec};
use super::super::{CORRUPTED, Came, FINISHED, RESET};
use crate::flow::Ending;

/// One lane: all that came on it, and what was made of it.
#[derive(Clone)]
pub(super) struct Lane {
    pub(super) spec: LaneSpec,
    /// The bits that a job does not see.
    hidden: u8,
    pub(super) came: Vec<Came>,
    pub(super) ended: Option<Ending>,
    pub(super) counts: Counts,
    /// The blocks before this one are done with.
    pub(super) done: usize,
    /// What was given to the job last.
    pub(super) last: Option<Came>,
    /// Whether the stream's last block was given to the job.
    pub(super) finished: bool,
    /// In step: how numbers count, from which block on.
    pub(super) parts: Vec<Part>,
    /// In step: whether a newer epoch was reached since the count began.
    pub(super) renewed: bool,
    /// Async: whether the first compute block was made.
    pub(super) started: bool,
    /// Optional: which blocks wait.
    pub(super) queue: Vec<usize>,
}

/// From block `from` on, block `first` of `epoch` has this place in the count; up to `used` they were used before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) from: usize,
    pub(super) epoch: u32,
    pub(super) first: u64,
    pub(super) place: u64,
    pub(super) used: u64,
}

/// What a lane has for a compute block.
pub(super) enum Has {
    /// For each place the block, if it came; the blocks before the other one are then done with.
    Whole(Vec<Option<usize>>, usize),
    Edge,
    Waiting,
    Ended,
}

impl Lane {
    pub(super) fn new(spec: LaneSpec, has_in_step: bool) -> Lane {
        let hidden = match spec.taking {
            Taking::InStep => 0,
            _ if has_in_step || spec.feedback => RESET | FINISHED,
            _ => FINISHED,
        };
        Lane {
            spec,
            hidden,
            came: Vec::new(),
            ended: None,
            counts: Counts::default(),
            done: 0,
            last: None,
            finished: false,
            parts: vec![Part { from: 0, epoch: 0, first: 1, place: 1, used: 0 }],
            renewed: false,
            started: false,
            queue: Vec::new(),
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.spec.block_count.get() as u64
    }

    /// The epoch and the compute block of the first block.
    pub(super) fn first(&self) -> Option<(u32, u64)> {
        self.came.first().map(|came| (came.epoch, (came.number - 1) / self.count() + 1))
    }

    pub(super) fn is_in_step(&self) -> bool {
        self.spec.taking == Taking::InStep
    }

    /// Where an epoch begins that nobody has reached.
    pub(super) fn edge(&self) -> Option<usize> {
        let part = self.parts.last().unwrap();
        (part.from..self.came.len()).find(|at| self.came[*at].epoch > part.epoch)
    }

    /// The blocks that can be used from place `begin` on, each with its place.
    pub(super) fn usable(&self, begin: u64) -> Vec<(usize, u64)> {
        let mut highest = begin - 1;
        let mut usable = Vec::new();
        for at in self.done..self.edge().unwrap_or(self.came.len()) {
            let part = self.parts.iter().rfind(|part| part.from <= at).unwrap();
            let came = &self.came[at];
            if came.epoch != part.epoch || came.number < part.first || came.number <= part.used {
                continue;
            }
            let place = part.place + (came.number - part.first);
            if place > highest {
                highest = place;
                usable.push((at, place));
            }
        }
        usable
    }

    /// What there is for compute block `number`, in step.
    pub(super) fn in_step(&self, number: u64) -> Has {
        let (begin, end) = (self.count() * (number - 1) + 1, self.count() * number);
        let usable = self.usable(begin);
        let block_at = |place| usable.iter().find(|(_, of)| *of == place).map(|(at, _)| *at);
        match usable.iter().find(|(_, place)| *place >= end) {
            Some((at, place)) => Has::Whole((begin..=end).map(block_at).collect(), at + usize::from(*place == end)),
            None if self.edge().is_some() => Has::Edge,
            None if self.ended.is_some() => Has::Ended,
            None => Has::Waiting,
        }
    }

    /// What there is in the order of arrival.
    pub(super) fn in_order(&self) -> Has {
        let count = self.spec.block_count.get();
        if self.spec.feedback && !self.started {
            return Has::Whole(vec![None; count], self.done);
        }
        let rest = if self.finished { &[] } else { &self.came[self.done..] };
        let last = rest.iter().position(|came| came.head & FINISHED != 0);
        let there = last.map_or(rest.len(), |last| last + 1).min(count);
        if there < count && last.is_none() && !self.finished && self.ended.is_none() {
            return Has::Waiting;
        }
        let blocks = (0..count).map(|at| (at < there).then_some(self.done + at)).collect();
        Has::Whole(blocks, self.done + there)
    }

    pub(super) fn go_on(&mut self, number: u64) {
        let begin = self.count() * (number - 1) + 1;
        let place = self.usable(begin).last().map_or(begin, |(_, place)| place + 1);
        let from = self.edge().unwrap();
        let Came { epoch, number: first, .. } = self.came[from];
        self.parts.push(Part { from, epoch, first, place, used: 0 });
        self.renewed = true;
    }

    pub(super) fn restart(&mut self, at_edge: bool) {
        let part = *self.parts.last().unwrap();
        let begun = Part { from: self.done, first: 1, place: 1, ..part };
        self.parts = vec![match self.edge().filter(|_| at_edge) {
            Some(from) => {
                self.counts.too_old += (from - self.done) as u64;
                self.done = from;
                Part { from, epoch: self.came[from].epoch, used: 0, ..begun }
            }
            None => Part { used: self.last_number(part.epoch), ..begun },
        }];
        self.renewed = false;
    }

    pub(super) fn last_number(&self, epoch: u32) -> u64 {
        self.last.as_ref().filter(|last| last.epoch == epoch).map_or(0, |last| last.number)
    }

    pub(super) fn give(&mut self, came: &[Came]) {
        for came in came {
            self.came.push(came.clone());
            let Taking::Optional(optional) = &self.spec.taking else { continue };
            self.queue.push(self.came.len() - 1);
            let Some(buffer) = optional.buffer else { continue };
            let mut unmarked = self.queue.clone();
            unmarked.retain(|at| self.came[*at].head & (RESET | FINISHED) == 0);
            let dropped = match buffer.drop {
                _ if unmarked.len() <= buffer.blocks.get() => None,
                DropSide::Oldest => unmarked.first().copied(),
                DropSide::Newest => unmarked.last().copied(),
            };
            self.queue.retain(|at| Some(*at) != dropped);
            self.counts.dropped += u64::from(dropped.is_some());
        }
    }

    /// The next blocks of an optional lane.
    pub(super) fn dequeue(&mut self) -> Vec<Option<usize>> {
        let mut blocks = Vec::new();
        while blocks.len() < self.spec.block_count.get() {
            let over = self.finished || blocks.iter().flatten().any(|at: &usize| self.came[*at].head & FINISHED != 0);
            blocks.push(if over || self.queue.is_empty() { None } else { Some(self.queue.remove(0)) });
        }
        blocks
    }

    /// Whether nothing can come any more.
    pub(super) fn is_at_end(&self) -> bool {
        let starts = self.spec.feedback && self.spec.taking == Taking::Async && !self.started;
        let holds = match self.spec.taking {
            Taking::Optional(_) => !self.queue.is_empty(),
            _ => self.done < self.came.len(),
        };
        self.finished || (self.ended.is_some() && !holds && !starts)
    }

    pub(super) fn ending(&self) -> Ending {
        match self.ended {
            _ if self.finished => Ending::Finished,
            Some(Ending::Torn { bytes }) => Ending::Torn { bytes },
            _ => Ending::EndedUnfinished,
        }
    }

    /// The payload and head that stand for a block.
    pub(super) fn stand_in(&self) -> (u8, Vec<u8>) {
        if let Taking::Optional(optional) = &self.spec.taking {
            return match self.last.as_ref().filter(|_| optional.store) {
                Some(last) => (last.head & !(RESET | FINISHED), last.payload.clone()),
                None => (0, optional.default.clone()),
            };
        }
        let head = if self.spec.taking == Taking::Async && self.spec.feedback && !self.started { 0 } else { CORRUPTED };
        let payload = match (&self.spec.dummy, &self.last) {
            (Dummy::Zero, _) => vec![0; self.spec.block_size.unwrap_or(0)],
            (Dummy::Value(value), _) => value.clone(),
            (Dummy::Previous { .. }, Some(last)) => last.payload.clone(),
            (Dummy::Previous { empty }, None) => empty.clone(),
        };
        (head, payload)
    }

    /// Uses these blocks; returns what the job sees.
    pub(super) fn make(&mut self, blocks: &[Option<usize>]) -> Vec<(u8, Vec<u8>)> {
        let mut seen = Vec::new();
        for block in blocks {
            seen.push(match block.map(|at| self.came[at].clone()) {
                Some(came) => {
                    self.counts.delivered += 1;
                    self.counts.bytes += came.payload.len() as u64;
                    self.finished |= came.head & FINISHED != 0;
                    let shown = (came.head & !self.hidden, came.payload.clone());
                    self.last = Some(came);
                    shown
                }
                None => {
                    self.counts.dummies += u64::from(!matches!(self.spec.taking, Taking::Optional(_)));
                    self.stand_in()
                }
            });
        }
        self.started = true;
        seen
    }
}
