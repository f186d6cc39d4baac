//! What crosses the border as JSON.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::codec::{Codec, CodecName};
use crate::head::HeadSize;
use crate::job::{PortSetup, Setup};
use crate::lines::Lines;

/// A [`Setup`] without its lines.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SetupMessage {
    job: String,
    network_dir: PathBuf,
    run_dir: PathBuf,
    head_bytes: u8,
    inputs: Vec<PortMessage>,
    outputs: Vec<PortMessage>,
    standard_input: bool,
    #[serde(default)]
    continues: bool,
    #[serde(default)]
    write_through: bool,
}

/// A [`PortSetup`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PortMessage {
    pipe: String,
    codec: CodecName,
    block_size: Option<usize>,
}

impl From<&Setup> for SetupMessage {
    fn from(setup: &Setup) -> SetupMessage {
        SetupMessage {
            job: setup.job.clone(),
            network_dir: setup.network_dir.clone(),
            run_dir: setup.run_dir.clone(),
            head_bytes: setup.head_size.bytes() as u8,
            inputs: setup.inputs.iter().map(PortMessage::from).collect(),
            outputs: setup.outputs.iter().map(PortMessage::from).collect(),
            standard_input: setup.standard_input,
            continues: setup.continues,
            write_through: setup.write_through,
        }
    }
}

impl SetupMessage {
    /// `None` if a pipe has a codec that does not cross the border.
    pub(super) fn into_setup(self, lines: Option<Lines>) -> Option<Setup> {
        Some(Setup {
            job: self.job,
            network_dir: self.network_dir,
            run_dir: self.run_dir,
            head_size: HeadSize::new(self.head_bytes).unwrap_or_default(),
            inputs: self.inputs.into_iter().map(PortMessage::into_port).collect::<Option<_>>()?,
            outputs: self.outputs.into_iter().map(PortMessage::into_port).collect::<Option<_>>()?,
            lines,
            standard_input: self.standard_input,
            continues: self.continues,
            write_through: self.write_through,
        })
    }
}

impl From<&PortSetup> for PortMessage {
    fn from(port: &PortSetup) -> PortMessage {
        PortMessage { pipe: port.pipe.clone(), codec: port.codec.name(), block_size: port.codec.block_size() }
    }
}

impl PortMessage {
    /// `None` for a codec that does not cross the border.
    fn into_port(self) -> Option<PortSetup> {
        Some(PortSetup { codec: Codec::built_in(self.codec, self.block_size)?, pipe: self.pipe })
    }
}
