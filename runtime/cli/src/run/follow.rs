//! The loop of a run: events, signals and the clock, until it is over.

use crossbeam_channel::{never, select, tick};
use pipeloom_engine::{Stopper, Summary};
use pipeloom_events::Event;
use pipeloom_os::process::Signal;

use super::halting::Halting;
use super::report::Reporter;
use super::start::Started;

/// Follows a run to its end.
pub(super) fn follow(started: Started, reporter: &mut dyn Reporter) -> Summary {
    let Started { handle, mut signals, .. } = started;
    let view = handle.view().clone();
    let mut asking = Asking { stopper: handle.stopper(), is_stopping: false };
    let mut halting = Halting::new(handle.pauser());
    let ticks = reporter.every().map_or_else(never, tick);
    loop {
        select! {
            recv(handle.events()) -> record => match record {
                Ok(record) => {
                    asking.is_stopping |= matches!(record.event, Event::Stopping { .. });
                    reporter.record(&record, &view);
                    if halting.is_due(&record.event) {
                        reporter.aside(&mut || halting.halt());
                    }
                }
                // Nobody is left who could tell something: the run is over.
                Err(_) => break,
            },
            recv(signals) -> signal => match signal {
                Ok(Signal::TSTP) => {
                    if halting.ask() {
                        reporter.aside(&mut || halting.halt());
                    }
                }
                Ok(signal) => {
                    halting.give_up();
                    asking.on(signal, reporter);
                }
                Err(_) => signals = never(),
            },
            recv(ticks) -> _ => reporter.tick(&view),
        }
    }
    reporter.end();
    handle.wait()
}

/// What signals ask for: first to stop, then to kill.
struct Asking {
    stopper: Stopper,
    is_stopping: bool,
}

impl Asking {
    fn on(&mut self, signal: Signal, reporter: &mut dyn Reporter) {
        if !self.is_stopping {
            self.is_stopping = true;
            self.stopper.stop();
        } else if signal != Signal::HUP {
            // A terminal that is closed often sends both HUP and TERM; only people who insist want to kill.
            self.stopper.kill();
            reporter.killing();
        }
    }
}
