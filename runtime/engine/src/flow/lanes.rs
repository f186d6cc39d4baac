//! The inputs of one job with a stepper: what is common to the inbox of a native job and the lineup of an executable.

use std::sync::Arc;

use pipeloom_job::{Batch, HeadSize};
use smallvec::SmallVec;

use super::forwarder::{Failed, Place};
use super::{AT_ONCE, Debt, DoneNote, Ending, Inlet, Settler, Taken, Tally, Unread};
use crate::step::{Counts, LaneSpec, Ready, Stepper};

/// One input: its conduit's far end, how its blocks are taken, and what is counted of it.
pub(crate) struct Lane {
    /// `None` once its stream is at its end, or nobody wants more of it; also if its writer brings its blocks.
    inlet: Option<Box<dyn Inlet>>,
    spec: LaneSpec,
    tally: Arc<Tally>,
    /// Where is told what is done, if its blocks stay on disk until they are.
    settler: Option<Settler>,
    /// How many of its blocks were used or passed over, in their order.
    passed: u64,
}

impl Lane {
    pub(crate) fn new(inlet: Box<dyn Inlet>, spec: LaneSpec, tally: Arc<Tally>) -> Lane {
        Lane { inlet: Some(inlet), spec, tally, settler: None, passed: 0 }
    }

    /// A lane whose writer, on the same thread, brings its blocks.
    pub(crate) fn brought(spec: LaneSpec, tally: Arc<Tally>) -> Lane {
        Lane { inlet: None, spec, tally, settler: None, passed: 0 }
    }

    /// The same, whose blocks stay on disk until they are done.
    pub(crate) fn settling(self, settler: Option<Settler>) -> Lane {
        Lane { settler, ..self }
    }

    fn count(&mut self, counts: &Counts) {
        self.tally.add_used(counts);
        self.passed += counts.delivered + counts.too_old + counts.dropped;
    }
}

/// All inputs of one job, at least one.
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    /// In which order they are looked at.
    order: Vec<usize>,
    pub(super) stepper: Stepper,
    /// What was taken last, on its way to the stepper.
    batch: Batch,
    /// Whether blocks of any stay on disk until they are done.
    settles: bool,
    /// Where is written how far all of them are, if there are several.
    note: Option<DoneNote>,
}

impl Lanes {
    pub(super) fn new(lanes: Vec<Lane>, head_size: HeadSize) -> Lanes {
        let specs: Vec<LaneSpec> = lanes.iter().map(|lane| lane.spec.clone()).collect();
        let order = LaneSpec::order(&specs);
        let settles = lanes.iter().any(|lane| lane.settler.is_some());
        Lanes { lanes, order, stepper: Stepper::new(specs, head_size), batch: Batch::new(), settles, note: None }
    }

    /// The same, with a note of how far all of them are: what is done is done on all inputs, also for a runtime that finds their
    /// spools after a kill.
    pub(super) fn noting(self, note: Option<DoneNote>) -> Lanes {
        Lanes { note, ..self }
    }

    /// Whether blocks of any stay on disk until they are done.
    pub(super) const fn settles(&self) -> bool {
        self.settles
    }

    /// All that was used is done.
    pub(super) fn settle(&mut self) {
        self.count_used();
        let passed: SmallVec<[u64; 8]> = self.lanes.iter().map(|lane| lane.passed).collect();
        self.settle_up_to(&passed);
    }

    /// So many blocks of each input are done.
    pub(super) fn settle_up_to(&mut self, passed: &[u64]) {
        let settling =
            || self.lanes.iter().zip(passed).filter_map(|(lane, passed)| Some((lane.settler.as_ref()?, *passed)));
        if let Some(note) = &mut self.note {
            note.write(settling().map(|(settler, passed)| settler.place_after(passed)));
        }
        settling().for_each(|(settler, passed)| settler.settle(settler.place_after(passed)));
    }

    /// The reader has done all that it wants.
    pub(super) fn settle_all(&self) {
        self.lanes.iter().filter_map(|lane| lane.settler.as_ref()).for_each(Settler::settle_all);
    }

    /// How many blocks of an input were used or passed over up to now.
    pub(super) fn passed(&mut self, place: usize) -> u64 {
        self.take_used(place);
        self.lanes[place].passed
    }

    pub(super) fn specs(&self) -> impl Iterator<Item = &LaneSpec> {
        self.lanes.iter().map(|lane| &lane.spec)
    }

    /// Gives the stepper what it wants of what is there, without waiting. Says whether that was anything, or an end.
    pub(super) fn take(&mut self) -> Result<bool, Failed> {
        let Lanes { lanes, order, stepper, batch, .. } = self;
        let mut moved = false;
        for &place in &*order {
            for _ in 0..AT_ONCE {
                if !stepper.wants(place) || !lanes[place].take(place, stepper, batch)? {
                    break;
                }
                moved = true;
            }
        }
        Ok(moved)
    }

    /// Takes blocks that the writer of the first lane brings.
    pub(super) fn give(&mut self, batch: &mut Batch) {
        self.lanes[0].give(0, &mut self.stepper, batch);
    }

