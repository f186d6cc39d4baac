//! The border between the runtime and a plugin, in C structures only.
//!
//! A plugin is a shared library with one symbol, [`SYMBOL`]: a [`Header`]. It is read before anything in the library is
//! called: [`Header::check`] compares the magic, the version of this border and the layout of the structures that cross
//! it. So runtime and plugin need not come from the same compiler: nothing whose layout is Rust's own crosses.
//!
//! | direction | what | how |
//! |---|---|---|
//! | to the plugin | arguments, setup | JSON in a [`Text`], valid for the call |
//! | to the plugin | compute blocks | [`RawStep`]: pointers, valid for the call; large payloads are counted and may be kept |
//! | to the plugin | several steps in one call | [`Burst`]: pointers into the batches of both sides, valid for the call |
//! | to the runtime | schemas, ports, errors | a counted [`Payload`] in an [`Answer`] |
//! | to the runtime | blocks, reports | the calls of [`RawEmit`] |
//!
//! No call unwinds: both sides catch panics and say [`Status::Panicked`].

#![expect(unsafe_code, reason = "texts and answers cross the border as pointers")]

use std::any::Any;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::batch::{Block, Entry};
use crate::burst::Burst;
use crate::head::Head;
use crate::payload::Payload;
use crate::step::{Flow, Stopped};

/// The symbol that every plugin has, as a C string.
pub const SYMBOL: &[u8] = b"pipeloom_plugin\0";

/// What a [`Header`] begins with.
pub const MAGIC: [u8; 16] = *b"pipeloom plugin\0";

/// The version of this border. It changes with any change of a structure or of what a call means.
pub const VERSION: u32 = 2;

/// What a plugin says of itself, and what is in it.
#[repr(C)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 16],
    /// [`VERSION`].
    pub version: u32,
    /// The layout of what crosses the border.
    pub layout: Layout,
    /// The version of this crate that the plugin was built with, for people.
    pub api: Text,
    /// The kinds of jobs.
    pub kinds: *const KindTable,
    /// How many there are.
    pub kinds_len: usize,
}

// SAFETY: a header is never written, and all it points to is static.
unsafe impl Sync for Header {}

/// Sizes of the structures, in bytes, and the order of bytes in a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Layout {
    byte_order: u32,
    pointer: u32,
    header: u32,
    kind: u32,
    step: u32,
    block: u32,
    payload: u32,
    emit: u32,
    flow: u32,
    lines: u32,
    burst: u32,
    entry: u32,
}

impl Layout {
    /// The layout on this side.
    pub const HERE: Layout = Layout {
        byte_order: 0x0102_0304,
        pointer: size_of::<*const ()>() as u32,
        header: size_of::<Header>() as u32,
        kind: size_of::<KindTable>() as u32,
        step: size_of::<RawStep>() as u32,
        block: size_of::<RawBlock>() as u32,
        payload: size_of::<Payload>() as u32,
        emit: size_of::<RawEmit>() as u32,
        flow: size_of::<RawFlow>() as u32,
        lines: size_of::<RawLines>() as u32,
        burst: size_of::<Burst<'_>>() as u32,
        entry: size_of::<Entry>() as u32,
    };
}

/// A library is not a plugin that this runtime can use.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Misfit {
    /// The symbol is something else.
    #[error("its symbol `pipeloom_plugin` is no plugin header")]
    Magic,
    /// It was built for another version of the border.
    #[error(
        "it was built for plugin interface {theirs}, and this is {VERSION}: build it with a matching `pipeloom-job`"
    )]
    Version {
        /// The plugin's version.
        theirs: u32,
    },
    /// Its structures are laid out in another way.
    #[error("its structures do not have the layout of plugin interface {VERSION}")]
    Layout,
}

impl Header {
    /// The header of a plugin with these kinds.
    pub const fn of(kinds: &'static [KindTable]) -> Header {
        Header {
            magic: MAGIC,
            version: VERSION,
            layout: Layout::HERE,
            api: Text::of(env!("CARGO_PKG_VERSION")),
            kinds: kinds.as_ptr(),
            kinds_len: kinds.len(),
        }
    }

    /// Compares what must be equal on both sides. The fields after a difference may lie elsewhere and are not looked at.
    pub fn check(&self) -> Result<(), Misfit> {
        if self.magic != MAGIC {
            Err(Misfit::Magic)
        } else if self.version != VERSION {
            Err(Misfit::Version { theirs: self.version })
        } else if self.layout != Layout::HERE {
            Err(Misfit::Layout)
        } else {
            Ok(())
        }
    }
}

