//! A job in the world: what there is of it, and what was told of it.

use std::collections::VecDeque;

use pipeloom_config::JobId;
use pipeloom_os::process::Exit;

use super::character::Character;
use super::process::{End, Process};
use crate::flow::Done;
use crate::supervise::At;

/// What the warden says.
#[derive(Clone, Copy, Debug)]
pub(super) enum News {
    Spawned(At),
    SpawnFailed(At),
    Exited(At, Exit),
    Leftovers(At, usize),
}

/// What the supervisor was told of a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Told {
    /// Nothing: it was not started.
    Waiting,
    /// It is there, or is being started.
    There,
    /// Its main process has ended.
    Left,
    /// Nothing is left of it.
    Gone,
}

/// A job.
#[derive(Debug)]
pub(super) struct Being {
    /// The life at hand.
    pub(super) at: At,
    pub(super) told: Told,
    /// The warden was asked to start it and has not yet.
    pub(super) spawning: bool,
    pub(super) process: Option<Process>,
    /// What stays behind after the main process, with all its pipes.
    pub(super) another: Option<Process>,
    /// It was asked what stays behind.
    pub(super) counted: bool,
    /// It was asked to end, and will.
    pub(super) asked: bool,
    /// It was said that there is another life after this one.
    pub(super) awaited: bool,
    /// The time before that has passed.
    pub(super) rested: bool,
    /// It was said that there is no other life.
    pub(super) last: bool,
    /// Whether it was told that it has failed, or else that it has ended.
    pub(super) verdict: Option<bool>,
    /// What it has said and nobody has heard yet.
    pub(super) says: VecDeque<u64>,
    pub(super) done: Option<Done>,
    inputs: Vec<End>,
    outputs: Vec<End>,
}

impl Being {
    pub(super) fn new(job: JobId) -> Being {
        Being {
            at: At::first(job),
            told: Told::Waiting,
            spawning: false,
            process: None,
            another: None,
            counted: false,
            asked: false,
            awaited: false,
            rested: false,
            last: false,
            verdict: None,
            says: VecDeque::new(),
            done: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// A life begins.
    pub(super) fn begin(&mut self, at: At, inputs: Vec<End>, outputs: Vec<End>, done: Option<Done>) {
        let Being { last, verdict, .. } = *self;
        let new = Being::new(at.job);
        *self = Being { at, told: Told::There, spawning: true, last, verdict, inputs, outputs, done, ..new };
    }

    /// Its process is there.
    pub(super) fn spawn(&mut self, character: Character, one_root: bool, says: bool) {
        let who = (self.at.job.index() as u8, self.at.incarnation.number());
        let (inputs, outputs) = (self.inputs.clone(), self.outputs.clone());
        self.spawning = false;
        self.process = Some(Process::new(who, character, (one_root, says), inputs, outputs));
    }

    /// Nobody has its ends of pipes for it any more.
    pub(super) fn release(&mut self) {
        if self.process.is_none() && self.another.is_none() {
            self.inputs.iter().for_each(|end| end.pipe.reader_goes());
            self.outputs.iter().for_each(|end| end.pipe.writer_goes());
        }
    }
}
