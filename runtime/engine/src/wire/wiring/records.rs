//! Pipes that the runtime itself writes: the times of executables.

use pipeloom_config::{PipeId, PipeSpec};

use super::{Forwarded, PipeError, Wiring};
use crate::flow::{ProgramTimes, Relay};
use crate::plan;

impl Wiring<'_> {
    /// A relay that reads what the runtime sees of a program.
    pub(super) fn records(
        &mut self,
        (id, pipe): (PipeId, &PipeSpec),
        to: &[plan::Leg],
        may_grow: bool,
    ) -> Result<(), PipeError> {
        let Some(writer) = pipe.writer else { unreachable!("the times of a job have it as their writer") };
        let Some((lives, hold)) = self.times.of_job(writer.job) else { unreachable!("a job has its times once") };
        let legs = to.iter().map(|leg| self.relay_leg(id, pipe, leg, may_grow)).collect::<Result<Vec<_>, _>>()?;
        let job = self.network[writer.job].name.as_str();
        let (head_size, bell) = (self.network.head_size(), self.site.bells.times());
        let times = ProgramTimes::new(pipe, job, head_size, self.site.clock.clone(), lives, hold, bell);
        let relay = Relay::new(pipe.name.as_str(), Box::new(times), legs).beginning(self.site.epoch);
        let watched = may_grow.then_some(writer.job);
        self.forwarders.push(Forwarded::relay(id, relay).watching(watched).telling_times());
        Ok(())
    }
}