    /// The writer of the first lane, which brings its blocks, has no more.
    pub(super) fn end(&mut self, ending: Ending) {
        self.lanes[0].end(0, &mut self.stepper, ending);
    }

    /// Those that are waited for when nothing comes.
    pub(super) fn awaited(&self) -> impl Iterator<Item = &dyn Inlet> {
        let wanted = self.lanes.iter().enumerate().filter(|(place, _)| self.stepper.wants(*place));
        wanted.filter_map(|(_, lane)| lane.inlet.as_deref())
    }

    /// The compute block at hand, if there is one, is given to nobody any more.
    pub(super) fn lose(&mut self) {
        self.count_used();
        if self.stepper.poll() == Ready::Whole {
            self.stepper.advance();
            for place in 0..self.lanes.len() {
                let used = self.take_used(place);
                self.add_unread(place, used, true);
            }
        }
    }

    /// The compute block at hand, if there is one, is given again.
    pub(super) fn repeat(&mut self) {
        if self.stepper.poll() == Ready::Whole
            && let Some(compute_block) = self.stepper.compute_block()
        {
            for (lane, blocks) in self.lanes.iter().zip(compute_block.inputs()) {
                lane.tally.add_repeated(blocks.len() as u64);
            }
        }
    }

    /// All that has come on an input is lost: what the stepper holds of it, and what is in its conduit.
    pub(super) fn clear(&mut self, place: usize) -> Result<(), Failed> {
        while self.lanes[place].take(place, &mut self.stepper, &mut self.batch)? {}
        self.stepper.clear(place);
        self.take_used(place);
        Ok(())
    }

    /// Counts what was used since this was done last.
    pub(super) fn count_used(&mut self) {
        for place in 0..self.lanes.len() {
            self.take_used(place);
        }
    }

    /// Counts what was used of an input since this was done last, and gives it.
    pub(super) fn take_used(&mut self, place: usize) -> Unread {
        let counts = self.stepper.take_counts(place);
        self.lanes[place].count(&counts);
        Unread { blocks: counts.delivered, bytes: counts.bytes }
    }

    /// The reader was given these blocks of an input, and has not read them: they are lost, or it wants no more. They are
    /// counted as used before they are taken back: others look at the tally at any time.
    pub(super) fn add_unread(&mut self, place: usize, unread: Unread, lost: bool) {
        self.take_used(place);
        let tally = &self.lanes[place].tally;
        if lost {
            tally.add_lost(unread.blocks, unread.bytes);
        } else {
            tally.take_back(unread.blocks, unread.bytes);
        }
    }

    /// The reader was given so many blocks of an input again.
    pub(super) fn add_repeated(&mut self, place: usize, blocks: u64) {
        self.lanes[place].tally.add_repeated(blocks);
    }

    /// What is there of an input, and not taken.
    pub(super) fn pending(&self, place: usize) -> usize {
        self.lanes[place].inlet.as_ref().map_or(0, |inlet| inlet.pending())
    }

    /// What is to be settled before anything is waited for.
    pub(super) fn debts(&self) -> impl Iterator<Item = Debt> {
        self.lanes.iter().filter_map(|lane| lane.inlet.as_ref()?.debt())
    }

    /// Whether the end of this one's stream was seen.
    pub(super) fn has_ending(&self, place: usize) -> bool {
        self.lanes[place].tally.has_ending()
    }

    /// No block will be used any more: counts what was, and what is left in pipes. The pipes stay open until [`Lanes::let_go`].
    pub(super) fn close(&mut self) {
        self.stepper.close();
        for (place, lane) in self.lanes.iter_mut().enumerate() {
            lane.count(&self.stepper.take_counts(place));
            if self.stepper.is_finished(place) {
                lane.tally.set_ending(Ending::Finished);
            }
            if let Some(inlet) = &mut lane.inlet {
                inlet.discard();
            }
        }
    }

    /// Closes the pipes, which breaks them for their writers.
    pub(super) fn let_go(&mut self) {
        self.lanes.iter_mut().for_each(|lane| lane.inlet = None);
    }
}

impl Lane {
    /// Takes what the conduit has now. Says whether that was anything, or its end.
    fn take(&mut self, place: usize, stepper: &mut Stepper, batch: &mut Batch) -> Result<bool, Failed> {
        let Some(inlet) = &mut self.inlet else { return Ok(false) };
        match inlet.take(batch).map_err(|error| Failed { place: Place::Input(place), error })? {
            Taken::Some => self.give(place, stepper, batch),
            Taken::Empty => return Ok(false),
            Taken::End(ending) => self.end(place, stepper, ending),
        }
        Ok(true)
    }

    fn give(&mut self, place: usize, stepper: &mut Stepper, batch: &mut Batch) {
        stepper.give(place, batch);
        self.count(&stepper.take_counts(place));
    }

    fn end(&mut self, place: usize, stepper: &mut Stepper, ending: Ending) {
        self.tally.set_ending(ending);
        stepper.end(place, ending);
        self.inlet = None;
        self.count(&stepper.take_counts(place));
    }
}
