//! All outputs of the program: the [`Emit`] that its job's steps are given.
//!
//! Blocks are gathered and written when they are many, or when [`Outputs::flush`] is called because the job or its thread is
//! about to wait. A block emitted in this step may be its stream's last, and stays here until the step has returned, as far as
//! it has a head that could say so. With several outputs no write waits: while one is full, the others are served.

use super::control::Control;
use super::done::Done;
use super::error::{PipeError, PipeErrorKind, ProgramError};
use super::heart::Heart;
use super::input::{Input, Inputs};
use super::output::{Output, Way};
use super::wire::{Open, Written};
use crate::batch::{Block, LARGE_BYTES, Seq};
use crate::control::Report;
use crate::head::Head;
use crate::pool::{Pool, PoolBuffer};
use crate::ring::Descriptor;
use crate::step::{Emit, NOTHING_RESERVED, Port, Stopped};

/// All outputs.
pub(super) struct Outputs {
    outputs: Vec<Output>,
    control: Control,
    done: Done,
    /// What beats while they are waited for.
    heart: Heart,
    /// The step's reduced head, without the bits that are not the job's to write.
    step: Head,
    reserved: Option<(usize, Place)>,
    pool: Pool,
    /// How many compute blocks there were, if no output may have more blocks than that.
    given: Option<u64>,
    /// Whether something was written in this step.
    served: bool,
    /// What went wrong inside a step; the job only sees [`Stopped`].
    error: Option<PipeError>,
}

/// Where a reserved block is being written.
enum Place {
    Wire(Open),
    Buffer(PoolBuffer),
    Ring(Descriptor),
}

impl Outputs {
    pub(super) fn new(outputs: Vec<Output>, control: Control, heart: Heart, done: Done, empty: Head) -> Outputs {
        Outputs {
            outputs,
            control,
            done,
            heart,
            step: empty,
            reserved: None,
            pool: Pool::new(),
            given: None,
            served: false,
            error: None,
        }
    }

    /// Lets no output have more blocks than there are compute blocks.
    pub(super) fn at_most_one_each(self) -> Outputs {
        Outputs { given: Some(0), ..self }
    }

    /// Tells the run what it does not see itself.
    pub(super) fn tell(&mut self, inputs: &mut Inputs) {
        let read = inputs.0.iter_mut().filter_map(Input::told);
        let written = self.outputs.iter().filter_map(Output::told);
        read.chain(written).for_each(|pipe| self.control.report(&Report::Pipe(pipe)));
    }

    /// A compute block has come; `head` is its reduced head.
    #[inline]
    pub(super) fn begin_next(&mut self, head: Head) {
        if let Some(given) = &mut self.given {
            *given += 1;
        }
        self.begin(head);
    }

    /// A step begins; `head` is its reduced head.
    #[inline]
    pub(super) fn begin(&mut self, head: Head) {
        self.step = head.unmarked();
        // Most programs have one. For a loop, how often it goes round would be worked out first, which takes longer than this.
        match self.outputs.as_mut_slice() {
            [only] => only.begin(head.is_reset()),
            all => all.iter_mut().for_each(|output| output.begin(head.is_reset())),
        }
    }

