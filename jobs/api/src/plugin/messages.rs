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
        }
    }
}

impl SetupMessage {
    pub(super) fn into_setup(self, lines: Option<Lines>) -> Setup {
        Setup {
            job: self.job,
            network_dir: self.network_dir,
            run_dir: self.run_dir,
            head_size: HeadSize::new(self.head_bytes).unwrap_or_default(),
            inputs: self.inputs.into_iter().map(PortMessage::into_port).collect(),
            outputs: self.outputs.into_iter().map(PortMessage::into_port).collect(),
            lines,
            standard_input: self.standard_input,
        }
    }
}

impl From<&PortSetup> for PortMessage {
    fn from(port: &PortSetup) -> PortMessage {
        PortMessage { pipe: port.pipe.clone(), codec: port.codec.name(), block_size: port.codec.block_size() }
    }
}

impl PortMessage {
    fn into_port(self) -> PortSetup {
        let codec = match self.codec {
            CodecName::Bincode => Codec::Bincode,
            CodecName::Json => Codec::Json,
            CodecName::Lines => Codec::Lines,
            CodecName::Bytes => Codec::Bytes { block_size: self.block_size.unwrap_or(0) },
            CodecName::Framed => Codec::Framed,
            CodecName::Stream => Codec::Stream,
        };
        PortSetup { pipe: self.pipe, codec }
    }
}
