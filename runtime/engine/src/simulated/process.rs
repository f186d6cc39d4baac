//! Simulated processes: sources, programs with one block out for each compute block, and sinks.

use std::collections::VecDeque;
use std::iter;

use fastrand::Rng;
use pipeloom_job::head::FINISHED;
use pipeloom_job::{Head, HeadSize};
use pipeloom_os::pipe::Io;
use pipeloom_os::process::{Exit, Signal};

use super::block::{BlockId, Content};
use super::character::Character;
use super::pipe::Pipe;
use crate::watch::Stance;

/// What a process is given for one of its pipes.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) pipe: Pipe,
    /// Whether heads stand before its blocks.
    pub(super) heads: bool,
}

/// An input of a process.
#[derive(Debug)]
struct Input {
    end: End,
    bytes: VecDeque<u8>,
    ended: bool,
}

/// An output of a process.
#[derive(Debug)]
struct Output {
    end: End,
    /// What is to be written, and how much of it there is up to the end of each block.
    bytes: VecDeque<u8>,
    ends: VecDeque<(usize, BlockId)>,
}

/// Something that a process has done, for the ledger.
#[derive(Debug)]
pub(super) enum Deed {
    /// It has written all of a block to this output.
    Wrote(usize, BlockId),
    /// It has read all of a block from this input.
    Read(usize, Content),
    /// It has seen the end of this input.
    SawEnd(usize),
    /// It has had these blocks together.
    Had(Vec<BlockId>),
    /// Of the blocks of one compute block not all go back to the same block.
    Mixed(u32, u32),
    /// It says how many compute blocks it has done.
    Says(u64),
    /// It ends.
    Exits(Exit),
}

/// A process.
#[derive(Debug)]
pub(super) struct Process {
    writer: u8,
    life: u32,
    character: Character,
    /// Whether all its inputs go back to one source.
    one_root: bool,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    /// Compute blocks that it has read and not answered: the root of each.
    inside: VecDeque<(u32, Head)>,
    /// Of the compute block at hand, the blocks that are there.
    at_hand: Vec<Option<(Head, Content)>>,
    taken: u32,
    made: u32,
    said: u64,
    says: bool,
    torn: bool,
    finished: bool,
}

impl Process {
    pub(super) fn new(
        (writer, life): (u8, u32),
        character: Character,
        (one_root, says): (bool, bool),
        inputs: Vec<End>,
        outputs: Vec<End>,
    ) -> Process {
        let input = |end| Input { end, bytes: VecDeque::new(), ended: false };
        let output = |end| Output { end, bytes: VecDeque::new(), ends: VecDeque::new() };
        Process {
            writer,
            life,
            character,
            one_root,
            at_hand: inputs.iter().map(|_| None).collect(),
            inputs: inputs.into_iter().map(input).collect(),
            outputs: outputs.into_iter().map(output).collect(),
            inside: VecDeque::new(),
            taken: 0,
            made: 0,
            said: 0,
            says,
            torn: false,
            finished: false,
        }
    }

    /// Whether it could do anything now.
    pub(super) fn can_act(&self) -> bool {
        let writes = self.outputs.iter().find(|output| !output.bytes.is_empty());
        if let Some(output) = writes {
            return output.end.pipe.is_writable();
        }
        let mut waits_for = self.inputs.iter().zip(&self.at_hand).filter(|(_, block)| block.is_none()).peekable();
        let Some((first, _)) = waits_for.peek().filter(|_| !self.is_leaving()) else { return true };
        let is_full = self.inside.len() > self.character.holds;
        is_full || first.end.pipe.is_readable() || first.has_next() || waits_for.any(|(input, _)| input.ended)
    }

    /// What it waits for, as /proc would tell of it.
    pub(super) fn stance(&self) -> Stance {
        let writes = self.outputs.iter().any(|output| !output.bytes.is_empty());
        match (self.can_act(), writes) {
            (true, _) => Stance::BUSY,
            (false, true) => Stance::WRITES,
            (false, false) => Stance::READS,
        }
    }

    /// Whether it listens to who asks it to end.
    pub(super) fn listens(&self) -> bool {
        self.character.listens
    }

    pub(super) fn leaves_another(&self) -> bool {
        self.character.leaves_another
    }

    fn is_leaving(&self) -> bool {
        self.character.leaves_after.is_some_and(|after| self.taken >= after)
    }

    /// Does the next thing.
    pub(super) fn act(&mut self, random: &mut Rng, deeds: &mut Vec<Deed>) {
        if let Some(place) = self.outputs.iter().position(|output| !output.bytes.is_empty()) {
            return self.write(place, random, deeds);
        }
        if self.inside.len() > self.character.holds {
            return self.answer();
        }
        let is_at_end = |(input, block): (&Input, &Option<_>)| input.ended && block.is_none() && !input.has_next();
        let at_end = self.inputs.iter().zip(&self.at_hand).any(is_at_end);
        let wrote_all = self.inputs.is_empty() && self.made >= self.character.blocks;
        if at_end || wrote_all || self.is_leaving() {
            return self.end(at_end, deeds);
        }
        match self.at_hand.iter().position(Option::is_none) {
            Some(place) => self.read(place, random, deeds),
            None if self.inputs.is_empty() => self.make(random),
            None => self.take(deeds),
        }
    }

    /// A source makes a block.
    fn make(&mut self, random: &mut Rng) {
        let root = BlockId::own_root(self.life, self.made);
        let finished = self.character.finishes && self.made + 1 == self.character.blocks;
        let head = Head::empty(HeadSize::ONE).with(FINISHED, finished);
        self.emit(root, head, random.usize(..40));
        self.taken += 1;
    }