/// What can be asked of a kind of job, and of a job of it. A job is one pointer, which only the plugin looks behind.
#[repr(C)]
pub struct KindTable {
    /// The name in the file.
    pub name: Text,
    /// One line on what it does.
    pub about: Text,
    /// Answers with the JSON Schema of its arguments.
    pub args: extern "C" fn(answer: &mut Answer) -> Status,
    /// Answers with the ports of a job with these arguments, or with what is wrong with them, as JSON.
    pub ports: extern "C" fn(args: Text, answer: &mut Answer) -> Status,
    /// Makes a job.
    pub new: extern "C" fn(args: Text, job: &mut *mut c_void, answer: &mut Answer) -> Status,
    /// See [`crate::Job::setup`]. The lines are null for a job that takes none, and belong to the plugin from then on.
    pub setup: extern "C" fn(job: *mut c_void, setup: Text, lines: *const RawLines, answer: &mut Answer) -> Status,
    /// Calls [`crate::Job::step`]; `flow` is what it comes to.
    pub step: extern "C" fn(
        job: *mut c_void,
        step: &RawStep,
        emit: &mut RawEmit,
        flow: &mut RawFlow,
        answer: &mut Answer,
    ) -> Status,
    /// Makes the steps of a burst; `flow` is what they come to.
    pub burst:
        extern "C" fn(job: *mut c_void, burst: &mut Burst<'_>, flow: &mut RawFlow, answer: &mut Answer) -> Status,
    /// See [`crate::Job::end`].
    pub end: extern "C" fn(job: *mut c_void, emit: &mut RawEmit, answer: &mut Answer) -> Status,
    /// Lets go of a job. Nothing is called with it afterwards.
    pub drop: extern "C" fn(job: *mut c_void, answer: &mut Answer) -> Status,
}

// SAFETY: a table is never written, and all it points to is static.
unsafe impl Sync for KindTable {}

/// How a call went. A number on the wire, so that an unknown one is no undefined value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Status(u32);

#[expect(non_upper_case_globals, reason = "read like the variants of an enum")]
impl Status {
    /// Well. The answer is what was asked for, if anything was.
    pub const Done: Status = Status(0);
    /// The job's blocks are not wanted any more.
    pub const Stopped: Status = Status(1);
    /// The answer says what is wrong.
    pub const Failed: Status = Status(2);
    /// The answer is the panic's message.
    pub const Panicked: Status = Status(3);
}

impl Status {
    /// What a call of an [`crate::Emit`] comes to that went so. A panic on the other side goes on there once the job has returned.
    pub(crate) fn sent(self) -> Result<(), Stopped> {
        if self == Status::Done { Ok(()) } else { Err(Stopped) }
    }

    /// How a call of an [`crate::Emit`] goes. Its panic may not cross the border and is kept; after one nothing more is done.
    pub fn of(panic: &mut Option<Box<dyn Any + Send>>, call: impl FnOnce() -> Result<(), Stopped>) -> Status {
        if panic.is_some() {
            return Status::Panicked;
        }
        match catch_unwind(AssertUnwindSafe(call)) {
            Ok(Ok(())) => Status::Done,
            Ok(Err(Stopped)) => Status::Stopped,
            Err(caught) => {
                *panic = Some(caught);
                Status::Panicked
            }
        }
    }
}

/// UTF-8, borrowed for the length of a call or for ever.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Text {
    bytes: *const u8,
    len: usize,
}

impl Text {
    /// A text to be lent across the border.
    pub const fn of(text: &str) -> Text {
        Text { bytes: text.as_ptr(), len: text.len() }
    }

    /// What it says; what is no UTF-8 is replaced.
    ///
    /// # Safety
    /// The text must come from [`Text::of`], on whichever side, and still be lent for `'a`.
    pub unsafe fn get<'a>(self) -> std::borrow::Cow<'a, str> {
        // SAFETY: valid for reads of `len` bytes, by the contract.
        String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(self.bytes, self.len) })
    }
}

/// Where a call leaves what it has to say: UTF-8 bytes, which the other side lets go of.
#[repr(C)]
pub struct Answer(Payload);

impl Default for Answer {
    fn default() -> Answer {
        Answer(Payload::empty())
    }
}

impl Answer {
    /// Says this.
    pub fn say(&mut self, text: &str) {
        self.0 = Payload::copy_of(text.as_bytes());
    }

