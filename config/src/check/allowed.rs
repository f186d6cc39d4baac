//! Which jobs a pipe allows at its ends.

use std::collections::HashSet;

use crate::check::Checker;
use crate::check::wiring::{PipeEnds, Wiring};
use crate::file::PipeTable;
use crate::problem::Problem;

impl Checker<'_> {
    pub(super) fn check_allowed(&mut self, pipe: &PipeEnds<'_>, table: &PipeTable, wiring: &Wiring<'_>) {
        let sides = [(&table.writers, &pipe.writers, "write"), (&table.readers, &pipe.readers, "read")];
        for (list, places, verb) in sides {
            let Some(list) = list else { continue };
            let strangers: Vec<_> = list.iter().filter(|name| !wiring.has_job(name)).collect();
            // Who is meant by a wrong name is not known, so nobody is refused for it.
            if !strangers.is_empty() {
                for name in strangers.into_iter().filter(|_| !self.lost.ends()) {
                    let near = self.near(name, wiring.job_names());
                    self.say(Problem::new(name.span, format!("there is no job `{}`", name.value)).maybe_help(near));
                }
                continue;
            }
            let allowed: HashSet<&str> = list.iter().map(|name| name.value.as_str()).collect();
            for place in places {
                let job = wiring.job_name(place.end.job);
                if !allowed.contains(job) {
                    let message = format!("job `{job}` may not {verb} the pipe `{}`", pipe.name.value);
                    self.say(Problem::new(place.span, message).related(list.span, "the jobs that may are here"));
                }
            }
        }
    }
}
