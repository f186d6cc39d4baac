//! From a value to a block.

use std::marker::PhantomData;

use serde::Serialize;

use super::ends::Ends;
use super::error::OutputError;
use crate::codec::Codec;
use crate::control::Report;
use crate::job::{JobError, PortSetup};
use crate::step::{Emit, Port};

/// Where a typed job's values and reports go. `T` is the type of output 0.
pub struct Output<'a, T> {
    ports: &'a [PortSetup],
    scratch: &'a mut Vec<u8>,
    emit: &'a mut dyn Emit,
    sent: PhantomData<fn(&T)>,
}

impl<'a, T: Serialize> Output<'a, T> {
    pub(super) fn new(ends: &'a mut Ends, emit: &'a mut dyn Emit) -> Output<'a, T> {
        Output { ports: &ends.outputs, scratch: &mut ends.scratch, emit, sent: PhantomData }
    }

    /// Sends a value on output 0, with the head of the compute block.
    pub fn send(&mut self, value: &T) -> Result<(), JobError> {
        self.send_to(Port(0), value)
    }

    /// Sends a value of any type on output `to`, with the head of the compute block.
    pub fn send_to<V: Serialize + ?Sized>(&mut self, to: Port, value: &V) -> Result<(), JobError> {
        let output = to.index();
        let port = self.ports.get(output).ok_or(OutputError::Missing { output })?;
        let failed = |source| OutputError::Value { output, pipe: port.pipe.clone(), source };
        if let Codec::Bytes { block_size } = port.codec {
            Codec::encode_in_place(value, self.emit.reserve(to, block_size)?).map_err(failed)?;
        } else {
            self.scratch.clear();
            port.codec.encode(value, self.scratch).map_err(failed)?;
            self.emit.reserve(to, self.scratch.len())?.copy_from_slice(self.scratch);
        }
        Ok(self.emit.commit(None)?)
    }

    /// The number of outputs.
    pub const fn outputs(&self) -> usize {
        self.ports.len()
    }

    /// Tells the run something: progress, status, a metric, a result.
    pub fn report(&mut self, what: Report) {
        self.emit.report(what);
    }
}

impl<T> std::fmt::Debug for Output<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("ports", &self.ports).finish_non_exhaustive()
    }
}
