//! What the sinks of a case must have seen, and what the runtime must have counted.

use pipeloom_config::Network;
use pipeloom_engine::Summary;
use pipeloom_engine::plan::{Plan, Route};
use pipeloom_events::{Outcome, PipeEnding, PipeTally};
use pipeloom_job::Head;
use pipeloom_job::head::{FINISHED, RESET};

use crate::case::{Body, Case, Role};
use crate::kinds::mark;
use crate::seen::{Seen, SeenBlock};

/// What comes on one pipe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flow {
    /// How many blocks of its origin.
    pub blocks: u64,
    /// Whether the last one is marked as the last.
    pub finished: bool,
    /// Whether the user's bits are on its heads.
    pub marked: bool,
}

/// The oracle for one case.
pub struct Oracle<'a> {
    case: &'a Case,
    /// For each pipe, whether the runtime sees its blocks.
    seen: Vec<bool>,
    /// For each pipe, whether the runtime itself forwards it.
    relayed: Vec<bool>,
    flows: Vec<Flow>,
}

impl<'a> Oracle<'a> {
    /// Works out what comes on each pipe. The plan says which pipes two programs have for themselves: there, nobody
    /// takes heads off or counts.
    pub fn new(case: &'a Case, network: &Network, plan: &Plan) -> Oracle<'a> {
        let place = |name: &str| name[1..].parse::<usize>().ok();
        let mut relayed = vec![false; case.pipes.len()];
        for (id, pipe) in network.pipes() {
            if let Some(place) = place(pipe.name.as_str()) {
                relayed[place] = matches!(plan.pipe(id).route, Route::Relay { .. });
            }
        }
        let is_seen = |pipe: usize| {
            let program = |job: usize| case.jobs[job].is_program();
            let between_programs =
                case.writer(pipe).is_some_and(|job| job.is_program()) && case.readers(pipe).all(program);
            relayed[pipe] || !between_programs
        };
        let seen = (0..case.pipes.len()).map(is_seen).collect();
        let nothing = Flow { blocks: 0, finished: false, marked: false };
        let mut oracle = Oracle { case, seen, relayed, flows: vec![nothing; case.pipes.len()] };
        for job in 0..case.jobs.len() {
            oracle.flow_through(job);
        }
        oracle
    }

    /// How many compute blocks a job makes of its inputs: the shortest decides.
    fn steps(&self, job: usize) -> u64 {
        self.case.jobs[job].inputs.iter().map(|&input| self.flows[input].blocks).min().unwrap_or(0)
    }

    /// How many it takes at least: all, unless nobody wants any more of what it makes of them.
    fn least_steps(&self, place: usize) -> u64 {
        let job = &self.case.jobs[place];
        match job.role {
            Role::Sink => self.steps(place),
            Role::Source(_) | Role::Forward => {
                let readers = job.outputs.iter().flat_map(|&output| self.case.readers(output));
                readers.map(|reader| self.least_steps(reader)).max().unwrap_or(0)
            }
        }
    }

    fn flow_through(&mut self, place: usize) {
        let job = &self.case.jobs[place];
        for (port, &output) in job.outputs.iter().enumerate() {
            self.flows[output] = match job.role {
                Role::Source(blocks) => {
                    let heads = matches!(job.body, Body::Native { .. } | Body::Program { head: true, .. });
                    Flow { blocks, finished: heads && blocks > 0, marked: heads }
                }
                Role::Forward | Role::Sink => self.forwarded(place, port, output),
            };
        }
    }

    fn forwarded(&self, place: usize, port: usize, output: usize) -> Flow {
        let job = &self.case.jobs[place];
        let blocks = self.steps(place);
        // The inputs whose heads come out again, and whether those of one input go to its own output alone.
        let (heads, own): (Vec<usize>, bool) = match job.body {
            Body::Native { manner, .. } => (job.inputs.clone(), manner == crate::kinds::Manner::Emit),
            Body::Program { head: true, .. } => (job.inputs.clone(), false),
            Body::Program { .. } if self.is_one_to_one(place) && self.runtime_reads(output) => {
                (job.inputs.iter().copied().filter(|&input| self.runtime_writes(input)).collect(), false)
            }
            Body::Program { .. } => (Vec::new(), false),
        };
        let last = |&input: &usize| self.flows[input].finished && self.flows[input].blocks == blocks;
        let marked = match own {
            true => self.flows[job.inputs[port]].marked,
            false => heads.iter().any(|&input| self.flows[input].marked),
        };
        Flow { blocks, finished: blocks > 0 && heads.iter().any(last), marked }
    }

    /// Whether the runtime takes an executable's blocks for one out for each in.
    fn is_one_to_one(&self, place: usize) -> bool {
        let job = &self.case.jobs[place];
        let Body::Program { pass, each, .. } = job.body else { return true };
        let blocks = job.inputs.iter().chain(&job.outputs).all(|&pipe| !self.case.pipes[pipe].is_stream());
        each.unwrap_or(pass != pipeloom_config::Pass::Stdio && blocks)
    }

    fn runtime_writes(&self, pipe: usize) -> bool {
        self.relayed[pipe] || self.case.writer(pipe).is_some_and(|job| !job.is_program())
    }

    fn runtime_reads(&self, pipe: usize) -> bool {
        self.relayed[pipe] || self.case.readers(pipe).any(|job| !self.case.jobs[job].is_program())
    }

    /// What a sink must see on its inputs.
    pub fn sink(&self, place: usize) -> Vec<Seen> {
        let steps = self.steps(place);
        let shows_heads = matches!(self.case.jobs[place].body, Body::Native { .. } | Body::Program { head: true, .. });
        let input = |&input: &usize| {
            let (pipe, flow) = (&self.case.pipes[input], self.flows[input]);
            let payload = |number| pipe.origin.payload(number);
            if pipe.is_stream() {
                return Seen::Stream((1..=flow.blocks).flat_map(payload).collect());
            }
            let block = |number| SeenBlock::of(&payload(number), shows_heads.then(|| self.head(flow, number)));
            Seen::Blocks((1..=steps).map(block).collect())
        };
        self.case.jobs[place].inputs.iter().map(input).collect()
    }

    fn head(&self, flow: Flow, number: u64) -> Vec<u8> {
        let size = usize::from(self.case.head_size);
        let empty = Head::from_wire(&[0; 4][..size]).unwrap_or_else(|| unreachable!("1 to 4 bytes"));
        let head = if flow.marked { mark(empty, number) } else { empty };
        let head = head.with(RESET, number == 1).with(FINISHED, flow.finished && number == flow.blocks);
        head.to_wire()[..size].to_vec()
    }

    /// What is wrong with the report of the run, each as a sentence.
    pub fn judge(&self, summary: &Summary) -> Vec<String> {
        let mut wrong = Vec::new();
        if summary.outcome != Outcome::Finished || summary.fault.is_some() {
            wrong.push(format!("the run ended as {:?}, with fault {:?}", summary.outcome, summary.fault));
        }
        for job in summary.jobs.iter().filter(|job| job.failure.is_some()) {
            wrong.push(format!("job {} failed: {:?}", job.name, job.failure));
        }
        for pipe in (0..self.case.pipes.len()).filter(|&pipe| self.seen[pipe]) {
            for reader in self.case.readers(pipe) {
                let names = (format!("p{pipe}"), format!("j{reader}"));
                let mut tallies =
                    summary.pipes.iter().filter(|tally| (&tally.pipe, &tally.reader) == (&names.0, &names.1));
                match (tallies.next(), tallies.next()) {
                    (Some(tally), None) => {
                        wrong.extend(self.wrong_count(pipe, reader, tally).map(|what| format!("{what}: {tally:?}")));
                    }
                    _ => wrong.push(format!("pipe {} is not counted once for {}", names.0, names.1)),
                }
            }
        }
        wrong
    }

    fn wrong_count(&self, pipe: usize, reader: usize, tally: &PipeTally) -> Option<String> {
        let (case, flow) = (self.case, self.flows[pipe]);
        let (least, steps) = (self.least_steps(reader), self.steps(reader));
        let bytes =
            |blocks| (1..=blocks).map(|number| case.pipes[pipe].origin.payload(number).len() as u64).sum::<u64>();
        let native = !case.jobs[reader].is_program();
        if case.pipes[pipe].is_stream() {
            let right = tally.bytes == bytes(flow.blocks);
            return (!right).then(|| format!("not the {} bytes of the stream", bytes(flow.blocks)));
        }
        if tally.written != tally.delivered + tally.unused {
            return Some("written is not delivered and unused".to_owned());
        }
        if least == flow.blocks {
            if (tally.written, tally.delivered, tally.bytes) != (flow.blocks, flow.blocks, bytes(flow.blocks)) {
                return Some(format!("not all {} blocks of {} bytes", flow.blocks, bytes(flow.blocks)));
            }
            // Another input that ends first with its finished bit may hide the end of this one.
            let ending = if flow.finished { PipeEnding::Finished } else { PipeEnding::Ended };
            if native && case.jobs[reader].inputs.len() == 1 && tally.ending != Some(ending) {
                return Some(format!("not ended as {ending:?}"));
            }
            return None;
        }
        let most = if native { steps } else { flow.blocks };
        if !(least..=most).contains(&tally.delivered) || tally.written > flow.blocks {
            return Some(format!("the reader wanted {least} to {most} of {} blocks", flow.blocks));
        }
        (native && tally.bytes != bytes(tally.delivered)).then(|| "not as many bytes as these blocks have".to_owned())
    }
}
