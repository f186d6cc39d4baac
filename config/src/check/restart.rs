//! Whether a job is started again.

use std::time::Duration;

use crate::check::Checker;
use crate::check::coded::Coded;
use crate::check::wiring::{PipeEnds, Wiring};
use crate::file::{JobTable, RestartName, RestartScopeName, RestartTable, Seconds};
use crate::problem::Problem;
use crate::restart::{Restart, RestartPolicy, RestartScope};
use crate::span::At;

impl Checker<'_> {
    /// What the job's table says of restarts.
    pub(super) fn restart(&mut self, name: &At<String>, table: &JobTable) -> Restart {
        self.check_policy(name, table);
        let Some(RestartTable {
            policy,
            backoff_seconds,
            backoff_max_seconds,
            stable_seconds,
            max_restarts,
            window_seconds,
            scope,
        }) = table.restart.as_ref().map(|at| &at.value)
        else {
            return Restart::default();
        };
        let usual = Restart::default();
        let time = |key: &Option<At<Seconds>>, usual: Duration| key.as_ref().map_or(usual, |at| at.value.get());
        let restart = Restart {
            policy: match policy.as_ref().map(|at| at.value) {
                None | Some(RestartName::Never) => RestartPolicy::Never,
                Some(RestartName::OnFailure) => RestartPolicy::OnFailure,
                Some(RestartName::Always) => RestartPolicy::Always,
            },
            backoff: time(backoff_seconds, usual.backoff),
            backoff_max: time(backoff_max_seconds, usual.backoff_max),
            stable: time(stable_seconds, usual.stable),
            max_restarts: max_restarts
                .as_ref()
                .map_or(usual.max_restarts, |at| u32::try_from(at.value.get()).unwrap_or(u32::MAX)),
            window: time(window_seconds, usual.window),
            scope: match scope.map(|at| at.value) {
                None | Some(RestartScopeName::Job) => RestartScope::Job,
                Some(RestartScopeName::Downstream) => RestartScope::Downstream,
                Some(RestartScopeName::Component) => RestartScope::Component,
            },
        };
        if let Some(scope) = scope.filter(|_| !restart.is_possible() && restart.scope != RestartScope::Job) {
            let message = "`scope` says who is started again with a job that is never started again";
            self.say(
                Problem::new(scope.span, message)
                    .help("`policy` says after which ends it is: `on-failure` or `always`"),
            );
        }
        self.check_waits(backoff_seconds.as_ref(), backoff_max_seconds.as_ref(), &restart);
        self.check_window(window_seconds.as_ref());
        restart
    }

    /// All else in the table is of no use without it. Of `scope` that is said where it is checked.
    fn check_policy(&mut self, name: &At<String>, table: &JobTable) {
        let is_alone = |at: &&At<RestartTable>| at.value.scope.is_none_or(|scope| scope.value == RestartScopeName::Job);
        let lacking = table.restart.as_ref().filter(|at| at.value.policy.is_none());
        let Some(restart) = lacking.filter(is_alone) else { return };
        if !self.lost.of_job(&name.value, &["restart"]) {
            let message = format!(
                "`restart` of job `{}` lacks its `policy`, without which it is never started again",
                name.value
            );
            self.say(Problem::new(restart.span, message).help("restart = { policy = \"on-failure\" }"));
        }
    }

    /// After a restart the inputs of a job must begin at blocks that belong together.
    pub(super) fn check_restarted_readers(&mut self, pipe: &PipeEnds<'_>, coded: &Coded, wiring: &Wiring<'_>) {
        if coded.codec.has_blocks() {
            return;
        }
        for place in &pipe.readers {
            let table = wiring.job_table(place.end.job);
            let restart = table.restart.as_ref().filter(|at| is_asked_for(&at.value));
            if let Some(restart) = restart.filter(|_| table.inputs.as_ref().is_some_and(|inputs| inputs.len() > 1)) {
                let message = format!(
                    "job `{}` cannot be restarted: its inputs would begin anywhere, as `{}` has no blocks to put them in step by",
                    wiring.job_name(place.end.job),
                    pipe.name.value
                );
                let problem = Problem::new(restart.span, message).related(pipe.name.span, "the pipe is here");
                self.say(problem.help("give the pipe another codec, or the job one input"));
            }
        }
    }

    /// In no time there are never too many restarts, and a job that cannot run would be started for ever.
    fn check_window(&mut self, window: Option<&At<Seconds>>) {
        if let Some(at) = window.filter(|at| at.value.get().is_zero()) {
            let problem = Problem::new(at.span, "`window_seconds` is more than 0");
            self.say(problem.help("without the key, restarts within 60 s are counted"));
        }
    }

    fn check_waits(&mut self, first: Option<&At<Seconds>>, longest: Option<&At<Seconds>>, restart: &Restart) {
        if restart.backoff <= restart.backoff_max {
            return;
        }
        if let Some(place) = longest.or(first) {
            let message = format!(
                "the longest wait before a restart, {} s, is shorter than the first, {} s",
                restart.backoff_max.as_secs_f64(),
                restart.backoff.as_secs_f64()
            );
            let help = "`backoff_seconds` is the first wait, and it doubles up to `backoff_max_seconds`";
            self.say(Problem::new(place.span, message).help(help));
        }
    }
}

fn is_asked_for(table: &RestartTable) -> bool {
    table.policy.as_ref().is_some_and(|policy| policy.value != RestartName::Never)
}
