//! The inputs of the program.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;

use nix::poll::PollTimeout;

use super::error::{PipeError, PipeErrorKind};
use super::heart::Heart;
use crate::batch::{Batch, Block, Cursor, Seq};
use crate::codec::{Body, Framer};
use crate::control::{PipeEnd, PipeReport};
use crate::head::Head;
use crate::shared::Incoming;

/// One input.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) pipe: String,
    /// `None` once it is at its end.
    file: Option<File>,
    framer: Framer,
    /// How many of its blocks make a compute block.
    pub(super) count: usize,
    /// The head of blocks without one.
    empty: Head,
    batch: Batch,
    /// Where the blocks begin that are not used yet.
    next: Cursor,
    /// What has come so far, if it is to be told.
    came: Option<PipeReport>,
    /// What beats while it is waited for.
    heart: Heart,
    /// Where its large payloads lie.
    ring: Option<Incoming>,
    /// Something is there to be read.
    has_come: bool,
}

impl Input {
    pub(super) fn new(pipe: String, file: File, framer: Framer, count: usize, empty: Head) -> Input {
        let (batch, next) = (Batch::new(), Cursor::default());
        let (came, heart, ring) = (None, Heart::default(), None);
        Input { pipe, file: Some(file), framer, count, empty, batch, next, came, heart, ring, has_come: false }
    }

    /// Large payloads lie in this ring, as its framer knows.
    pub(super) fn with_ring(self, ring: Option<Incoming>) -> Input {
        Input { ring, ..self }
    }

    /// The run sees nothing of the pipe: it is told at the end what came.
    pub(super) fn telling(self) -> Input {
        let came = Some(PipeReport { name: self.pipe.clone(), ..PipeReport::default() });
        Input { came, ..self }
    }

    /// What there is to be told of the pipe.
    pub(super) fn told(&mut self) -> Option<PipeReport> {
        self.came.take()
    }

    /// How many compute blocks there is enough for.
    pub(super) fn whole(&self) -> usize {
        (self.batch.len() - self.next.passed()) / self.count
    }

    /// The blocks that are not used yet.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        let mut next = self.next;
        std::iter::from_fn(move || self.batch.pass(&mut next).map(|(_, block)| block))
    }

    /// So many compute blocks are used.
    pub(super) fn pass(&mut self, whole: usize) {
        for _ in 0..whole * self.count {
            self.batch.pass(&mut self.next);
        }
    }

    /// Whether it is at its end.
    pub(super) fn has_ended(&self) -> bool {
        self.file.is_none()
    }

    /// Whether [`Input::read`] would return at once.
    pub(super) fn has_come(&mut self) -> Result<bool, PipeError> {
        if let (Some(file), false) = (&self.file, self.has_come) {
            let ready = self.heart.wait_readable(&[file.as_fd()], PollTimeout::ZERO);
            self.has_come = ready.map_err(|error| self.error(PipeErrorKind::Wait(error)))?.contains(&true);
        }
        Ok(self.file.is_none() || self.has_come)
    }

    /// Reads once, and waits if nothing is there. Says how many bytes have come, for [`Input::cut`].
    pub(super) fn read(&mut self) -> Result<usize, PipeError> {
        if self.heart.beats() && !self.has_come {
            self.wait()?;
        }
        self.has_come = false;
        let Some(file) = &mut self.file else { return Ok(0) };
        loop {
            match file.read(self.framer.space()) {
                Ok(count) => {
                    self.ring.iter().for_each(Incoming::after_waiting);
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Whoever gave the descriptor has made it so.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let waited = self.heart.wait_readable(&[file.as_fd()], PollTimeout::NONE);
                    waited.map_err(|error| PipeError { pipe: self.pipe.clone(), kind: PipeErrorKind::Wait(error) })?;
                }
                Err(error) => return Err(self.error(PipeErrorKind::Read(error))),
            }
        }
    }

    /// Waits until there is something, or it is at its end.
    fn wait(&self) -> Result<(), PipeError> {
        let Some(file) = &self.file else { return Ok(()) };
        self.lack();
        let waited = self.heart.wait_readable(&[file.as_fd()], PollTimeout::NONE);
        waited.map(drop).map_err(|error| self.error(PipeErrorKind::Wait(error)))
    }

    /// The program is about to wait for this input.
    fn lack(&self) {
        self.ring.iter().for_each(|ring| ring.before_waiting(true));
    }

    /// Gives each block to `take` that is whole with these bytes, or, without any, that the end makes whole.
    #[inline]
    pub(super) fn cut(&mut self, count: usize, mut take: impl FnMut(&Block<'_>)) -> Result<(), PipeError> {
        let Self { framer, empty, came, .. } = self;
        let each = |head: Option<Head>, body: Body<'_>| {
            let head = head.unwrap_or(*empty);
            let block = match &body {
                Body::Small(bytes) => Block::new(head, bytes),
                Body::Large(payload) => Block::of(head, payload),
            };
            if let Some(came) = came {
                came.blocks += 1;
                came.bytes += block.bytes.len() as u64;
                came.ending = head.is_finished().then_some(PipeEnd::Finished);
            }
            take(&block);
        };
        if count > 0 {
            return framer.filled(count, each).map_err(|error| self.error(error.into()));
        }
        let torn = framer.end(each);
        self.file = None;
        let torn = torn.map_err(|error| self.error(error.into()))?;
        match (torn, &mut self.came) {
            // Its writer was cut off, which the run knows, and what else came is whole.
            (Some(torn), Some(came)) => came.ending = Some(PipeEnd::Torn { bytes: torn.bytes as u64 }),
            (Some(torn), None) => return Err(self.error(PipeErrorKind::Torn { bytes: torn.bytes })),
            (None, Some(came)) => came.ending = came.ending.or(Some(PipeEnd::Ended)),
            (None, None) => {}
        }
        Ok(())
    }

    /// Keeps the blocks that come with one more read.
    fn gather(&mut self) -> Result<(), PipeError> {
        self.drop_used();
        let count = self.read()?;
        let mut batch = std::mem::take(&mut self.batch);
        let cut = self.cut(count, |block| batch.push(Seq::FIRST, block));
        self.batch = batch;
        cut
    }

    fn drop_used(&mut self) {
        if self.next.passed() == self.batch.len() {
            self.batch.clear();
        } else if self.next.passed() > 0 {
            let mut rest = Batch::new();
            self.blocks().for_each(|block| rest.push(Seq::FIRST, &block));
            self.batch = rest;
        }
        self.next = Cursor::default();
    }

    fn error(&self, kind: PipeErrorKind) -> PipeError {
        PipeError { pipe: self.pipe.clone(), kind }
    }
}

