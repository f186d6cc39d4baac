//! Programs that have written fewer blocks than they were given compute blocks.
//!
//! One that writes more is found at once, as its block belongs to nothing. Whether one writes fewer is only known at its
//! end: until then it may just be late.

use pipeloom_config::{JobSpec, Network, PipeSpec, Taking};
use pipeloom_engine::Summary;
use pipeloom_events::{JobEnd, PipeEnding, PipeTally};
use pipeloom_job::Steps;

use crate::term::amounts::count;
use crate::term::escape::printable;

/// The programs that have promised one block on each output for each compute block.
pub(super) struct Promises(Vec<Promise>);

struct Promise {
    job: String,
    /// The inputs that are taken in step, and how many of their blocks make a compute block.
    inputs: Vec<(String, u64)>,
    outputs: Vec<String>,
}

impl Promises {
    pub(super) fn of(network: &Network) -> Promises {
        let promises = |job: &JobSpec| job.executable().is_some_and(|program| program.steps == Steps::Each);
        Promises(network.jobs().filter(|(_, job)| promises(job)).map(|(_, job)| Promise::of(network, job)).collect())
    }

    /// What is to be said of those who have not kept theirs.
    pub(super) fn broken(&self, summary: &Summary) -> impl Iterator<Item = String> {
        self.0.iter().filter(|promise| promise.is_due(summary)).flat_map(|promise| promise.broken(&summary.pipes))
    }
}

impl Promise {
    fn of(network: &Network, job: &JobSpec) -> Promise {
        let pipes = |ids: &[_]| ids.iter().map(|&id| &network[id]).collect::<Vec<&PipeSpec>>();
        let in_step = pipes(&job.inputs).into_iter().filter(|pipe| pipe.taking == Taking::InStep);
        Promise {
            job: job.name.to_string(),
            inputs: in_step.map(|pipe| (pipe.name.to_string(), pipe.block_count.get() as u64)).collect(),
            outputs: pipes(&job.outputs).into_iter().map(|pipe| pipe.name.to_string()).collect(),
        }
    }

    /// Whether the job came to its end by itself: one that was stopped, or that nobody needed any more, owes nothing.
    fn is_due(&self, summary: &Summary) -> bool {
        summary.jobs.iter().any(|job| job.name == self.job && job.end == Some(JobEnd::Ended))
    }

    fn broken(&self, pipes: &[PipeTally]) -> Vec<String> {
        let Some(given) = self.given(pipes) else { return Vec::new() };
        // Only what was read to its end is known to be all, and a job that says that it is finished has said enough.
        let ended =
            |name: &String| pipes.iter().find(|tally| tally.pipe == *name && tally.ending == Some(PipeEnding::Ended));
        let fewer = self.outputs.iter().filter_map(ended).filter(|tally| tally.written < given);
        fewer.map(|tally| self.say(tally, given)).collect()
    }

    /// How many compute blocks it was given, if the runtime has seen all its inputs.
    fn given(&self, pipes: &[PipeTally]) -> Option<u64> {
        let blocks = |name: &str| {
            let tally = pipes.iter().find(|tally| tally.pipe == name && tally.reader == self.job)?;
            Some(tally.delivered + tally.dummies)
        };
        let compute_blocks = self.inputs.iter().map(|(name, count)| Some(blocks(name)? / count));
        compute_blocks.collect::<Option<Vec<u64>>>()?.into_iter().min()
    }

    fn say(&self, tally: &PipeTally, given: u64) -> String {
        let (pipe, job) = (printable(&tally.pipe), printable(&self.job));
        let written = count(tally.written, "block", "blocks");
        let given = count(given, "compute block", "compute blocks");
        format!(
            "pipe {pipe}: job {job} wrote {written} for {given}, so some may have the wrong number and head; say `steps = \"free\"` \
             if the job writes more or less"
        )
    }
}
