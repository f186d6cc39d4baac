//! A network for one job of another: what is at the far ends of its pipes is replaced by native jobs of the caller's.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use crate::delivery::Delivery;
use crate::health::Health;
use crate::ids::{JobId, Name, PipeId};
use crate::job_spec::{Body, JobSpec, Native, OnFailure};
use crate::network::Network;
use crate::pipe_spec::{End, PipeSpec, QueueLimits, Taking, WhenFull};
use crate::restart::Restart;
use crate::template::{Part, Template};

/// The place of the job that is left.
const ALONE: JobId = JobId(0);

impl Network {
    /// The network in which `job` alone is left. `feed` gives the job that writes an input, and `take` the one that reads an
    /// output; they are named `input PIPE` and `output PIPE`, which no job of a file can be.
    ///
    /// The job is as it was, and so are its pipes but for what concerns those who have gone: nothing is dropped, an
    /// optional input is waited for like any other, and what leads back comes from `feed` too. A pipe that leads from the job
    /// to itself stays. A job that fails is not started again: that is what one tries it for.
    #[must_use]
    pub fn alone(&self, job: JobId, feed: impl Fn(&PipeSpec) -> Native, take: impl Fn(&PipeSpec) -> Native) -> Network {
        let original = &self[job];
        let mut alone = Network {
            name: self.name.clone(),
            description: self.description.clone(),
            head_size: self.head_size,
            dir: self.dir.clone(),
            sources: self.sources.clone(),
            notes: self.notes.clone(),
            jobs: vec![JobSpec { restart: Restart::default(), restarts_together: false, ..original.clone() }],
            pipes: Vec::new(),
        };
        let mut ids = HashMap::new();
        for (port, &id) in original.inputs.iter().enumerate() {
            let pipe = &self[id];
            let mut kept = PipeSpec { readers: vec![End { job: ALONE, port }], external: None, ..pipe.clone() };
            if pipe.writer.is_none_or(|writer| writer.job != job) {
                kept.writer = Some(alone.next_job());
                if kept.taking != Taking::Async {
                    kept.taking = Taking::InStep;
                }
                (kept.cycle, kept.when_full, kept.delivery) = (false, WhenFull::Block, Delivery::AtMostOnce);
                let outputs = vec![alone.next_pipe()];
                alone.jobs.push(JobSpec { outputs, ..helper("input", pipe, feed(pipe), original) });
            }
            ids.insert(id, alone.next_pipe());
            alone.pipes.push(kept);
        }
        for (port, id) in original.written().enumerate() {
            let pipe = &self[id];
            let new = *ids.entry(id).or_insert_with(|| {
                alone.pipes.push(taken(pipe));
                PipeId(alone.pipes.len() as u32 - 1)
            });
            let reader = alone.next_job();
            alone.jobs.push(JobSpec { inputs: vec![new], ..helper("output", pipe, take(pipe), original) });
            let kept = &mut alone.pipes[new.index()];
            kept.writer = Some(End { job: ALONE, port });
            kept.readers.push(reader);
        }
        alone.jobs[ALONE.index()].rename_pipes(&ids);
        alone
    }

    const fn next_pipe(&self) -> PipeId {
        PipeId(self.pipes.len() as u32)
    }

    /// The only port of the job that comes next.
    const fn next_job(&self) -> End {
        End { job: JobId(self.jobs.len() as u32), port: 0 }
    }
}

/// An output without its readers: each block is taken by itself, and none is dropped.
fn taken(pipe: &PipeSpec) -> PipeSpec {
    PipeSpec {
        readers: Vec::new(),
        block_count: NonZeroUsize::MIN,
        taking: Taking::InStep,
        queue: QueueLimits::default(),
        when_full: WhenFull::Block,
        cycle: false,
        delivery: Delivery::AtMostOnce,
        external: None,
        ..pipe.clone()
    }
}

/// A native job at the far end of a pipe, which is still to be put to it.
fn helper(side: &str, pipe: &PipeSpec, native: Native, beside: &JobSpec) -> JobSpec {
    JobSpec {
        name: Name(format!("{side} {}", pipe.name)),
        span: pipe.span,
        body: Body::Native(native),
        inputs: Vec::new(),
        outputs: Vec::new(),
        times: None,
        on_failure: OnFailure::Stop,
        restart: Restart::default(),
        restarts_together: false,
        health: Health::default(),
        stop: beside.stop.clone(),
        ends_run: false,
        own_thread: true,
        from_class: Vec::new(),
    }
}

impl JobSpec {
    fn rename_pipes(&mut self, ids: &HashMap<PipeId, PipeId>) {
        let rename = |id: &mut PipeId| *id = ids.get(id).copied().unwrap_or(*id);
        self.inputs.iter_mut().chain(&mut self.outputs).chain(&mut self.times).for_each(rename);
        if let Body::Executable(executable) = &mut self.body {
            let values = executable.env.iter_mut().map(|(_, value)| value);
            values.chain(&mut executable.argv).for_each(|text| text.rename_pipes(&rename));
        }
    }
}

impl Template {
    fn rename_pipes(&mut self, rename: &impl Fn(&mut PipeId)) {
        for part in &mut self.parts {
            if let Part::Pipe(id) = part {
                rename(id);
            }
        }
    }
}
