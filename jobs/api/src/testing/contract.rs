//! What a kind of job promises by its ports, held against what it does.

use super::recorder::Recorder;
use crate::job::{PortList, PortSetup, Ports, Setup, Steps};
use crate::step::Flow;

/// # Panics
/// If the pipes of a trial are none that the runtime would connect to the job.
#[track_caller]
pub(super) fn check_pipes(ports: &Ports, setup: &Setup) {
    for (side, list, pipes) in [("input", &ports.inputs, &setup.inputs), ("output", &ports.outputs, &setup.outputs)] {
        assert!(list.fits(pipes.len()), "the job takes {list} on its {side} side, not {}", pipes.len());
        check_side(side, list, pipes);
    }
}

#[track_caller]
fn check_side(side: &str, list: &PortList, pipes: &[PortSetup]) {
    for (place, PortSetup { codec, .. }) in pipes.iter().enumerate() {
        let Some(port) = list.get(place) else { continue };
        assert!(port.takes(codec.name()), "{side} {place} takes {:?}, not {codec}", port.codecs);
        if let (Some(wanted), Some(given)) = (port.block_size, codec.block_size()) {
            assert_eq!(given, wanted, "block_size of {side} {place}");
        }
    }
}

/// # Panics
/// If a job that sends one block on each output for each step did not; it may end without a block.
#[track_caller]
pub(super) fn check_step(ports: &Ports, before: &[usize], recorder: &Recorder, flow: Flow) {
    if ports.steps == Steps::Free || (flow == Flow::Done && recorder.counts() == before) {
        return;
    }
    for (output, (after, before)) in recorder.counts().iter().zip(before).enumerate() {
        assert_eq!(after - before, 1, "blocks on output {output} in one step of a job with steps = each");
    }
}
