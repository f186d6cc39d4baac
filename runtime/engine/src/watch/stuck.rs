//! Which jobs wait for each other, and for what.
//!
//! A job is stuck if it waits, and whatever it may wait for can only come from those that are stuck. Where it is not known which of
//! several inputs a program reads, all that are empty must be stuck; of a pipe with several readers, one that is stuck and whose
//! queue is full suffices. It keeps back the writer, and if there is a relay also the other readers, whatever the writer
//! does: it may have ended already.

use std::collections::VecDeque;
use std::ops::Range;

use super::picture::{Stance, Way};

/// The jobs of a group, and what they wait for.
pub(super) struct Waits<'a> {
    ways: &'a [Way],
    stances: &'a [Stance],
    /// For each job the ways that it reads, by their places.
    read: Vec<Vec<usize>>,
    /// For each job those that it writes.
    written: Vec<Vec<usize>>,
    /// For each way all of its pipe.
    of_pipe: Vec<Range<usize>>,
    trust: Trust,
    /// For each job whether it is stuck.
    pub(super) stuck: Vec<bool>,
}

/// What is made of what is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trust {
    /// Nobody was asked what he waits for: who may be stuck is.
    Hope,
    /// Who may wait for several waits for all of them, but not for those outside of the group.
    Judge,
    /// Who may do something else, or be given something by those outside of the group, is not stuck.
    Know,
}

/// A job that waits for another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Link {
    /// Its place in the group.
    pub(crate) job: usize,
    /// What it waits at.
    pub(crate) way: Way,
    /// A way of the same pipe that is full and keeps it back: if it writes the pipe, it waits for room there, and if it reads
    /// the pipe, for the blocks that the relay does not take.
    pub(crate) full: Option<Way>,
}

impl Link {
    /// Whether it waits for room, and not for blocks.
    #[cfg(test)]
    pub(crate) fn is_for_room(&self) -> bool {
        self.full == Some(self.way)
    }
}

