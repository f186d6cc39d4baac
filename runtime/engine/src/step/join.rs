//! Any lanes: the general case.

use pipeloom_config::Taking;
use pipeloom_job::head::FINISHED;
use pipeloom_job::{Batch, HeadSize, Seq};

use super::aligned;
use super::compute_block::Outline;
use super::in_step::{Filled, InStep};
use super::lane::{Lane, LaneSpec, Rule};
use super::{ComputeBlock, Counts, Ready};
use crate::flow::Ending;

/// Lines up the blocks of any lanes.
pub(super) struct Join {
    lanes: Vec<Lane>,
    /// Where each lane's blocks end in a compute block.
    ends: Vec<usize>,
    head_size: HeadSize,
    /// Whether any lane is taken in step.
    in_step: bool,
    /// Whether compute blocks can be aligned.
    aligns: bool,
    epoch: u32,
    /// All lanes in step will show this epoch.
    awaited: Option<u32>,
    /// The compute block at hand, from 1.
    number: u64,
    /// Whether the count has begun.
    begun: bool,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Blocks are being set out.
    Open,
    /// All are.
    Made {
        /// Whether no compute block follows.
        last: bool,
    },
    Over(Ending),
}

impl Join {
    pub(super) fn new(specs: Vec<LaneSpec>, head_size: HeadSize) -> Join {
        let in_step = specs.iter().any(|spec| spec.taking == Taking::InStep);
        let lanes: Vec<Lane> = specs.into_iter().map(|spec| Lane::new(spec, in_step)).collect();
        let mut end = 0;
        let ends = lanes.iter().map(|lane| {
            end += lane.shelf.block_count();
            end
        });
        Join {
            ends: ends.collect(),
            aligns: aligned::can_be(&lanes),
            lanes,
            head_size,
            in_step,
            epoch: 0,
            awaited: None,
            number: 1,
            begun: false,
            state: State::Open,
        }
    }

    pub(super) fn give(&mut self, lane: usize, batch: &mut Batch) {
        let over = matches!(self.state, State::Over(_));
        let Some(lane) = self.lanes.get_mut(lane) else { return };
        if over {
            lane.shelf.counts.unused += batch.len() as u64;
            batch.clear();
        } else {
            lane.give(batch);
        }
    }

