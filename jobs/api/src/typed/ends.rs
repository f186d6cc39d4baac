//! What an adapter keeps of its job's surroundings.

use crate::job::{PortSetup, Setup};

/// The pipes at both sides, and room for the payload that is being written.
#[derive(Default)]
pub(super) struct Ends {
    pub(super) inputs: Vec<PortSetup>,
    pub(super) outputs: Vec<PortSetup>,
    pub(super) scratch: Vec<u8>,
}

impl Ends {
    pub(super) fn of(setup: &Setup) -> Ends {
        Ends { inputs: setup.inputs.clone(), outputs: setup.outputs.clone(), scratch: Vec::new() }
    }
}
