//! What is seen of a group.

use std::collections::HashMap;

use pipeloom_config::{JobId, Network, PipeId, Taking};

use crate::flow::{Forwarder, LegState, Meter};

/// What a job is seen to wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stance {
    /// It may be that it waits for blocks.
    pub(crate) reads: bool,
    /// It may be that it waits for room.
    pub(crate) writes: bool,
    /// That it does nothing else is certain.
    pub(crate) surely: bool,
}

impl Stance {
    /// It is at work, or waits for something else.
    pub(crate) const BUSY: Stance = Stance { reads: false, writes: false, surely: true };
    /// It waits for blocks.
    pub(crate) const READS: Stance = Stance { reads: true, ..Stance::BUSY };
    /// It waits for room.
    pub(crate) const WRITES: Stance = Stance { writes: true, ..Stance::BUSY };
    /// It waits for one or the other.
    pub(crate) const EITHER: Stance = Stance { writes: true, ..Stance::READS };

    /// The same, if it is not known for certain.
    pub(crate) const fn perhaps(self) -> Stance {
        Stance { surely: false, ..self }
    }
}

/// The way of a pipe from its writer to one of its readers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Way {
    pub(crate) pipe: PipeId,
    /// Its place among the pipe's legs.
    pub(crate) leg: usize,
    /// The writer's place among the jobs of the group; `None` for one outside.
    pub(crate) writer: Option<usize>,
    /// The same for the reader.
    pub(crate) reader: Option<usize>,
    /// There is a relay: what keeps it back keeps back all readers.
    pub(crate) relayed: bool,
    /// What waits for this reader keeps the writer back.
    pub(crate) full: bool,
    /// The reader may wait for it: nothing is there, and without it the reader does not go on.
    pub(crate) awaited: bool,
    /// Its queue may grow.
    pub(crate) may_grow: bool,
    /// How many blocks wait in it.
    pub(crate) blocks: usize,
}

/// What is seen of a group.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Picture {
    pub(crate) ways: Vec<Way>,
    /// Numbers of which at least one changes when something moves.
    pub(crate) moved: Vec<u64>,
}

impl Picture {
    /// Whether a full queue keeps somebody back.
    pub(crate) fn is_held_back(&self) -> bool {
        self.ways.iter().any(|way| way.full)
    }
}

/// Looks at the pipes between `jobs`, and from them to others and back. `relay` gives what forwards a pipe, `lineup` what puts
/// the inputs of a job in step, `meters` what can be seen of the channels of a pipe.
pub(crate) fn look<'a>(
    network: &Network,
    jobs: &[JobId],
    relay: impl Fn(PipeId) -> Option<&'a dyn Forwarder>,
    lineup: impl Fn(JobId) -> Option<&'a dyn Forwarder>,
    meters: impl Fn(PipeId) -> &'a [(JobId, Meter)],
) -> Picture {
    let place = |job: JobId| jobs.binary_search(&job).ok();
    let mut picture = Picture::default();
    let lined_up: HashMap<JobId, Vec<Option<LegState>>> =
        jobs.iter().filter_map(|&job| Some((job, lineup(job)?.states()))).collect();
    let mut pipes: Vec<PipeId> = Vec::new();
    for &job in jobs {
        pipes.extend(network[job].written());
        // What comes from outside of the group has not been looked at from its writer.
        let is_outside = |pipe: &&PipeId| network[**pipe].writer.is_none_or(|writer| place(writer.job).is_none());
        pipes.extend(network[job].inputs.iter().filter(is_outside));
    }
    pipes.sort_unstable();
    pipes.dedup();
    for pipe in pipes {
        let spec = &network[pipe];
        let writer = spec.writer.and_then(|writer| place(writer.job));
        let mut add = |leg: usize, relayed: bool, reader: Option<JobId>, state: LegState| {
            picture.moved.extend(state.moved);
            let LegState { full, empty, may_grow, blocks, .. } = state;
            let awaited = state.awaited && empty && spec.taking == Taking::InStep;
            let reader = reader.and_then(place);
            picture.ways.push(Way { pipe, leg, writer, reader, relayed, full, awaited, may_grow, blocks });
        };
        for (leg, state) in relay(pipe).map(Forwarder::states).unwrap_or_default().into_iter().enumerate() {
            let (Some(state), reader) = (state, spec.readers.get(leg)) else { continue };
            let behind = reader.and_then(|reader| *lined_up.get(&reader.job)?.get(reader.port)?);
            let state = behind.map_or(state, |behind| both(state, behind));
            add(leg, true, reader.map(|reader| reader.job), state);
        }
        for (leg, (reader, meter)) in meters(pipe).iter().enumerate() {
            if let Some(state) = meter.state() {
                add(leg, false, Some(*reader), state);
            }
        }
    }
    picture
}

/// A relay and the lineup behind it are one way.
fn both(mut before: LegState, behind: LegState) -> LegState {
    before.moved.iter_mut().zip(behind.moved).for_each(|(before, behind)| *before = before.wrapping_add(behind));
    LegState { empty: before.empty && behind.empty, awaited: behind.awaited, ..before }
}
