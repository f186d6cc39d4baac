//! What a native job's thread is given.

use std::sync::Arc;

use pipeloom_config::{Body, JobId, JobSpec, Kind, Native, Network, PipeId};
use pipeloom_job::lines::Lines;
use pipeloom_job::{Args, Head, PortSetup, Seq, Setup, StandardInput, Steps};

use super::{Gathering, Site, WireError, Wired, done_note};
use crate::flow::{Controls, Inbox, Lane, MakeJob, Outbox, Runner, Times};
use crate::lines::Post;
use crate::supervise::Incarnation;

/// Where a native job finds itself.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) network: &'a Network,
    pub(super) site: &'a Site<'a>,
    /// Whether it reads standard input though it need not.
    pub(super) reads_stdin: bool,
}

impl Wired {
    /// Makes a native job of what was gathered for it.
    pub(super) fn add_native(
        &mut self,
        id: JobId,
        spec: &JobSpec,
        native: &Native,
        place: Place<'_>,
        job: Gathering,
    ) -> Result<(), WireError> {
        let Place { network, site, reads_stdin } = place;
        let refused = |message| WireError::Args { job: spec.name.to_string(), message };
        let args =
            pipeloom_config::render_args(&native.args, site.run_dir).map_err(|error| refused(error.to_string()))?;
        let made = match &native.kind {
            Kind::Named(kind) => (kind.new)(&args).map_err(|error| refused(error.to_string()))?,
            Kind::Own(own) => own.job(),
            Kind::Host(end) => {
                let Some(pipe) = spec.inputs.first().or(spec.outputs.first()) else {
                    unreachable!("it was checked that the job has one pipe")
                };
                self.host.add(*end, &network[*pipe], network)?
            }
        };
        let make = spec.has_lives().then(|| make_again(&native.kind, args)).flatten();
        let mut setup = setup(network, spec, site);
        setup.standard_input = reads_stdin || native.ports.standard_input == StandardInput::Needed;
        if native.ports.lines {
            let post = Arc::new(Post::new(site.bells.plain())?);
            setup.lines = Some(Lines::new(post.clone()));
            self.posts.insert(id, post);
        }
        let controls = Controls::new(id, job.bell, site.facts.clone(), job.debts);
        let inputs = spec.inputs.iter().copied().zip(job.inputs.into_iter().map(made_lane));
        let mut outputs = job.outputs;
        let times = spec.times.and_then(|_| outputs.pop());
        let outbox = Outbox::new(outputs, controls.clone(), Head::empty(network.head_size()));
        let runner = Box::new(Runner {
            times: times.is_some().then(|| Times::new(spec.name.as_str(), site.clock.clone())),
            outbox: match times {
                Some(port) => outbox.with_times(port),
                None => outbox,
            },
            job: made,
            setup,
            inbox: Inbox::new(inputs.collect(), network.head_size()).noting(done_note(network, spec, site.run_dir)),
            controls: controls.clone(),
            clock: site.clock.clone(),
            numbered_by_step: native.ports.steps == Steps::Each,
            make,
            in_step: false,
            gives_again: spec.inputs.first().is_some_and(|pipe| network[*pipe].delivery.window().is_some()),
            life: Incarnation::FIRST,
            epoch: site.epoch,
            next: Seq::FIRST,
            first: Seq::FIRST,
            jobs: 1,
        });
        self.runners.insert(id, runner);
        self.controls.insert(id, controls);
        Ok(())
    }
}

/// What makes a job again. The ends of pipes that the host has are there once.
fn make_again(kind: &Kind, args: Args) -> Option<MakeJob> {
    match kind {
        Kind::Named(kind) => {
            let new = kind.new;
            Some(Box::new(move || new(&args)))
        }
        Kind::Own(own) => {
            let own = own.clone();
            Some(Box::new(move || Ok(own.job())))
        }
        Kind::Host(_) => None,
    }
}

/// One of a job's inputs, once all pipes are made.
fn made_lane(input: Option<Lane>) -> Lane {
    let Some(input) = input else { unreachable!("the plan has a way to each reader of each pipe") };
    input
}

/// The job that reads standard input though it need not: the first one, if nobody needs to.
pub(super) fn reads_standard_input(network: &Network) -> Option<JobId> {
    let use_of = |job: &JobSpec| match &job.body {
        Body::Native(native) => native.ports.standard_input,
        Body::Executable(_) => StandardInput::Unused,
    };
    let mut first = None;
    for (id, job) in network.jobs() {
        match use_of(job) {
            StandardInput::Needed => return None,
            StandardInput::IfFree => first = first.or(Some(id)),
            StandardInput::Unused => {}
        }
    }
    first
}

fn setup(network: &Network, job: &JobSpec, site: &Site<'_>) -> Setup {
    let port = |&pipe: &PipeId| PortSetup { pipe: network[pipe].name.to_string(), codec: network[pipe].codec };
    Setup {
        job: job.name.to_string(),
        network_dir: network.dir().to_owned(),
        run_dir: site.run_dir.to_owned(),
        head_size: network.head_size(),
        inputs: job.inputs.iter().map(port).collect(),
        outputs: job.outputs.iter().map(port).collect(),
        lines: None,
        standard_input: false,
        continues: site.attempt > 1,
        write_through: job.has_lives() || job.inputs.iter().any(|input| network[*input].outlives_runtime()),
    }
}
