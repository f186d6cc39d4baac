//! What a job of a plugin's calls: an [`Emit`] of the runtime's behind C calls.

#![expect(unsafe_code, reason = "what the plugin gives back comes as pointers")]

use std::any::Any;
use std::ffi::c_void;
use std::panic::resume_unwind;

use pipeloom_job::abi::{RawBlock, RawEmit, RawHead, Status, Text};
use pipeloom_job::{Emit, Port, Report, Stopped};

/// An [`Emit`], lent for one call.
pub(crate) struct Lent<'a> {
    out: &'a mut dyn Emit,
    /// A panic may not cross the border. It goes on when the call has returned.
    panic: Option<Box<dyn Any + Send>>,
}

impl<'a> Lent<'a> {
    pub(crate) fn new(out: &'a mut dyn Emit) -> Lent<'a> {
        Lent { out, panic: None }
    }

    /// Makes a call that may emit.
    pub(crate) fn to(&mut self, call: impl FnOnce(&mut RawEmit) -> Status) -> Status {
        let mut emit = RawEmit { context: std::ptr::from_mut(self).cast(), reserve, commit, emit, report };
        let status = call(&mut emit);
        match self.panic.take() {
            Some(panic) => resume_unwind(panic),
            None => status,
        }
    }

    fn call(&mut self, make: impl FnOnce(&mut dyn Emit) -> Result<(), Stopped>) -> Status {
        let Lent { out, panic } = self;
        Status::of(panic, || make(*out))
    }
}

/// # Safety
/// `context` must be that of a [`RawEmit`] whose call has not returned, and nobody else may use it now.
unsafe fn lent<'a>(context: *mut c_void) -> &'a mut Lent<'a> {
    // SAFETY: by the contract, which is that of `RawEmit`.
    unsafe { &mut *context.cast() }
}

extern "C" fn reserve(context: *mut c_void, to: u16, len: usize, room: &mut *mut u8) -> Status {
    // SAFETY: the plugin calls from within the call that the context was lent for.
    unsafe { lent(context) }.call(|out| {
        *room = out.reserve(Port(to), len)?.as_mut_ptr();
        Ok(())
    })
}

extern "C" fn commit(context: *mut c_void, head: *const RawHead) -> Status {
    // SAFETY: as above; the head is null or lent for the call.
    let (lent, head) = unsafe { (lent(context), head.as_ref()) };
    lent.call(|out| out.commit(head.and_then(|head| head.get())))
}

extern "C" fn emit(context: *mut c_void, to: u16, block: &RawBlock) -> Status {
    // SAFETY: as above; the block is lent for the call.
    let (lent, block) = unsafe { (lent(context), block.get()) };
    lent.call(|out| block.map_or(Ok(()), |block| out.emit(Port(to), &block)))
}

extern "C" fn report(context: *mut c_void, text: Text) -> Status {
    // SAFETY: as above; the text is lent for the call.
    let (lent, text) = unsafe { (lent(context), text.get()) };
    lent.call(|out| {
        match serde_json::from_str::<Report>(&text) {
            Ok(what) => out.report(what),
            Err(error) => log::warn!("a plugin's report is none: {error}"),
        }
        Ok(())
    })
}
