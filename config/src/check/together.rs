//! Who is started again with a job.

use crate::check::Checker;
use crate::check::wiring::Wiring;
use crate::file::RestartScopeName;
use crate::ids::JobId;
use crate::job_spec::{Body, JobSpec};
use crate::kind::Kind;
use crate::network::Network;
use crate::problem::Problem;
use crate::span::Span;

impl Checker<'_> {
    /// All that are started again with a job must be able to be.
    pub(super) fn check_scopes(&mut self, network: &Network, wiring: &Wiring<'_>) {
        for (id, job) in network.jobs() {
            let table = wiring.job_table(id).restart.as_ref();
            let scope = table.and_then(|table| table.scope).filter(|scope| scope.value != RestartScopeName::Job);
            let Some(scope) = scope else { continue };
            let others = network.restarted_with(id);
            if others.is_empty() {
                let message =
                    format!("no other job is started again with `{}`, so its `scope` means nothing", job.name);
                self.notes.push(Problem::new(scope.span, message));
            }
            for other in others {
                self.check_member(network, job, scope.span, other);
            }
        }
    }

    fn check_member(&mut self, network: &Network, first: &JobSpec, place: Span, other: JobId) {
        let job = &network[other];
        let refusal = |why: &str| {
            let message = format!("job `{}` cannot be started again with `{}`: {why}", job.name, first.name);
            Problem::new(place, message).related(job.span, "the job is here")
        };
        if let Body::Native(native) = &job.body
            && let Kind::Host(_) = native.kind
        {
            self.say(
                refusal("it is the program's own end of a pipe, which is there once")
                    .help("a smaller `scope` leaves it out"),
            );
        }
        // One with a policy of its own was refused for its pipes.
        let streams = job.inputs.iter().map(|&pipe| &network[pipe]).find(|pipe| !pipe.codec.has_blocks());
        if let Some(pipe) = streams.filter(|_| job.inputs.len() > 1 && !job.restart.is_possible()) {
            let why =
                format!("its inputs would begin anywhere, as `{}` has no blocks to put them in step by", pipe.name);
            self.say(refusal(&why).help("give the pipe another codec, or the job one input"));
        }
    }
}
