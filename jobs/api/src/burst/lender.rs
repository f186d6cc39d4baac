//! What a burst asks of the runtime: all that it cannot do in the room that it is lent.

#![expect(unsafe_code, reason = "the runtime stands behind a pointer, as plugins call it too")]

use std::any::Any;
use std::ffi::c_void;

use super::numbering::{Numbering, Stamp};
use super::room::Room;
use super::walk::Walk;
use crate::abi::{RawBlock, RawHead, Status, Text};
use crate::batch::{Batch, Block, Filled};
use crate::control::Report;
use crate::head::Head;
use crate::step::{Emit, Port, Stopped};

/// All outputs of a job, as a burst needs them.
///
/// From [`Lender::lend`] until [`Lender::take_back`] the batch is the burst's alone: meanwhile it is only told something, by
/// [`Emit::report`] or [`Lender::report_text`], which must leave the batch as it is.
pub trait Lender: Emit {
    /// What is sent by [`Emit`] from now on is of this step.
    fn set_step(&mut self, step: Stamp);

    /// A report of a plugin's, as JSON, which it may have written for another version.
    fn report_text(&mut self, report: &str);

    /// The batch of the only reader of the only output, and the output's numbering; `None` if there is no output at all. A job with
    /// more is not called in bursts.
    fn lend(&mut self) -> Option<Lent<'_>>;

    /// What was put into the batch that was lent last, and how far the numbering is.
    fn take_back(&mut self, filled: Filled, numbering: Numbering);
}

/// What is lent to a burst.
pub struct Lent<'a> {
    /// Where small blocks go.
    pub batch: &'a mut Batch,
    /// How they are numbered.
    pub numbering: Numbering,
    /// No block is added to so many; 0 if there is no room at all.
    pub most_blocks: usize,
    /// No block is added to so many bytes of payloads.
    pub most_bytes: usize,
}

/// Where small blocks of a burst go, and what the step says of them.
#[repr(C)]
pub(crate) struct Place {
    pub(crate) room: Room,
    pub(crate) step: Stamp,
}

impl Place {
    fn lend(&mut self, lender: &mut dyn Lender) {
        if let Some(Lent { batch, numbering, most_blocks, most_bytes }) = lender.lend() {
            self.room = Room::of(batch, numbering, most_blocks, most_bytes);
        }
    }

    fn take_back(&mut self, lender: &mut dyn Lender) {
        if let Some((filled, numbering)) = self.room.take() {
            lender.take_back(filled, numbering);
        }
    }

    /// Sends on at most so many of the blocks that come next, each of which must have `size` bytes, if a size is given. Ends before
    /// a block that is not as usual: for which there is no room here, or that begins or ends a stream. Says how many there were.
    pub(super) fn pass_on(&mut self, walk: &mut Walk<'_>, most: usize, size: Option<usize>) -> usize {
        let (blocks, bytes) = self.room.left();
        let Some(stretch) = walk.stretch(most.min(blocks), bytes, size) else { return 0 };
        if !self.room.append(&stretch) {
            return 0;
        }
        self.step = Stamp { head: stretch.last.head, number: Some(stretch.last.seq) };
        walk.pass(stretch.last.seq, stretch.after);
        stretch.entries.len()
    }
}

/// The runtime's side of a burst. All calls come from within the burst.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Calls {
    context: *mut c_void,
    reserve: extern "C" fn(context: *mut c_void, place: &mut Place, to: u16, len: usize, room: &mut *mut u8) -> Status,
    commit: extern "C" fn(context: *mut c_void, place: &mut Place, head: *const RawHead) -> Status,
    emit: extern "C" fn(context: *mut c_void, place: &mut Place, to: u16, block: &RawBlock) -> Status,
    report: extern "C" fn(context: *mut c_void, report: Text) -> Status,
    /// Whether they come from the other side of the border to plugins.
    is_abroad: bool,
}

