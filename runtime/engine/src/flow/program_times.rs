//! The records of an executable that logs its times: blocks that the runtime itself makes of what it sees of the program.
//!
//! A program says nothing of its compute blocks, but the runtime works the other ends of all its pipes. A compute block goes
//! in when it is all written into the program's pipes, and is done when a block was read from each output. What reads no
//! input begins each compute block with the end of the one before. Of what writes no output only the way in is seen: from when the
//! compute block was there and all before it were written, until it is written.

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use pipeloom_config::PipeSpec;
use pipeloom_job::head::RESET;
use pipeloom_job::{Batch, Block, Head, HeadSize, Seq};
use pipeloom_os::doorbell::Doorbell;
use pipeloom_os::load::Meter;
use pipeloom_os::process::Pid;

use super::clock::Clock;
use super::moments::{Hold, Moment, Next};
use super::seen::Seen;
use super::times::Recorder;
use super::{Ending, FlowError, Inlet, Taken};

/// So many records are made at once.
const TOGETHER: usize = 64;

/// A program has begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Born {
    pub(crate) pid: Pid,
    pub(crate) at: Instant,
}

/// Tells of a program's beginning. Dropped without a word, it says that there will be none.
#[derive(Debug)]
pub(crate) struct BirthTeller {
    /// `None` only while dropping.
    born: Option<Sender<Born>>,
    /// Whoever waits for it hears this.
    bell: Doorbell,
}

/// Who tells, and where it is told; who waits for it hears `bell`.
pub(crate) fn birth(bell: &Doorbell) -> (BirthTeller, Receiver<Born>) {
    let (sender, born) = bounded(1);
    (BirthTeller { born: Some(sender), bell: bell.clone() }, born)
}

impl BirthTeller {
    /// The program has begun.
    pub(crate) fn tell(self, born: Born) {
        // Nobody wants its times any more: then nobody misses it.
        let _ = self.born.as_ref().map(|teller| teller.send(born));
    }
}

impl Drop for BirthTeller {
    fn drop(&mut self) {
        self.born = None;
        self.bell.ring();
    }
}

/// One life of a program, as the runtime sees it.
pub(crate) struct Watched {
    pub(crate) birth: Receiver<Born>,
    pub(crate) seen: Seen,
}

/// Makes a record for each compute block of one executable, in all its lives.
pub(crate) struct ProgramTimes {
    pipe: Arc<str>,
    job: Arc<str>,
    clock: Clock,
    /// Where each life is told of before it begins. It has ended when there is no other.
    lives: Receiver<Watched>,
    /// The life at hand.
    watched: Option<Watched>,
    /// `None` until it has begun.
    process: Option<Process>,
    /// Keeps the program back while too much of it is not told.
    hold: Hold,
    told: u64,
    /// When the last compute block was done.
    last_done: Option<Instant>,
    /// The record that should be the last. Whether it is only shows at the end.
    last: Batch,
    ended: Option<Ending>,
    together: usize,
    epoch: u32,
    head_size: HeadSize,
    bell: Doorbell,
}

/// A process that is logged.
struct Process {
    started: Instant,
    meter: Meter,
    recorder: Recorder,
}

impl ProgramTimes {
    /// The records of `job`, for `pipe`. `bell` is that of whoever works the program's pipes.
    pub(crate) fn new(
        pipe: &PipeSpec,
        job: &str,
        head_size: HeadSize,
        clock: Clock,
        lives: Receiver<Watched>,
        hold: Hold,
        bell: Doorbell,
    ) -> ProgramTimes {
        ProgramTimes {
            pipe: pipe.name.as_str().into(),
            job: job.into(),
            clock,
            lives,
            watched: None,
            process: None,
            hold,
            told: 0,
            last_done: None,
            last: Batch::new(),
            ended: None,
            together: (pipe.queue.blocks / 2).clamp(1, TOGETHER),
            epoch: 0,
            head_size,
            bell,
        }
    }