    /// Puts a block on each output.
    fn emit(&mut self, root: u32, head: Head, more: usize) {
        let block = BlockId { writer: self.writer, life: self.life, index: self.made, root };
        let payload = block.payload(more);
        for output in &mut self.outputs {
            if output.end.heads {
                output.bytes.extend(&head.to_wire()[..1]);
            }
            output.bytes.extend((payload.len() as u32).to_le_bytes());
            output.bytes.extend(&payload);
            output.ends.push_back((output.bytes.len(), block));
        }
        self.made += 1;
        self.finished |= head.is_finished();
    }

    /// Answers the compute block that it has had longest.
    fn answer(&mut self) {
        if let Some((root, head)) = self.inside.pop_front() {
            self.emit(root, head, root as usize % 7);
        }
    }

    /// Has a compute block.
    fn take(&mut self, deeds: &mut Vec<Deed>) {
        let (mut root, mut head) = (0, Head::empty(HeadSize::ONE));
        let mut blocks = Vec::new();
        for (of, content) in self.at_hand.iter_mut().filter_map(Option::take) {
            head |= of;
            if let Content::Block(block) = content {
                blocks.push(block);
                if self.one_root && root != 0 && block.root != 0 && block.root != root {
                    deeds.push(Deed::Mixed(root, block.root));
                }
                root = root.max(block.root);
            }
        }
        deeds.push(Deed::Had(blocks));
        self.taken += 1;
        if !self.outputs.is_empty() {
            self.inside.push_back((if self.one_root { root } else { 0 }, head));
        }
        self.say(self.character.says_after, deeds);
    }

    fn say(&mut self, after: u64, deeds: &mut Vec<Deed>) {
        let done = u64::from(self.taken);
        if self.says && done >= self.said + after {
            self.said = done;
            deeds.push(Deed::Says(done));
        }
    }

    /// Has no more to read or to make.
    fn end(&mut self, at_end: bool, deeds: &mut Vec<Deed>) {
        if at_end && !self.inside.is_empty() {
            return self.answer();
        }
        if self.character.tears && !self.torn && !self.finished {
            self.torn = true;
            // Less than its length says follows.
            self.outputs.iter_mut().for_each(|output| output.bytes.extend([0, 30, 0, 0, 0, 7, 7]));
            return;
        }
        self.say(1, deeds);
        deeds.push(Deed::Exits(self.character.exit));
    }

    fn write(&mut self, place: usize, random: &mut Rng, deeds: &mut Vec<Deed>) {
        let output = &mut self.outputs[place];
        let most = if random.bool() { output.bytes.len() } else { random.usize(1..=output.bytes.len()) };
        let bytes: Vec<u8> = output.bytes.iter().copied().take(most).collect();
        match output.end.pipe.write(&bytes) {
            Io::Some(count) => {
                output.bytes.drain(..count);
                output.ends.iter_mut().for_each(|(end, _)| *end = end.saturating_sub(count));
                while let Some((_, block)) = output.ends.pop_front_if(|(end, _)| *end == 0) {
                    deeds.push(Deed::Wrote(place, block));
                }
            }
            Io::End => deeds.push(Deed::Exits(Exit::Signal { signal: Signal::PIPE, core: false })),
            Io::WouldBlock => {}
        }
    }

    fn read(&mut self, place: usize, random: &mut Rng, deeds: &mut Vec<Deed>) {
        let input = &mut self.inputs[place];
        let mut buffer = [0; 256];
        let most = if random.bool() { buffer.len() } else { random.usize(1..32) };
        if input.bytes.len() < 64 {
            match input.end.pipe.read(&mut buffer[..most]) {
                Io::Some(count) => input.bytes.extend(&buffer[..count]),
                Io::End => {
                    input.ended = true;
                    deeds.push(Deed::SawEnd(place));
                }
                Io::WouldBlock => {}
            }
        }
        if let Some((head, content)) = input.next() {
            deeds.push(Deed::Read(place, content));
            self.at_hand[place] = Some((head, content));
        }
    }

    /// What it has read and not looked at, each with the input's place.
    pub(super) fn unlooked(&mut self) -> Vec<(usize, Content)> {
        let rest = |(place, input): (usize, &mut Input)| {
            let contents: Vec<_> = iter::from_fn(|| input.next()).map(|(_, content)| (place, content)).collect();
            contents
        };
        self.inputs.iter_mut().enumerate().flat_map(rest).collect()
    }

    /// It is gone, with its ends of all pipes.
    pub(super) fn let_go(&self) {
        self.inputs.iter().for_each(|input| input.end.pipe.reader_goes());
        self.outputs.iter().for_each(|output| output.end.pipe.writer_goes());
    }
}

impl Input {
    /// How long the next block is with its framing, if all of it has come.
    fn next_len(&self) -> Option<usize> {
        let before = usize::from(self.end.heads) + 4;
        let mut length = self.bytes.iter().copied().skip(before - 4);
        let length = [length.next()?, length.next()?, length.next()?, length.next()?];
        let whole = before + u32::from_le_bytes(length) as usize;
        (self.bytes.len() >= whole).then_some(whole)
    }

    fn has_next(&self) -> bool {
        self.next_len().is_some()
    }

    /// Takes the next block, if all of it has come.
    fn next(&mut self) -> Option<(Head, Content)> {
        let block: Vec<u8> = self.bytes.drain(..self.next_len()?).collect();
        let (head, rest) = block.split_at(usize::from(self.end.heads));
        Some((Head::from_wire(head).unwrap_or(Head::empty(HeadSize::ONE)), Content::of(&rest[4..])))
    }
}