    /// What was said.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

/// One compute block: see [`crate::Step`].
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RawStep {
    /// The epoch.
    pub epoch: u32,
    /// The compute block's number in it.
    pub number: u64,
    /// The reduced head.
    pub head: RawHead,
    /// The inputs.
    pub inputs: *const RawInput,
    /// How many there are.
    pub inputs_len: usize,
}

/// The blocks of one input.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RawInput {
    /// The first one.
    pub blocks: *const RawBlock,
    /// How many there are.
    pub len: usize,
}

/// A head as the number of its bytes and its value as a number.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RawHead {
    size: u32,
    number: u32,
}

impl RawHead {
    /// This head.
    pub const fn of(head: Head) -> RawHead {
        RawHead { size: head.size().bytes() as u32, number: head.to_number() }
    }

    /// The head, if there is such a size.
    pub fn get(self) -> Option<Head> {
        let size = crate::HeadSize::new(u8::try_from(self.size).ok()?)?;
        Some(Head::from_number(self.number, size))
    }
}

/// One block.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RawBlock {
    head: RawHead,
    bytes: *const u8,
    len: usize,
    /// The counted payload that the bytes are of, or null.
    home: *const Payload,
}

impl RawBlock {
    /// Lends a block.
    pub fn of(block: &Block<'_>) -> RawBlock {
        RawBlock {
            head: RawHead::of(block.head),
            bytes: block.bytes.as_ptr(),
            len: block.bytes.len(),
            home: block.payload().map_or(std::ptr::null(), std::ptr::from_ref),
        }
    }

    /// The block; `None` if its head is none.
    ///
    /// # Safety
    /// It must come from [`RawBlock::of`], on whichever side, and still be lent for `'a`.
    pub unsafe fn get<'a>(&self) -> Option<Block<'a>> {
        let head = self.head.get()?;
        // SAFETY: a payload or bytes that are lent for `'a`, by the contract.
        Some(unsafe {
            match self.home.as_ref() {
                Some(home) => Block::of(head, home),
                None => Block::new(head, std::slice::from_raw_parts(self.bytes, self.len)),
            }
        })
    }
}

/// See [`crate::Flow`]: which one, and its time in nanoseconds or its descriptor.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct RawFlow {
    which: u32,
    value: u64,
}

impl RawFlow {
    /// Says what comes next.
    pub fn say(&mut self, flow: Flow) {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        (self.which, self.value) = match flow {
            Flow::Again => (0, 0),
            Flow::MayBlock => (1, 0),
            Flow::Until(time) => (2, nanos(time)),
            Flow::After(time) => (3, nanos(time)),
            Flow::Readable(fd) => (4, u64::from(fd.cast_unsigned())),
            Flow::Done => (5, 0),
        };
    }

    /// What was said; `None` if it is nothing that this version knows.
    pub fn get(self) -> Option<Flow> {
        let time = Duration::from_nanos(self.value);
        Some(match self.which {
            0 => Flow::Again,
            1 => Flow::MayBlock,
            2 => Flow::Until(time),
            3 => Flow::After(time),
            4 => Flow::Readable(u32::try_from(self.value).ok()?.cast_signed()),
            5 => Flow::Done,
            _ => return None,
        })
    }
}

/// The runtime's side of [`crate::Emit`]. All calls come from the thread that the job was called on, within that call.
#[repr(C)]
pub struct RawEmit {
    /// What the calls are given; only the runtime looks behind it.
    pub context: *mut c_void,
    /// Room for a payload of `len` bytes, valid until the next call.
    pub reserve: extern "C" fn(context: *mut c_void, to: u16, len: usize, room: &mut *mut u8) -> Status,
    /// Sends what was reserved; with the step's head if the one given is null.
    pub commit: extern "C" fn(context: *mut c_void, head: *const RawHead) -> Status,
    /// Sends a block.
    pub emit: extern "C" fn(context: *mut c_void, to: u16, block: &RawBlock) -> Status,
    /// Tells the run something: a [`crate::Report`] as JSON.
    pub report: extern "C" fn(context: *mut c_void, report: Text) -> Status,
}

/// The lines that are sent to a job: see [`crate::lines::LineQueue`].
#[repr(C)]
pub struct RawLines {
    /// What the calls are given; only the runtime looks behind it.
    pub context: *const c_void,
    /// Takes the next line: [`Status::Done`] with a line, [`Status::Stopped`] if there is none now, [`Status::Failed`] if
    /// there will be none any more.
    pub next: extern "C" fn(context: *const c_void, line: &mut Answer) -> Status,
    /// The descriptor to wait for, or -1.
    pub fd: i32,
    /// Lets go of the queue.
    pub release: extern "C" fn(context: *const c_void),
}
