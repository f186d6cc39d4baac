//! What really went through the pipes, and whether it agrees with the law and with what the runtime has counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pipeloom_config::{Acknowledgement, Delivery, JobId, Network, PipeId};
use pipeloom_events::PipeTally;

use super::block::{BlockId, Content};
use crate::supervise::{At, Incarnation};
use crate::wire::PipeLeg;

/// The account of a run.
pub(super) struct Ledger {
    network: Arc<Network>,
    /// All that was written whole to each pipe.
    written: BTreeMap<PipeId, BTreeSet<BlockId>>,
    readers: BTreeMap<(PipeId, JobId), Reader>,
    lives: BTreeMap<JobId, Life>,
    /// The epochs that lives of sources have begun.
    anew: BTreeMap<At, u32>,
    /// Pipes of which all was forwarded up to the end of their streams.
    forwarded: BTreeSet<PipeId>,
    /// What must never be, and is.
    pub(super) wrong: Vec<String>,
}

/// What a job has read from a pipe.
#[derive(Default)]
struct Reader {
    /// How many blocks, over all its lives.
    blocks: u64,
    distinct: BTreeSet<BlockId>,
    this_life: Vec<Content>,
    /// This one, and all before it, must not be given again.
    floor: Option<BlockId>,
    last: Option<BlockId>,
    /// This one, and all before it, were lost when jobs were started again together.
    lost: Option<BlockId>,
    saw_end: bool,
}

/// What a job's life has done.
#[derive(Default)]
struct Life {
    /// How many blocks it has written to each output.
    wrote: Vec<u64>,
    /// How many compute blocks it has said to have done, as far as anybody has heard.
    said: u64,
    /// Nobody takes one of its outputs, so what shows there is not known.
    forgotten: bool,
    /// Whether its last life ended well, if it may have had several.
    well: Option<bool>,
    /// Whether what that one had not read could still be counted.
    is_counted: bool,
}

impl Ledger {
    pub(super) fn new(network: Arc<Network>) -> Ledger {
        Ledger {
            network,
            written: BTreeMap::new(),
            readers: BTreeMap::new(),
            lives: BTreeMap::new(),
            anew: BTreeMap::new(),
            forwarded: BTreeSet::new(),
            wrong: Vec::new(),
        }
    }

    pub(super) fn is_wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    pub(super) fn is_wrong_if(&mut self, wrong: bool, what: impl FnOnce() -> String) {
        if wrong {
            self.wrong.push(what());
        }
    }

    /// Whether all that a job reads goes back to one source.
    pub(super) fn has_one_root(&self, job: JobId) -> bool {
        let (mut sources, mut left) = (BTreeSet::new(), vec![job]);
        while let Some(job) = left.pop() {
            let inputs = &self.network[job].inputs;
            if inputs.is_empty() {
                sources.insert(job);
            }
            left.extend(inputs.iter().filter_map(|input| self.network[*input].writer).map(|end| end.job));
        }
        sources.len() == 1
    }

    /// A job has written a whole block to an output.
    pub(super) fn wrote(&mut self, job: JobId, output: usize, block: BlockId) {
        let outputs = &self.network[job].outputs;
        self.written.entry(outputs[output]).or_default().insert(block);
        let life = self.lives.entry(job).or_default();
        life.wrote.resize(outputs.len(), 0);
        life.wrote[output] += 1;
    }

    /// A job has said that so many compute blocks are done, and was heard.
    pub(super) fn heard(&mut self, job: JobId, said: u64) {
        self.lives.entry(job).or_default().said = said;
    }

    /// A job has read a whole block.
    pub(super) fn read(&mut self, job: JobId, input: usize, content: Content) {
        let pipe = self.network[job].inputs[input];
        let name = format!("{} of {}", self.network[pipe].name, self.network[job].name);
        let keeps = self.network.acknowledgement(job).is_some();
        let reader = self.readers.entry((pipe, job)).or_default();
        reader.this_life.push(content);
        let block = match content {
            Content::Block(block) => block,
            Content::Dummy => return,
            Content::Garbage => return self.wrong.push(format!("{name}: garbage")),
        };
        reader.blocks += 1;
        let before = if keeps { reader.last.max(reader.floor) } else { reader.distinct.last().copied() };
        if before.is_some_and(|before| block <= before) {
            self.wrong.push(format!("{name}: {block:?} was given after {before:?}"));
        }
        if reader.lost.is_some_and(|lost| block <= lost) {
            self.wrong.push(format!("{name}: {block:?} was given after it was lost"));
        }
        if !self.written.get(&pipe).is_some_and(|written| written.contains(&block)) {
            self.wrong.push(format!("{name}: {block:?} was never written"));
        }
        reader.last = Some(block);
        reader.distinct.insert(block);
    }

    /// The life of a job that begins next begins an epoch.
    pub(super) fn begins_anew(&mut self, begins: At, epoch: u32) {
        if self.network[begins.job].is_source() {
            self.anew.insert(begins, epoch);
        }
    }

    /// A job has had these blocks together. Those of sources that have begun an epoch together are in step from its beginning.
    pub(super) fn had(&mut self, job: JobId, blocks: &[BlockId]) {
        let writers = self.network[job].inputs.iter().filter_map(|pipe| self.network[*pipe].writer).map(|end| end.job);
        let writers: Vec<JobId> = writers.collect();
        let epoch = |block: &BlockId| {
            let writer = writers.iter().find(|writer| writer.index() == usize::from(block.writer))?;
            let at = At { job: *writer, incarnation: Incarnation::of(block.life) };
            self.anew.get(&at).map(|epoch| (*epoch, block.index))
        };
        let places: Vec<(u32, u32)> = blocks.iter().filter_map(epoch).collect();
        let is_apart = |pair: &[(u32, u32)]| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1;
        if places.windows(2).any(is_apart) {
            self.wrong.push(format!("{job:?} had {blocks:?} together, which began together and are not in step"));
        }
    }