impl<'a> Waits<'a> {
    /// The ways of a pipe stand side by side.
    pub(super) fn new(ways: &'a [Way], stances: &'a [Stance], trust: Trust) -> Waits<'a> {
        let (mut read, mut written) = (vec![Vec::new(); stances.len()], vec![Vec::new(); stances.len()]);
        let mut of_pipe = Vec::new();
        for pipe in ways.chunk_by(|one, other| one.pipe == other.pipe) {
            let range = of_pipe.len()..of_pipe.len() + pipe.len();
            of_pipe.extend(pipe.iter().map(|_| range.clone()));
        }
        for (place, way) in ways.iter().enumerate() {
            way.reader.iter().for_each(|&reader| read[reader].push(place));
            way.writer.iter().for_each(|&writer| written[writer].push(place));
        }
        let stuck = vec![true; stances.len()];
        let mut waits = Waits { ways, stances, read, written, of_pipe, trust, stuck };
        waits.free();
        waits
    }

    /// Finds out who is not stuck.
    fn free(&mut self) {
        let mut left: Vec<usize> = (0..self.stances.len()).collect();
        while let Some(job) = left.pop() {
            if !self.stuck[job] || self.is_stuck(job) {
                continue;
            }
            self.stuck[job] = false;
            // Who waited for it may go on.
            left.extend(self.written[job].iter().filter_map(|&place| self.ways[place].reader));
            for way in self.read[job].iter().filter(|&&place| self.ways[place].full) {
                let pipe = &self.ways[self.of_pipe[*way].clone()];
                left.extend(pipe.iter().flat_map(|way| [way.writer, way.reader]).flatten());
            }
        }
    }

    fn is_stuck(&self, job: usize) -> bool {
        let stance = self.stances[job];
        let blocks = self.awaited(job).filter(|_| stance.reads).filter_map(|place| self.never_comes(place));
        let room = self.full(job).filter(|_| stance.writes).map(|place| self.held_up_for_writer(place).is_some());
        let mut waits = blocks.chain(room).peekable();
        match self.trust {
            Trust::Know if !stance.surely => false,
            Trust::Hope => waits.any(|stuck| stuck),
            Trust::Judge | Trust::Know => waits.peek().is_some() && waits.all(|stuck| stuck),
        }
    }

    /// Whether nothing will come on this way; `None` if that does not matter.
    fn never_comes(&self, place: usize) -> Option<bool> {
        match self.ways[place].writer {
            _ if self.held_up(place).is_some() => Some(true),
            Some(writer) => Some(self.stuck[writer]),
            None => (self.trust == Trust::Know).then_some(false),
        }
    }

    /// The ways that a job may wait to read from.
    fn awaited(&self, job: usize) -> impl Iterator<Item = usize> {
        self.read[job].iter().copied().filter(|&place| self.ways[place].awaited)
    }

    /// The full ways that a job writes.
    fn full(&self, job: usize) -> impl Iterator<Item = usize> {
        self.written[job].iter().copied().filter(|&place| self.ways[place].full)
    }

    /// A full way of the same pipe whose reader is stuck, if it keeps back other readers.
    fn held_up(&self, place: usize) -> Option<&'a Way> {
        if self.ways[place].relayed { self.held_up_for_writer(place) } else { None }
    }

    /// The same if it keeps back the writer.
    fn held_up_for_writer(&self, place: usize) -> Option<&'a Way> {
        let pipe = &self.ways[self.of_pipe[place].clone()];
        pipe.iter().find(|way| way.full && self.has_stuck_reader(way))
    }

    fn has_stuck_reader(&self, way: &Way) -> bool {
        way.reader.is_some_and(|reader| self.stuck[reader])
    }

    /// The full ways at which one that is stuck keeps back another.
    pub(super) fn blocking(&self) -> impl Iterator<Item = &'a Way> {
        let keeps_back = |&place: &usize| {
            let way = &self.ways[place];
            let writer = way.writer.is_some_and(|writer| self.stuck[writer] && self.stances[writer].writes);
            let pipe = &self.ways[self.of_pipe[place].clone()];
            let is_awaited = |other: &Way| other.awaited && self.has_stuck_reader(other);
            way.full && self.has_stuck_reader(way) && (writer || (way.relayed && pipe.iter().any(is_awaited)))
        };
        (0..self.ways.len()).filter(keeps_back).map(|place| &self.ways[place])
    }

    /// Whether the reader of a way waits for another one.
    pub(super) fn reader_awaits(&self, way: &Way) -> bool {
        way.reader.is_some_and(|reader| self.stances[reader].reads && self.awaited(reader).next().is_some())
    }

    /// Those who wait for each other: the first one waits for the reader of `way`, which is full. None if that reader waits for others
    /// who do not need it.
    pub(super) fn circle(&self, way: &Way) -> Vec<Link> {
        let Some(reader) = way.reader else { return Vec::new() };
        let mut came_by: Vec<Option<Link>> = vec![None; self.stances.len()];
        let mut left = VecDeque::from([reader]);
        let mut last = None;
        while let Some(job) = left.pop_front().filter(|_| last.is_none()) {
            for (link, to) in self.links(job) {
                let closes = link.full.is_some_and(|full| full.pipe == way.pipe);
                last = last.or(Some(link).filter(|_| closes));
                if to != reader && came_by[to].is_none() {
                    came_by[to] = Some(link);
                    left.push_back(to);
                }
            }
        }
        let mut circle: Vec<Link> = last.into_iter().collect();
        let mut rest = Vec::new();
        let mut at = last.map_or(reader, |link| link.job);
        while let Some(link) = came_by[at].filter(|_| at != reader) {
            rest.push(link);
            at = link.job;
        }
        circle.extend(rest.into_iter().rev());
        circle
    }

    /// For whom one that is stuck waits.
    fn links(&self, job: usize) -> impl Iterator<Item = (Link, usize)> {
        let stance = self.stances[job];
        let blocks = self.awaited(job).filter(move |_| stance.reads).filter_map(move |place| {
            let (way, full) = (self.ways[place], self.held_up(place).copied());
            let to = full.and_then(|full| full.reader).or(way.writer.filter(|&writer| self.stuck[writer]));
            to.map(|to| (Link { job, way, full }, to))
        });
        let room = self.full(job).filter(move |_| stance.writes).filter_map(move |place| {
            let way = self.ways[place];
            way.reader.filter(|&to| self.stuck[to]).map(|to| (Link { job, way, full: Some(way) }, to))
        });
        blocks.chain(room)
    }
}