/// All inputs.
#[derive(Debug, Default)]
pub(super) struct Inputs(pub(super) Vec<Input>);

/// What came of looking for input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Arrived {
    Some,
    /// Nothing is there, and waiting was not allowed.
    Nothing,
    /// No whole compute block can be made any more.
    End,
}

impl Inputs {
    /// Has this beat while they are waited for.
    pub(super) fn beating(mut self, heart: &Heart) -> Inputs {
        self.0.iter_mut().for_each(|input| input.heart = heart.clone());
        self
    }

    /// The rings of those that have one.
    pub(super) fn rings(&self) -> impl Iterator<Item = Incoming> {
        self.0.iter().filter_map(|input| input.ring.clone())
    }

    /// How many compute blocks are at hand.
    pub(super) fn whole(&self) -> usize {
        self.0.iter().map(Input::whole).min().unwrap_or(0)
    }

    /// Reads from inputs that lack blocks for the next compute block; from all of them, since a writer may need to be rid of
    /// one block before it writes another.
    pub(super) fn read(&mut self, may_wait: bool) -> Result<Arrived, PipeError> {
        // What was used is not kept over a wait.
        self.0.iter_mut().filter(|input| input.ring.is_some()).for_each(Input::drop_used);
        let mut lacking: Vec<&mut Input> = self.0.iter_mut().filter(|input| input.whole() == 0).collect();
        if lacking.iter().any(|input| input.file.is_none()) {
            return Ok(Arrived::End);
        }
        if let ([only], true) = (lacking.as_mut_slice(), may_wait) {
            only.gather()?;
            return Ok(Arrived::Some);
        }
        let fds: Vec<_> = lacking.iter().filter_map(|input| input.file.as_ref().map(AsFd::as_fd)).collect();
        let timeout = if may_wait { PollTimeout::NONE } else { PollTimeout::ZERO };
        if may_wait {
            lacking.iter().for_each(|input| input.lack());
        }
        let ready = lacking[0]
            .heart
            .wait_readable(&fds, timeout)
            .map_err(|error| lacking[0].error(PipeErrorKind::Wait(error)))?;
        for (input, _) in lacking.iter_mut().zip(&ready).filter(|(_, ready)| **ready) {
            input.has_come = true;
            input.gather()?;
        }
        Ok(if ready.contains(&true) { Arrived::Some } else { Arrived::Nothing })
    }
}
