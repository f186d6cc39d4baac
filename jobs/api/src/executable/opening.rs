//! From what was given to open pipes.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use super::descriptors::{never_wait, take};
use super::error::{PipeError, PipeErrorKind, PortsError};
use super::format::Format;
use super::input::{Input, Inputs};
use super::output::Output;
use super::surroundings::{Given, Place, Surroundings};
use crate::codec::Framer;
use crate::control::RingEntry;
use crate::head::Head;
use crate::job::{PortList, PortSetup, Ports, Setup, StandardInput};
use crate::pool::Pool;
use crate::shared::{Incoming, Outgoing};

impl Surroundings {
    /// Opens the inputs. A FIFO's opening waits for the other side.
    pub(super) fn open_inputs(&self) -> Result<Inputs, PipeError> {
        self.inputs.iter().map(|given| self.open_input(given)).collect::<Result<_, _>>().map(Inputs)
    }

    fn open_input(&self, given: &Given) -> Result<Input, PipeError> {
        let file = given.open(File::options().read(true))?;
        let head = given.head.then_some(self.head_size);
        let ring = given.shared(Incoming::new);
        let places = ring.as_ref().map(Incoming::places);
        let framer = Framer::new(given.codec, head, given.max, Pool::new()).with_ring(places);
        let input = Input::new(given.pipe.clone(), file, framer, given.block_count, Head::empty(self.head_size));
        let input = input.with_ring(ring);
        Ok(if given.between_kits { input.telling() } else { input })
    }

    /// Opens the outputs. A write into one of several never waits, so that the others can be served meanwhile, nor does one of a
    /// program that is to show meanwhile that it lives, or to tell a writer meanwhile that there is room.
    pub(super) fn open_outputs(&self) -> Result<Vec<Output>, PipeError> {
        let never_waits = self.outputs.len() > 1
            || self.heartbeat.is_some()
            || self.inputs.iter().chain(&self.outputs).any(|given| given.ring.is_some());
        let open = |given: &Given| {
            let file = given.open(File::options().write(true).create(!self.in_run).truncate(!self.in_run))?;
            if never_waits {
                never_wait(&file).map_err(|error| given.error(PipeErrorKind::Write(error)))?;
            }
            let heads = given.head.then_some(self.head_size);
            let format = Format { codec: given.codec, heads, max: given.max, has_lengths: false };
            let ring = given.shared(Outgoing::new);
            Ok(Output::new(given.pipe.clone(), format, file, given.between_kits).with_ring(ring))
        };
        self.outputs.iter().map(open).collect()
    }

    /// What the job is told of all this.
    pub(super) fn setup(&self, job: &str, ports: &Ports) -> Setup {
        let port = |given: &Given| PortSetup { pipe: given.pipe.clone(), codec: given.codec };
        let reads_standard_input = self.inputs.iter().any(|given| given.place == Place::Descriptor(0));
        Setup {
            job: job.to_owned(),
            network_dir: self.network_dir.clone(),
            run_dir: self.run_dir.clone(),
            head_size: self.head_size,
            inputs: self.inputs.iter().map(port).collect(),
            outputs: self.outputs.iter().map(port).collect(),
            lines: None,
            standard_input: ports.standard_input != StandardInput::Unused && !self.in_run && !reads_standard_input,
            continues: self.in_run && continues(),
            write_through: self.acknowledge,
        }
    }

    /// Whether these pipes are what the job takes, which nobody has checked before.
    pub(super) fn check(&self, ports: &Ports) -> Result<(), PortsError> {
        if ports.lines {
            return Err(PortsError::Lines);
        }
        check_side(&ports.inputs, &self.inputs, "input")?;
        check_side(&ports.outputs, &self.outputs, "output")
    }
}

/// Whether this is not the first life of the job in the first attempt of its run.
fn continues() -> bool {
    let is_later = |name: &str| std::env::var(name).is_ok_and(|number| number != "1");
    is_later("PIPELOOM_INCARNATION") || is_later("PIPELOOM_ATTEMPT")
}

fn check_side(ports: &PortList, pipes: &[Given], side: &'static str) -> Result<(), PortsError> {
    if !ports.fits(pipes.len()) {
        return Err(PortsError::Count { takes: ports.clone(), side, has: pipes.len() });
    }
    for (given, port) in pipes.iter().enumerate().filter_map(|(place, given)| Some((given, ports.get(place)?))) {
        let pipe = given.pipe.clone();
        if !port.takes(given.codec.name()) {
            return Err(PortsError::Codec { pipe, codec: given.codec.name(), takes: port.codecs.clone() });
        }
        if let (Some(takes), Some(has)) = (port.block_size, given.codec.block_size())
            && takes != has
        {
            return Err(PortsError::Size { pipe, has, takes });
        }
        if port.one_block && given.block_count > 1 {
            return Err(PortsError::Blocks { pipe, has: given.block_count });
        }
    }
    Ok(())
}

impl Given {
    fn open(&self, options: &std::fs::OpenOptions) -> Result<File, PipeError> {
        match &self.place {
            Place::Path(path) => {
                let failed = |error| self.error(PipeErrorKind::Open { path: path.clone(), error });
                options.open(path).map_err(failed)
            }
            Place::Descriptor(number) => {
                let failed = |error| self.error(PipeErrorKind::Descriptor { number: *number, error });
                take(*number).map(File::from).map_err(failed)
            }
        }
    }

    /// Its side of the memory beside it, if there is any that can be had: it is an offer.
    fn shared<S>(&self, side: impl Fn(&OwnedFd, OwnedFd, usize) -> io::Result<S>) -> Option<S> {
        let RingEntry { fd, room, bytes } = self.ring?;
        side(&take(fd).ok()?, take(room).ok()?, bytes).ok()
    }

    fn error(&self, kind: PipeErrorKind) -> PipeError {
        PipeError { pipe: self.pipe.clone(), kind }
    }
}
