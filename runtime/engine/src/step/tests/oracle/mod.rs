//! The rules once more: slow, and without any memory but of what was used.
//!
//! The oracle keeps all blocks that ever came. Whenever it is asked, it works out the next compute block from all that
//! it has, and forgets what it found unless there was a whole one. So nothing it says depends on what was looked at
//! before, or on batches.

mod lane;

use pipeloom_config::Taking;

use self::lane::{Has, Lane};
use super::super::{Counts, LaneSpec, Ready};
use super::{Came, FINISHED, Seen};
use crate::flow::Ending;

/// All that came, and what was made of it.
#[derive(Clone)]
pub(super) struct Oracle {
    lanes: Vec<Lane>,
    epoch: u32,
    number: u64,
    /// Whether a compute block was made.
    begun: bool,
    made: Option<(Seen, bool)>,
    over: Option<Ending>,
}

impl Oracle {
    pub(super) fn new(lanes: &[LaneSpec]) -> Oracle {
        let in_step = lanes.iter().any(|lane| lane.taking == Taking::InStep);
        let lanes = lanes.iter().map(|lane| Lane::new(lane.clone(), in_step)).collect();
        Oracle { lanes, epoch: 0, number: 1, begun: false, made: None, over: None }
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

    /// The count begins in the lowest epoch, where the first lane of that does.
    fn begin(&mut self) {
        let firsts: Option<Vec<(u32, u64)>> =
            self.lanes.iter().filter(|lane| lane.is_in_step()).map(Lane::first).collect();
        let Some(epoch) = firsts.iter().flatten().map(|(epoch, _)| *epoch).min() else { return };
        let computes = firsts.iter().flatten().filter(|first| first.0 == epoch).map(|first| first.1);
        (self.epoch, self.number) = (epoch, computes.min().unwrap());
        for lane in self.lanes.iter_mut().filter(|lane| lane.is_in_step()) {
            lane.parts[0].epoch = epoch;
        }
    }

    fn line_up(&mut self) -> Ready {
        if !self.begun {
            self.begin();
        }
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
        self.begun = true;
        self.made = Some((Seen { epoch: self.epoch, number: self.number, head, inputs }, last));
        Ready::Whole
    }
}