    pub(super) fn end(&mut self, lane: usize, ending: Ending) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.shelf.ended.get_or_insert(ending);
        }
    }

    pub(super) fn wants(&self, lane: usize) -> bool {
        !matches!(self.state, State::Over(_)) && self.lanes.get(lane).is_some_and(Lane::wants)
    }

    pub(super) fn poll(&mut self) -> Ready {
        match self.state {
            State::Open => self.make(),
            State::Made { .. } => Ready::Whole,
            State::Over(ending) => Ready::End(ending),
        }
    }

    fn make(&mut self) -> Ready {
        let gathered = if self.in_step { self.line_up() } else { self.gather_unnumbered() };
        if gathered != Ready::Whole {
            return gathered;
        }
        for lane in &mut self.lanes {
            lane.fill_up();
        }
        let last = if self.in_step {
            self.lanes.iter().any(|lane| lane.is_in_step() && lane.shelf.has_finished())
        } else {
            self.enders().all(|lane| lane.shelf.finished || lane.shelf.has_finished())
        };
        self.state = State::Made { last };
        Ready::Whole
    }

    /// Finds the next compute block of the lanes that are taken in step, and waits for all that are waited for.
    fn line_up(&mut self) -> Ready {
        if !self.begun && !self.begin() {
            return Ready::Waiting;
        }
        loop {
            let (mut waiting, mut edge, mut others_go_on, mut empty) = (false, false, false, true);
            // A lane that is not in step is waited for only when the others have found their compute block.
            let mut late = false;
            let mut ended = None;
            for lane in &mut self.lanes {
                let filled = lane.fill(self.number);
                let Rule::InStep(in_step) = &lane.rule else {
                    late |= filled == Filled::Waiting;
                    continue;
                };
                empty &= !lane.shelf.has_real();
                match filled {
                    Filled::Whole => others_go_on |= !in_step.is_renewed(),
                    Filled::Waiting => waiting = true,
                    Filled::Edge => edge = true,
                    Filled::Ended => ended = ended.or_else(|| Some(lane.ending())),
                }
            }
            if edge && others_go_on && self.awaited.is_some() {
                self.stand_in_at_edges();
            } else if edge && others_go_on {
                self.go_on();
            } else if let Some(ending) = ended {
                return self.over(ending);
            } else if waiting {
                return Ready::Waiting;
            } else if edge {
                self.restart();
            } else if empty {
                self.skip();
            } else {
                return if late { Ready::Waiting } else { Ready::Whole };
            }
        }
    }

    /// Once all lanes in step show a block: the count begins where the first of those does that show the lowest epoch. `false`
    /// if one is to be waited for.
    fn begin(&mut self) -> bool {
        // Something may have been tried to find out whether it is over.
        for Lane { shelf, rule, .. } in &mut self.lanes {
            if let Rule::InStep(in_step) = rule {
                shelf.rewind();
                *in_step = InStep::new();
            }
        }
        let in_step = || self.lanes.iter().filter(|lane| lane.is_in_step());
        let epochs: Option<Vec<u32>> = in_step().map(|lane| Some(lane.shelf.backlog.look()?.epoch)).collect();
        let Some(epoch) = epochs.and_then(|epochs| epochs.into_iter().min()) else {
            // With one that has ended there may be nothing to begin.
            return in_step().any(|lane| lane.shelf.ended.is_some());
        };
        let mut first: Option<u64> = None;
        for Lane { shelf, rule, .. } in &mut self.lanes {
            if let Rule::InStep(in_step) = rule {
                *in_step = InStep::in_epoch(epoch);
                let compute = in_step.next_compute(shelf).filter(|_| !in_step.is_at_edge(shelf));
                first = [first, compute].into_iter().flatten().min();
            }
        }
        (self.epoch, self.number, self.begun) = (epoch, first.unwrap_or(1), true);
        true
    }

    /// The lanes on which a newer epoch begins go on with the others.
    fn go_on(&mut self) {
        for lane in &mut self.lanes {
            if let Rule::InStep(in_step) = &mut lane.rule
                && in_step.is_at_edge(&lane.shelf)
            {
                in_step.go_on(&lane.shelf, self.number);
            }
        }
    }

    /// All lanes have reached a newer epoch.
    fn restart(&mut self) {
        let mut epochs = Vec::with_capacity(self.lanes.len());
        for lane in &mut self.lanes {
            if let Rule::InStep(in_step) = &mut lane.rule {
                in_step.restart(&mut lane.shelf);
                epochs.push(in_step.epoch());
            }
        }
        self.epoch = epochs.into_iter().min().unwrap_or(self.epoch);
        self.number = 1;
        if self.awaited.is_some() {
            // What others have of an older epoch than the awaited one stays apart, too.
            let in_step = self.lanes.iter_mut().filter_map(|lane| match &mut lane.rule {
                Rule::InStep(in_step) => Some(in_step),
                _ => None,
            });
            in_step.for_each(|in_step| in_step.wait_in(self.epoch));
        }
        self.awaited = self.awaited.filter(|awaited| self.epoch < *awaited);
    }

    /// The lanes on which a newer epoch begins have dummies for what the others have left.
    fn stand_in_at_edges(&mut self) {
        for lane in &mut self.lanes {
            if let Rule::InStep(in_step) = &lane.rule
                && in_step.is_at_edge(&lane.shelf)
            {
                lane.shelf.fill_with_dummies();
            }
        }
    }

    pub(super) fn await_epoch(&mut self, epoch: u32) {
        self.awaited = Some(epoch).filter(|epoch| *epoch > self.epoch);
    }

    /// No lane has a block for this compute block: goes on with the first one for which any has.
    fn skip(&mut self) {
        let mut next = None;
        for lane in &mut self.lanes {
            if let Rule::InStep(in_step) = &lane.rule {
                lane.shelf.rewind();
                next = [next, in_step.next_compute(&lane.shelf)].into_iter().flatten().min();
            }
        }
        self.number = next.unwrap_or(self.number).max(self.number.saturating_add(1));
    }

    /// Where no lane is taken in step: a compute block for all that is new.
    fn gather_unnumbered(&mut self) -> Ready {
        if self.enders().all(Lane::is_at_end) {
            let ending = self.enders().map(Lane::ending).find(|ending| *ending != Ending::Finished);
            return self.over(ending.unwrap_or(Ending::Finished));
        }
        let mut whole = true;
        for lane in &mut self.lanes {
            whole &= lane.fill(self.number) == Filled::Whole;
        }
        if whole && self.lanes.iter().any(Lane::has_news) { Ready::Whole } else { Ready::Waiting }
    }

    /// The lanes whose end is the job's, where none is taken in step: all but the ends of cycles.
    fn enders(&self) -> impl Iterator<Item = &Lane> {
        let all_lead_back = self.lanes.iter().all(|lane| lane.feedback);
        self.lanes.iter().filter(move |lane| all_lead_back || !lane.feedback)
    }

    fn over(&mut self, ending: Ending) -> Ready {
        self.state = State::Over(ending);
        for lane in &mut self.lanes {
            lane.close();
        }
        Ready::End(ending)
    }

    /// The compute block that is made, or may be aligned.
    #[inline]
    pub(super) fn outline(&self) -> Option<Outline<'_>> {
        match self.state {
            State::Made { .. } => {}
            State::Open if self.aligns => {}
            State::Open | State::Over(_) => return None,
        }
        let number = Seq::new(self.number)?;
        Some(Outline { epoch: self.epoch, number, head_size: self.head_size, ends: &self.ends })
    }

    /// Adds its blocks. `false` if it is not aligned and not made either.
    #[inline]
    pub(super) fn fill<'a>(&'a self, made: &mut ComputeBlock<'a>) -> bool {
        if self.state == State::Open { aligned::fill(&self.lanes, self.number, made) } else { self.fill_made(made) }
    }

    fn fill_made<'a>(&'a self, made: &mut ComputeBlock<'a>) -> bool {
        made.reserve();
        for lane in &self.lanes {
            lane.shelf.blocks(self.head_size, |block| made.push(block));
        }
        if self.state == (State::Made { last: true }) && !self.in_step {
            made.head = made.head.with(FINISHED, self.lanes.iter().any(|lane| lane.shelf.has_finished()));
        }
        true
    }

    /// Whether a block of the compute block is not one that came.
    pub(super) fn is_stand_in(&self, lane: usize, place: usize) -> bool {
        self.lanes.get(lane).is_some_and(|lane| lane.shelf.is_stand_in(place))
    }

    /// The compute block is done.
    #[inline]
    pub(super) fn advance(&mut self) {
        match self.state {
            State::Open => {
                self.begun = true;
                aligned::pass(&mut self.lanes);
                self.number = self.number.saturating_add(1);
            }
            State::Made { last } => self.advance_made(last),
            State::Over(_) => {}
        }
    }

    fn advance_made(&mut self, last: bool) {
        for lane in &mut self.lanes {
            lane.commit();
        }
        self.number = self.number.saturating_add(1);
        self.state = State::Open;
        if last {
            self.over(Ending::Finished);
        }
    }

    /// All that a lane holds is lost. A compute block that was made with some of it is made anew.
    pub(super) fn clear(&mut self, lane: usize) {
        if let Some(lane) = self.lanes.get_mut(lane).filter(|_| !matches!(self.state, State::Over(_))) {
            lane.clear();
            self.state = State::Open;
        }
    }

    pub(super) fn close(&mut self) {
        if !matches!(self.state, State::Over(_)) {
            self.over(Ending::EndedUnfinished);
        }
    }

    pub(super) fn is_finished(&self, lane: usize) -> bool {
        self.lanes.get(lane).is_some_and(|lane| lane.shelf.finished)
    }

    pub(super) fn take_counts(&mut self, lane: usize) -> Counts {
        self.lanes.get_mut(lane).map(|lane| std::mem::take(&mut lane.shelf.counts)).unwrap_or_default()
    }
}
