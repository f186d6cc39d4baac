//! The rules once more: slow, and without any memory but of what was used.
//!
//! The oracle keeps all blocks that ever came. Whenever it is asked, it works out the next compute block from all that
//! it has, and forgets what it found unless there was a whole one. So nothing it says depends on what was looked at
//! before, or on batches.

use pipeloom_config::{DropSide, Dummy, Taking};

use super::super::{Counts, LaneSpec, Ready};
use super::{CORRUPTED, Came, FINISHED, RESET, Seen};
use crate::flow::Ending;

/// All that came, and what was made of it.
#[derive(Clone)]
pub(super) struct Oracle {
    lanes: Vec<Lane>,
    epoch: u32,
    number: u64,
    made: Option<(Seen, bool)>,
    over: Option<Ending>,
}

#[derive(Clone)]
struct Lane {
    spec: LaneSpec,
    came: Vec<Came>,
    ended: Option<Ending>,
    counts: Counts,
    /// The blocks before this one are done with.
    done: usize,
    /// What was given to the job last.
    last: Option<Came>,
    /// Whether the stream's last block was given to the job.
    finished: bool,
    /// In step: how numbers count, from which block on.
    parts: Vec<Part>,
    /// In step: whether a newer epoch was reached since the count began.
    renewed: bool,
    /// Async: whether the first compute block was made.
    started: bool,
    /// Optional: which blocks wait.
    queue: Vec<usize>,
}

/// From block `from` on, block `first` of `epoch` has this place in the count; up to `used` they were used before.
#[derive(Clone, Copy, Debug)]
struct Part {
    from: usize,
    epoch: u32,
    first: u64,
    place: u64,
    used: u64,
}

/// What a lane has for a compute block.
enum Has {
    /// For each place the block, if it came; the blocks before the other one are then done with.
    Whole(Vec<Option<usize>>, usize),
    Edge,
    Waiting,
    Ended,
}

