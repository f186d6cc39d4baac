//! Jobs that wait for each other, for ever.

use pipeloom_events::CauseKind;

use super::Run;
use crate::sample::{Sample, pipe};
use crate::supervise::facts::{Action, Command, Event};

const SAID: &str = "jobs wait for each other";

/// It is said that jobs wait for each other at the pipe `p`.
fn stand_still(run: &mut Run) -> Vec<Action> {
    let event = Event::StandsStill(pipe(&run.network, "p"), SAID.to_owned());
    run.told(event)
}

#[test]
fn who_writes_the_full_pipe_has_failed() {
    let programs = Sample::new().program("w", &[], &["p", "q"]).program("r", &["p", "q"], &[]);
    let mut run = Run::of(programs, &["p", "q"]);
    let (failed, p) = (run.failed("w", CauseKind::Flow, SAID), pipe(&run.network, "p"));
    let actions = stand_still(&mut run);
    assert!(actions.contains(&failed) && actions.contains(&Action::Abandon(p)), "{actions:?}");
    let natives = Sample::new().native("w", &[], &["p", "q"]).native("r", &["p", "q"], &[]);
    let mut run = Run::of(natives, &[]);
    let (failed, writer) = (run.failed("w", CauseKind::Flow, SAID), run.at("w").job);
    let actions = stand_still(&mut run);
    assert!(actions.contains(&failed) && actions.contains(&Action::StopNative(writer)), "{actions:?}");
    assert_eq!(stand_still(&mut run), [], "the run is being stopped");
}

#[test]
fn while_the_run_is_stopped_nobody_is_to_blame() {
    let programs = Sample::new().program("w", &[], &["p", "q"]).program("r", &["p", "q"], &[]);
    let mut run = Run::of(programs, &["p", "q"]);
    run.told(Event::Command(Command::Stop));
    assert_eq!(stand_still(&mut run), []);
}