    /// Adds the record of the compute block that is through. Says whether there was one.
    fn tell(&mut self, batch: &mut Batch) -> Result<bool, FlowError> {
        let Some((Watched { seen, .. }, process)) = self.watched.as_mut().zip(self.process.as_mut()) else {
            return Ok(false);
        };
        let Some(mark) = seen.mark(self.told, self.head_size) else { return Ok(false) };
        let before = self.last_done.unwrap_or(process.started);
        let Some(Moment { begun, done, finished }) = seen.times(before, mark.head) else { return Ok(false) };
        let load = process.meter.load(Instant::now());
        let payload = process.recorder.record(mark.number.get(), begun, done, load);
        let payload = payload.map_err(|error| FlowError::new(&self.pipe, error))?;
        self.last_done = Some(done);
        self.told += 1;
        // What was held back was not the last.
        move_all(&mut self.last, batch);
        let to = if finished { &mut self.last } else { batch };
        let head = Head::empty(self.head_size).with(RESET, mark.head.is_reset());
        to.push(Seq::new(self.told).unwrap_or(Seq::FIRST), &Block::new(head, payload));
        Ok(true)
    }

    /// There are no more compute blocks.
    fn end(&mut self, batch: &mut Batch) {
        let finished = !self.last.is_empty();
        if finished {
            move_all(&mut self.last, batch);
            batch.finish();
        }
        self.ended = Some(if finished { Ending::Finished } else { Ending::EndedUnfinished });
    }

    /// Whether the life at hand has begun, or `None` if it never will.
    fn is_born(&mut self) -> Option<bool> {
        let Watched { birth, .. } = self.watched.as_ref()?;
        if self.process.is_none() {
            match birth.try_recv() {
                Ok(Born { pid, at }) => {
                    let recorder = Recorder::new(&self.job, pid.as_raw().cast_unsigned(), self.clock.clone());
                    self.process = Some(Process { started: at, meter: Meter::of_process(pid), recorder });
                }
                Err(TryRecvError::Empty) => return Some(false),
                Err(TryRecvError::Disconnected) => return None,
            }
        }
        Some(true)
    }

    /// Turns to the next life, unless one is at hand. Says whether there is one.
    fn turn(&mut self, batch: &mut Batch) -> bool {
        if self.watched.is_some() {
            return true;
        }
        (self.process, self.last_done) = (None, None);
        match self.lives.try_recv() {
            Ok(watched) => self.watched = Some(watched),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => self.end(batch),
        }
        self.watched.is_some()
    }

    fn fill(&mut self, batch: &mut Batch) -> Result<(), FlowError> {
        while batch.len() < self.together && self.turn(batch) {
            let is_born = self.is_born();
            if is_born == Some(false) {
                break;
            }
            let next = self.watched.as_mut().filter(|_| is_born.is_some()).map(|watched| watched.seen.look());
            match next {
                Some(Next::Moment) if self.tell(batch)? => {}
                Some(Next::Nothing) => break,
                // What was not through when this life ended never will be.
                Some(Next::Moment | Next::End) | None => self.watched = None,
            }
        }
        Ok(())
    }
}

fn move_all(from: &mut Batch, to: &mut Batch) {
    from.iter().for_each(|(number, block)| to.push(number, &block));
    from.clear();
}

impl Inlet for ProgramTimes {
    fn take(&mut self, batch: &mut Batch) -> Result<Taken, FlowError> {
        batch.clear();
        batch.set_epoch(self.epoch);
        if self.ended.is_none() {
            let was_held = self.hold.is_on();
            self.fill(batch)?;
            if was_held && !self.hold.is_on() {
                self.bell.ring();
            }
        }
        Ok(match self.ended {
            _ if !batch.is_empty() => Taken::Some,
            Some(ending) => Taken::End(ending),
            None => Taken::Empty,
        })
    }

    fn begin_at(&mut self, epoch: u32, _number: Seq) {
        self.epoch = epoch;
    }

    fn readable(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

impl Drop for ProgramTimes {
    fn drop(&mut self) {
        self.hold.release();
        self.bell.ring();
    }
}