    /// The job's step for these blocks has returned.
    #[inline]
    pub(super) fn stepped(&mut self, inputs: &[&[Block<'_>]]) {
        self.done.stepped(inputs);
    }

    /// Whether the run should be told now what is done, which takes a flush.
    #[inline]
    pub(super) fn is_telling_due(&self) -> bool {
        self.done.is_due()
    }

    pub(super) fn take_error(&mut self) -> Option<PipeError> {
        self.error.take()
    }

    pub(super) fn has_emitted(&self) -> bool {
        self.outputs.iter().any(Output::has_emitted)
    }

    /// Whether something was written since this was asked last, because it was much.
    #[inline]
    pub(super) fn has_served(&mut self) -> bool {
        std::mem::take(&mut self.served)
    }

    /// Whether nothing waits to be written, and nothing to be told: a flush would do nothing.
    pub(super) fn are_settled(&self) -> bool {
        self.outputs.iter().all(Output::is_empty) && self.done.untold().is_none()
    }

    /// Checks that the last step has sent one block on each output.
    #[inline]
    pub(super) fn check_even(&self, number: Seq) -> Result<(), ProgramError> {
        let uneven = self.outputs.iter().find(|output| output.of_this_step() != 1);
        uneven.map_or(Ok(()), |output| {
            let (blocks, pipe) = (output.of_this_step(), output.pipe.clone());
            Err(ProgramError::Uneven { blocks, pipe, number })
        })
    }

    /// Writes everything, and then tells the run what is done by that.
    pub(super) fn flush(&mut self) -> Result<(), Stopped> {
        self.serve(None)?;
        // After an error, of which the job may have made nothing, not everything is written.
        if self.error.is_none()
            && let Some(compute_blocks) = self.done.tell()
        {
            self.control.report(&Report::Done(compute_blocks));
        }
        Ok(())
    }

    /// Marks the last block of each output, where it is not written yet.
    pub(super) fn finish(&mut self) {
        self.outputs.iter_mut().for_each(Output::finish);
    }

    #[inline]
    fn make_room(&mut self, to: usize) -> Result<(), Stopped> {
        assert!(to < self.outputs.len(), "the job has {} outputs, so none at place {to}", self.outputs.len());
        if self.error.is_some() {
            return Err(Stopped);
        }
        if let Some(error) = self.given.and_then(|given| self.outputs[to].check_asked(given).err()) {
            return self.fail(error);
        }
        if self.outputs[to].is_full() {
            self.served = true;
            self.done.written_for_its_size();
            self.serve(Some(to))?;
        }
        let wanted = self.outputs[to].is_wanted() || self.outputs.iter().any(Output::is_wanted);
        if wanted { Ok(()) } else { Err(Stopped) }
    }

    /// Writes until there is room on output `room`, or else until everything is written.
    ///
    /// What a step has emitted on other outputs may be its stream's last block and stays here; but if the step emits more on
    /// one output than on another, readers may need just that block to go on, and it is written.
    fn serve(&mut self, room: Option<usize>) -> Result<(), Stopped> {
        loop {
            let full = self.write(room)?;
            let done = room.map_or(full.is_empty(), |to| !self.outputs[to].is_full());
            if done {
                return Ok(());
            }
            self.wait(&full, None)?;
        }
    }

    /// Writes what can be written at once, and says which outputs are full.
    fn write(&mut self, room: Option<usize>) -> Result<Vec<usize>, Stopped> {
        let target_emitted = room.is_some_and(|to| self.outputs[to].has_emitted());
        let mut full = Vec::new();
        for (place, output) in self.outputs.iter_mut().enumerate() {
            let other = room.is_some_and(|to| to != place);
            match output.write(other && output.has_emitted() && !target_emitted) {
                Ok(Written::Full) => full.push(place),
                Ok(Written::All | Written::Gone) => {}
                Err(error) => return self.fail(error),
            }
        }
        Ok(full)
    }

    /// Waits until one of the outputs `full` can be written, or there may be room in the ring of `room`.
    fn wait(&mut self, full: &[usize], room: Option<usize>) -> Result<(), Stopped> {
        let writable = full.iter().filter_map(|place| self.outputs[*place].writable());
        let fds: Vec<_> = writable.chain(room.iter().flat_map(|to| self.outputs[*to].room())).collect();
        let ready = self.heart.wait_for(&fds);
        match (ready, full.first().copied().or(room)) {
            (Err(error), Some(place)) => {
                let pipe = self.outputs[place].pipe.clone();
                self.fail(PipeError { pipe, kind: PipeErrorKind::Wait(error) })
            }
            (Ok(ready), _) => {
                // The last one was its pipe. There was nothing to write, so no write could have told.
                room.filter(|_| ready.last() == Some(&true)).into_iter().for_each(|to| self.outputs[to].lose_reader());
                Ok(())
            }
            (Err(_), None) => Ok(()),
        }
    }

    /// Where a payload of `len` bytes goes on output `to`. If it must wait for room, all else is written meanwhile.
    fn way(&mut self, to: usize, len: usize) -> Result<Option<Descriptor>, Stopped> {
        let mut way = self.outputs[to].way(len);
        if way == Way::Wait {
            self.served = true;
            self.done.written_for_its_size();
        }
        while way == Way::Wait {
            let full = self.write(Some(to))?;
            way = match self.outputs[to].way_after_all(len) {
                Ok(way) => way,
                Err(error) => return self.fail(error),
            };
            if way == Way::Wait {
                self.wait(&full, Some(to))?;
            }
        }
        match way {
            Way::Ring(place) => Ok(Some(place)),
            Way::Pipe | Way::Wait => Ok(None),
        }
    }

    /// A block that was reserved and not committed is none.
    fn forget_reserved(&mut self) {
        if let Some((to, Place::Ring(place))) = self.reserved.take() {
            self.outputs[to].give_up(place);
        }
    }

    #[cold]
    fn fail<T>(&mut self, error: PipeError) -> Result<T, Stopped> {
        self.error.get_or_insert(error);
        Err(Stopped)
    }
}

impl Emit for Outputs {
    fn reserve(&mut self, to: Port, len: usize) -> Result<&mut [u8], Stopped> {
        let to = to.index();
        self.forget_reserved();
        self.make_room(to)?;
        let place = if let Some(place) = self.way(to, len)? {
            Place::Ring(place)
        } else if len < LARGE_BYTES && !self.outputs[to].is_framed_late() {
            Place::Wire(self.outputs[to].open(len))
        } else {
            Place::Buffer(self.pool.take(len))
        };
        Ok(match &mut self.reserved.insert((to, place)).1 {
            Place::Wire(open) => self.outputs[to].payload(*open),
            Place::Buffer(buffer) => buffer.bytes(),
            Place::Ring(place) => self.outputs[to].place(*place),
        })
    }

    fn commit(&mut self, head: Option<Head>) -> Result<(), Stopped> {
        let Some((to, place)) = self.reserved.take() else { panic!("{NOTHING_RESERVED}") };
        let output = &mut self.outputs[to];
        let sent = match place {
            Place::Wire(open) => output.seal(open, head, self.step),
            Place::Buffer(buffer) => output.push_payload(buffer.freeze(), head, self.step),
            Place::Ring(place) => output.push_place(place, head, self.step),
        };
        sent.or_else(|error| self.fail(error))
    }

    #[inline]
    fn emit(&mut self, to: Port, block: &Block<'_>) -> Result<(), Stopped> {
        if self.reserved.is_none()
            && self.error.is_none()
            && let Some(output) = self.outputs.get_mut(to.index())
            && self.given.is_none_or(|given| output.is_asked(given))
            && output.push_plain(block, self.step)
        {
            return Ok(());
        }
        self.emit_any(to, block)
    }

    fn report(&mut self, what: Report) {
        match what {
            Report::Done(compute_blocks) => self.done.say(compute_blocks),
            _ => self.control.report(&what),
        }
    }
}

impl Outputs {
    /// [`Emit::emit`] for a block about which there may be more to do than to copy it.
    #[inline(never)]
    fn emit_any(&mut self, to: Port, block: &Block<'_>) -> Result<(), Stopped> {
        self.forget_reserved();
        self.make_room(to.index())?;
        let way = if self.outputs[to.index()].has_ring() { self.way(to.index(), block.bytes.len())? } else { None };
        let output = &mut self.outputs[to.index()];
        let sent = match way {
            Some(place) => {
                output.place(place).copy_from_slice(block.bytes);
                output.push_place(place, Some(block.head), self.step)
            }
            None => match block.payload().filter(|payload| payload.len() >= LARGE_BYTES) {
                Some(payload) => output.push_payload(payload.clone(), Some(block.head), self.step),
                None => output.push(block, self.step),
            },
        };
        sent.or_else(|error| self.fail(error))
    }
}
