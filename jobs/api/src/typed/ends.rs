//! What an adapter keeps of its job's surroundings.

use crate::head::HeadSize;
use crate::job::{PortSetup, Setup};

/// The pipes at both sides, and room for the payload that is being written.
#[derive(Default)]
pub(super) struct Ends {
    pub(super) head_size: HeadSize,
    pub(super) inputs: Vec<PortSetup>,
    pub(super) outputs: Vec<PortSetup>,
    pub(super) scratch: Vec<u8>,
}

impl Ends {
    pub(super) fn of(setup: &Setup) -> Ends {
        let Setup { head_size, inputs, outputs, .. } = setup;
        Ends { head_size: *head_size, inputs: inputs.clone(), outputs: outputs.clone(), scratch: Vec::new() }
    }
}