/// Who stands behind [`Calls`].
pub(super) struct Context<'a> {
    lender: &'a mut dyn Lender,
    /// A panic may not cross the border. It goes on when the burst is over.
    panic: Option<Box<dyn Any + Send>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(lender: &'a mut dyn Lender) -> Context<'a> {
        Context { lender, panic: None }
    }

    /// The way to it, while it stays where it is and nobody else uses it.
    pub(super) fn calls(&mut self) -> Calls {
        Calls { context: std::ptr::from_mut(self).cast(), ..Calls::nobodys() }
    }

    pub(super) fn take_panic(&mut self) -> Option<Box<dyn Any + Send>> {
        self.panic.take()
    }

    pub(super) fn lend(&mut self, place: &mut Place) {
        place.lend(self.lender);
    }

    pub(super) fn take_back(&mut self, place: &mut Place) {
        place.take_back(self.lender);
    }

    /// Does what needs the room that was lent. `keeps`: a block is reserved by it, so that nothing else has room.
    fn call(
        &mut self,
        place: &mut Place,
        keeps: bool,
        make: impl FnOnce(&mut dyn Lender) -> Result<(), Stopped>,
    ) -> Status {
        let Context { lender, panic } = self;
        Status::of(panic, || {
            place.take_back(*lender);
            lender.set_step(place.step);
            let made = make(*lender);
            place.lend(*lender);
            if keeps {
                place.room.close();
            }
            made
        })
    }
}

impl Calls {
    /// Nobody stands behind them yet.
    pub(super) const fn nobodys() -> Calls {
        Calls { context: std::ptr::null_mut(), reserve, commit, emit, report, is_abroad: false }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn reserve(self, place: &mut Place, to: Port, len: usize) -> Result<&mut [u8], Stopped> {
        let mut room = std::ptr::null_mut();
        (self.reserve)(self.context, place, to.0, len, &mut room).sent()?;
        // SAFETY: the runtime has made room for `len` bytes, which are nobody else's until its next call.
        Ok(unsafe { std::slice::from_raw_parts_mut(room, len) })
    }

    #[cold]
    #[inline(never)]
    pub(super) fn commit(self, place: &mut Place, head: Option<Head>) -> Result<(), Stopped> {
        let head = head.map(RawHead::of);
        let head = head.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        (self.commit)(self.context, place, head).sent()
    }

    #[cold]
    #[inline(never)]
    pub(super) fn emit(self, place: &mut Place, to: Port, block: &Block<'_>) -> Result<(), Stopped> {
        (self.emit)(self.context, place, to.0, &RawBlock::of(block)).sent()
    }

    #[cold]
    #[inline(never)]
    pub(super) fn report(self, what: Report) {
        if !self.is_abroad {
            // SAFETY: at home this is the context of the burst that calls, which nobody else uses now.
            if let Some(context) = unsafe { context(self.context) } {
                context.lender.report(what);
            }
        } else if let Some(text) = what.to_text() {
            (self.report)(self.context, Text::of(&text));
        }
    }

    /// From now on calls come from the other side of the border.
    pub(crate) fn go_abroad(&mut self) {
        self.is_abroad = true;
    }
}

/// # Safety
/// `context` must be null, or that of [`Context::calls`], whose burst is not over, and nobody else may use it now.
unsafe fn context<'a>(context: *mut c_void) -> Option<&'a mut Context<'a>> {
    // SAFETY: by the contract.
    unsafe { context.cast::<Context<'a>>().as_mut() }
}

/// Nobody wants anything of a burst behind which there is nobody.
fn told(context: Option<&mut Context<'_>>, make: impl FnOnce(&mut Context<'_>) -> Status) -> Status {
    context.map_or(Status::Stopped, make)
}

extern "C" fn reserve(ctx: *mut c_void, place: &mut Place, to: u16, len: usize, room: &mut *mut u8) -> Status {
    // SAFETY: the burst calls from within the call that the context was made for.
    told(unsafe { context(ctx) }, |context| {
        context.call(place, true, |lender| {
            *room = lender.reserve(Port(to), len)?.as_mut_ptr();
            Ok(())
        })
    })
}

extern "C" fn commit(ctx: *mut c_void, place: &mut Place, head: *const RawHead) -> Status {
    // SAFETY: as above; the head is null or lent for the call.
    let (context, head) = unsafe { (context(ctx), head.as_ref()) };
    told(context, |context| context.call(place, false, |lender| lender.commit(head.and_then(|head| head.get()))))
}

extern "C" fn emit(ctx: *mut c_void, place: &mut Place, to: u16, block: &RawBlock) -> Status {
    // SAFETY: as above; the block is lent for the call.
    let (context, block) = unsafe { (context(ctx), block.get()) };
    let emit = |lender: &mut dyn Lender| block.map_or(Ok(()), |block| lender.emit(Port(to), &block));
    told(context, |context| context.call(place, false, emit))
}

extern "C" fn report(ctx: *mut c_void, text: Text) -> Status {
    // SAFETY: as above; the text is lent for the call.
    let (context, text) = unsafe { (context(ctx), text.get()) };
    told(context, |Context { lender, panic }| {
        Status::of(panic, || {
            lender.report_text(&text);
            Ok(())
        })
    })
}