impl Lane {
    fn new(spec: LaneSpec) -> Lane {
        Lane {
            spec,
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

    fn count(&self) -> u64 {
        self.spec.block_count.get() as u64
    }

    fn is_in_step(&self) -> bool {
        self.spec.taking == Taking::InStep
    }

    /// Where an epoch begins that nobody has reached.
    fn edge(&self) -> Option<usize> {
        let part = self.parts.last().unwrap();
        (part.from..self.came.len()).find(|at| self.came[*at].epoch > part.epoch)
    }

    /// The blocks that can be used from place `begin` on, each with its place.
    fn usable(&self, begin: u64) -> Vec<(usize, u64)> {
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
    fn in_step(&self, number: u64) -> Has {
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
    fn in_order(&self) -> Has {
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

    fn go_on(&mut self, number: u64) {
        let begin = self.count() * (number - 1) + 1;
        let place = self.usable(begin).last().map_or(begin, |(_, place)| place + 1);
        let from = self.edge().unwrap();
        let Came { epoch, number: first, .. } = self.came[from];
        self.parts.push(Part { from, epoch, first, place, used: 0 });
        self.renewed = true;
    }

    fn restart(&mut self, at_edge: bool) {
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

    fn last_number(&self, epoch: u32) -> u64 {
        self.last.as_ref().filter(|last| last.epoch == epoch).map_or(0, |last| last.number)
    }

    fn give(&mut self, came: &[Came]) {
        for came in came {
            self.came.push(came.clone());
            let Taking::Optional(optional) = &self.spec.taking else { continue };
            self.queue.push(self.came.len() - 1);
            let Some(buffer) = optional.buffer.filter(|buffer| self.queue.len() > buffer.blocks.get()) else {
                continue;
            };
            let unmarked = |at: &usize| self.came[*at].head & (RESET | FINISHED) == 0;
            let dropped = match buffer.drop {
                DropSide::Oldest => self.queue.iter().copied().find(unmarked),
                DropSide::Newest => self.queue.iter().copied().rfind(unmarked),
            };
            self.queue.retain(|at| Some(*at) != dropped);
            self.counts.dropped += u64::from(dropped.is_some());
        }
    }

    /// The next blocks of an optional lane.
    fn dequeue(&mut self) -> Vec<Option<usize>> {
        let mut blocks = Vec::new();
        while blocks.len() < self.spec.block_count.get() {
            let over = self.finished || blocks.iter().flatten().any(|at: &usize| self.came[*at].head & FINISHED != 0);
            blocks.push(if over || self.queue.is_empty() { None } else { Some(self.queue.remove(0)) });
        }
        blocks
    }

    /// Whether nothing can come any more.
    fn is_at_end(&self) -> bool {
        let starts = self.spec.feedback && self.spec.taking == Taking::Async && !self.started;
        let holds = match self.spec.taking {
            Taking::Optional(_) => !self.queue.is_empty(),
            _ => self.done < self.came.len(),
        };
        self.finished || (self.ended.is_some() && !holds && !starts)
    }

    fn ending(&self) -> Ending {
        match self.ended {
            _ if self.finished => Ending::Finished,
            Some(Ending::Torn { bytes }) => Ending::Torn { bytes },
            _ => Ending::EndedUnfinished,
        }
    }

    /// The payload and head that stand for a block.
    fn stand_in(&self) -> (u8, Vec<u8>) {
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
    fn make(&mut self, blocks: &[Option<usize>]) -> Vec<(u8, Vec<u8>)> {
        let hidden = if self.is_in_step() { 0 } else { FINISHED };
        let mut seen = Vec::new();
        for block in blocks {
            seen.push(match block.map(|at| self.came[at].clone()) {
                Some(came) => {
                    self.counts.delivered += 1;
                    self.counts.bytes += came.payload.len() as u64;
                    self.finished |= came.head & FINISHED != 0;
                    let shown = (came.head & !hidden, came.payload.clone());
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

impl Oracle {
    pub(super) fn new(lanes: &[LaneSpec]) -> Oracle {
        let lanes = lanes.iter().cloned().map(Lane::new).collect();
        Oracle { lanes, epoch: 0, number: 1, made: None, over: None }
    }

    pub(super) fn give(&mut self, lane: usize, came: &[Came]) {
        match self.over {
            Some(_) => self.lanes[lane].counts.unused += came.len() as u64,
            None => self.lanes[lane].give(came),
        }
    }

    pub(super) fn end(&mut self, lane: usize, ending: Ending) {
        self.lanes[lane].ended = Some(ending);
    }

    pub(super) fn poll(&mut self) -> Ready {
        if self.over.is_none() && self.made.is_none() {
            let mut next = self.clone();
            match if self.lanes.iter().any(Lane::is_in_step) { next.line_up() } else { next.gather() } {
                Ready::Whole => *self = next,
                Ready::Waiting => return Ready::Waiting,
                Ready::End(ending) => self.over(ending),
            }
        }
        self.over.map_or(Ready::Whole, Ready::End)
    }

    fn over(&mut self, ending: Ending) {
        self.over = Some(ending);
        for lane in &mut self.lanes {
            lane.counts.unused += match lane.spec.taking {
                Taking::Optional(_) => lane.queue.len(),
                _ => lane.came.len() - lane.done,
            } as u64;
        }
    }

    /// The compute block that is made.
    pub(super) fn seen(&self) -> Option<&Seen> {
        self.made.as_ref().map(|(seen, _)| seen)
    }

    pub(super) fn advance(&mut self) {
        if let Some((_, last)) = self.made.take() {
            self.number += 1;
            if last {
                self.over(Ending::Finished);
            }
        }
    }

    pub(super) fn counts(&self, lane: usize) -> Counts {
        self.lanes[lane].counts
    }

    fn line_up(&mut self) -> Ready {
        loop {
            let has: Vec<(usize, Has)> = (0..self.lanes.len())
                .filter(|at| self.lanes[*at].is_in_step())
                .map(|at| (at, self.lanes[at].in_step(self.number)))
                .collect();
            let edges: Vec<usize> = has.iter().filter(|(_, has)| matches!(has, Has::Edge)).map(|(at, _)| *at).collect();
            let old = |at: usize| !self.lanes[at].renewed;
            let some_stay = has.iter().any(|(at, has)| matches!(has, Has::Whole(..)) && old(*at));
            if some_stay && !edges.is_empty() {
                edges.iter().for_each(|at| self.lanes[*at].go_on(self.number));
                continue;
            }
            if let Some((at, _)) = has.iter().find(|(_, has)| matches!(has, Has::Ended)) {
                return Ready::End(self.lanes[*at].ending());
            }
            if has.iter().any(|(_, has)| matches!(has, Has::Waiting)) {
                return Ready::Waiting;
            }
            if !edges.is_empty() {
                has.iter().for_each(|(at, _)| self.lanes[*at].restart(edges.contains(at)));
                let epochs = has.iter().map(|(at, _)| self.lanes[*at].parts[0].epoch);
                (self.epoch, self.number) = (epochs.min().unwrap(), 1);
                continue;
            }
            if has.iter().any(|(_, has)| matches!(has, Has::Whole(blocks, _) if blocks.iter().any(Option::is_some))) {
                return self.make(has);
            }
            let next = has.iter().map(|(at, _)| {
                let lane = &self.lanes[*at];
                (lane.usable(lane.count() * (self.number - 1) + 1)[0].1 - 1) / lane.count() + 1
            });
            self.number = next.min().unwrap();
        }
    }

    fn enders(&self) -> Vec<&Lane> {
        let forward: Vec<&Lane> = self.lanes.iter().filter(|lane| !lane.spec.feedback).collect();
        if forward.is_empty() { self.lanes.iter().collect() } else { forward }
    }

    fn gather(&mut self) -> Ready {
        let enders = self.enders();
        if enders.iter().all(|lane| lane.is_at_end()) {
            let unfinished = enders.iter().map(|lane| lane.ending()).find(|ending| *ending != Ending::Finished);
            return Ready::End(unfinished.unwrap_or(Ending::Finished));
        }
        let news = self.lanes.iter().any(|lane| match lane.spec.taking {
            Taking::Optional(_) => !lane.finished && !lane.queue.is_empty(),
            _ => (lane.spec.feedback && !lane.started) || (!lane.finished && lane.done < lane.came.len()),
        });
        if news { self.make(Vec::new()) } else { Ready::Waiting }
    }

    /// Makes a compute block of what the lanes in step have, if the others have theirs.
    fn make(&mut self, mut has: Vec<(usize, Has)>) -> Ready {
        for (at, lane) in self.lanes.iter_mut().enumerate() {
            match lane.spec.taking {
                Taking::InStep => {}
                Taking::Async => has.push((at, lane.in_order())),
                Taking::Optional(_) => {
                    let blocks = lane.dequeue();
                    has.push((at, Has::Whole(blocks, lane.came.len())));
                }
            }
        }
        has.sort_by_key(|(at, _)| *at);
        let (mut inputs, mut finishes) = (Vec::new(), false);
        for (at, has) in has {
            let Has::Whole(blocks, done) = has else { return Ready::Waiting };
            let lane = &mut self.lanes[at];
            let before = lane.finished;
            inputs.push(lane.make(&blocks));
            if lane.is_in_step() {
                lane.counts.too_old += (done - lane.done - blocks.iter().flatten().count()) as u64;
            }
            lane.done = done;
            finishes |= lane.finished && !before;
        }
        let in_step = self.lanes.iter().any(Lane::is_in_step);
        let last = if in_step {
            self.lanes.iter().any(|lane| lane.is_in_step() && lane.finished)
        } else {
            self.enders().iter().all(|lane| lane.finished)
        };
        let shown = if last && finishes && !in_step { FINISHED } else { 0 };
        let head = inputs.iter().flatten().fold(shown, |all, (head, _)| all | head);
        self.made = Some((Seen { epoch: self.epoch, number: self.number, head, inputs }, last));
        Ready::Whole
    }
}
