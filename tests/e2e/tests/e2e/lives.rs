//! What tests of restarted jobs have in common.

use pipeloom_e2e::events::{Cause, Event};
use pipeloom_e2e::{Run, Test, network};

/// What each script begins with. `wait_for NAME` waits until somebody has made this file in the run's directory.
const BEGINNING: &str = "#!/bin/sh\nlife=$PIPELOOM_INCARNATION\n\
    wait_for() { until [ -e $PIPELOOM_RUN_DIR/$1 ]; do sleep 0.01; done; }\n";

/// The network's jobs and pipes, with shell scripts beside it. A script finds which of its lives it is in `$life`.
pub(crate) fn scripts(toml: &str, scripts: &[(&str, &str)]) -> Test {
    scripts.iter().fold(network(toml), |test, (name, script)| test.program(name, &format!("{BEGINNING}{script}\n")))
}

/// How each life of a job but the last ended.
pub(crate) fn lives(run: &Run, name: &str) -> Vec<Option<String>> {
    let ended = |event| match event {
        Event::JobRestarting { job, cause, .. } if job == name => Some(cause.map(|cause: Cause| cause.message)),
        _ => None,
    };
    run.events().into_iter().filter_map(ended).collect()
}

/// Lines `from` to `to`, a line each.
pub(crate) fn lines(from: u32, to: u32) -> String {
    (from..=to).map(|line| format!("{line}\n")).collect()
}

/// What the command says of each restart after a failure.
pub(crate) const AGAIN: &str = "it is started again";

pub(crate) const KILLED: &str = "killed by SIGKILL";

/// A connector that reads three lines in its first life, answers two, and dies once the file `ten` is there. Its second life makes
/// the file `again`, and answers all.
pub(crate) const DIES_WITH_THE_THIRD: &str = "exec < $2 > $4; \
    [ $life = 2 ] && { touch $PIPELOOM_RUN_DIR/again; exec cat; }; \
    read x; echo $x; read x; echo $x; read x; wait_for ten; kill -9 $$";