    /// A job has seen the end of an input.
    pub(super) fn saw_end(&mut self, job: JobId, input: usize) {
        let pipe = self.network[job].inputs[input];
        self.readers.entry((pipe, job)).or_default().saw_end = true;
    }

    /// Another life of a job begins. What the one before had done must not be given to it.
    pub(super) fn begin_life(&mut self, at: At, forgotten: bool) {
        let network = self.network.clone();
        let life = self.lives.entry(at.job).or_default();
        life.forgotten |= forgotten;
        let done = match network.acknowledgement(at.job) {
            Some(Acknowledgement::Says) => life.said,
            Some(Acknowledgement::Outputs) if !life.forgotten => life.wrote.iter().copied().min().unwrap_or(0),
            _ => 0,
        };
        life.wrote.clear();
        life.said = 0;
        for &input in &network[at.job].inputs {
            let reader = self.readers.entry((input, at.job)).or_default();
            let last = reader.this_life.iter().take(done as usize).rev().find_map(|content| match content {
                Content::Block(block) => Some(*block),
                Content::Dummy | Content::Garbage => None,
            });
            reader.floor = last.max(reader.floor);
            reader.this_life.clear();
            (reader.last, reader.saw_end) = (None, false);
        }
    }

    /// What was written to these inputs of a job up to now is lost.
    pub(super) fn lost_inputs(&mut self, job: JobId, pipes: &[PipeId]) {
        for &pipe in pipes {
            let last = self.written.get(&pipe).and_then(|written| written.last().copied());
            self.readers.entry((pipe, job)).or_default().lost = last;
        }
    }

    /// A job has no other life.
    pub(super) fn last_life(&mut self, job: JobId, well: bool, is_counted: bool) {
        let life = self.lives.entry(job).or_default();
        (life.well, life.is_counted) = (Some(well), is_counted);
    }

    /// Nobody takes what a job writes to this pipe.
    pub(super) fn left_early(&mut self, pipe: PipeId) {
        if let Some(writer) = self.network[pipe].writer {
            self.lives.entry(writer.job).or_default().forgotten = true;
        }
    }

    /// All of a pipe was forwarded.
    pub(super) fn forwarded(&mut self, pipe: PipeId) {
        self.forwarded.insert(pipe);
    }

    /// Holds what the runtime has counted against what was.
    pub(super) fn check(&mut self, legs: &[PipeLeg]) {
        for leg in legs {
            let Some(job) = leg.reader else { continue };
            let reader = self.readers.remove(&(leg.pipe, job)).unwrap_or_default();
            let tally = leg.tally.snapshot(self.network[leg.pipe].name.as_str(), self.network[job].name.as_str());
            let broken = self.broken(leg.pipe, job, &reader, &tally);
            let seen = (reader.blocks, reader.distinct.len(), reader.saw_end);
            let written = self.written.get(&leg.pipe).map_or(0, BTreeSet::len);
            let broken = broken.into_iter().map(|what| format!("{what}: {seen:?} of {written}, {tally:?}"));
            self.wrong.extend(broken);
        }
    }

    /// What of the law is broken for one pipe and reader.
    fn broken(&self, pipe: PipeId, job: JobId, reader: &Reader, tally: &PipeTally) -> Vec<&'static str> {
        let spec = &self.network[job];
        let life = self.lives.get(&job);
        let written = self.written.get(&pipe).map_or(0, |written| written.len() as u64);
        let PipeTally { delivered, dropped, too_old, lost, .. } = *tally;
        let all = [delivered, dropped, too_old, lost].into_iter().try_fold(0_u64, u64::checked_add);
        let distinct = reader.distinct.len() as u64;
        let keeps = self.network.acknowledgement(job).is_some();
        let forgotten = life.is_some_and(|life| life.forgotten);
        let well = life.and_then(|life| life.well);
        let is_counted = life.is_some_and(|life| life.is_counted);
        let ended_well = reader.saw_end && well == Some(true) && !forgotten;
        let is_alone = spec.inputs.len() == 1;
        let is_whole = self.forwarded.contains(&pipe);
        let keeps_all = matches!(self.network[pipe].delivery, Delivery::AtLeastOnce(_));
        let rules = [
            (all.is_none_or(|all| all > tally.written), "more became of blocks than were written"),
            (tally.written > written, "more blocks were counted than written"),
            (
                is_whole && self.network[pipe].readers.len() == 1 && tally.written < written,
                "written blocks were not counted",
            ),
            (keeps_all && lost > 0, "blocks are lost that must not be"),
            (keeps && reader.blocks > distinct + tally.repeated, "blocks came again that were not counted so"),
            (keeps && ended_well && delivered != distinct, "not all was read that was delivered for good"),
            (
                keeps && is_counted && !forgotten && well == Some(false) && delivered > distinct,
                "what nobody has read is done",
            ),
            (!keeps && is_counted && delivered != reader.blocks, "what was read is not what was delivered"),
            (!keeps && delivered < reader.blocks, "more was read than was delivered"),
            (!keeps && reader.saw_end && delivered != reader.blocks, "less was read than was delivered"),
            (
                is_whole && is_alone && tally.torn == 0 && reader.saw_end && (!keeps || ended_well) && tally.unused > 0,
                "blocks went missing",
            ),
        ];
        rules.into_iter().filter_map(|(is_broken, what)| is_broken.then_some(what)).collect()
    }
}
