//! From a value to a block.

use std::marker::PhantomData;

use serde::Serialize;

use super::ends::Ends;
use super::error::OutputError;
use super::heads::InHeads;
use crate::codec::Codec;
use crate::control::Report;
use crate::head::Head;
use crate::job::{JobError, PortSetup};
use crate::step::{Emit, Flow, Port};

/// Where a typed job's values and reports go, and the heads of the compute block. `T` is the type of output 0.
pub struct Output<'a, T> {
    ports: &'a [PortSetup],
    scratch: &'a mut Vec<u8>,
    emit: &'a mut dyn Emit,
    heads: InHeads<'a>,
    head: Head,
    finishes: bool,
    sent: PhantomData<fn(&T)>,
}

impl<'a, T> Output<'a, T> {
    /// The output of one step; blocks carry `head` unless the job says otherwise.
    #[inline]
    pub(super) fn new(ends: &'a mut Ends, emit: &'a mut dyn Emit, heads: InHeads<'a>, head: Head) -> Output<'a, T> {
        let (ports, scratch) = (&ends.outputs, &mut ends.scratch);
        Output { ports, scratch, emit, heads, head, finishes: false, sent: PhantomData }
    }

    /// The output after the last step.
    #[inline]
    pub(super) fn at_end(ends: &'a mut Ends, emit: &'a mut dyn Emit) -> Output<'a, T> {
        let empty = Head::empty(ends.head_size);
        Output::new(ends, emit, InHeads::none(empty), empty)
    }

    /// What comes after the step that returned `flow`. Mostly that is what it returned, which is not moved: to move it would
    /// cost as much as a short step.
    #[inline(always)]
    pub(super) fn flow(&self, flow: Result<Flow, JobError>) -> Result<Flow, JobError> {
        if self.finishes { flow.map(|_| Flow::Done) } else { flow }
    }

    /// The reduced head: what blocks carry that are sent without a head of their own.
    #[inline]
    pub const fn head(&self) -> Head {
        self.head
    }

    /// The heads of all blocks that came.
    #[inline]
    pub const fn in_heads(&self) -> InHeads<'a> {
        self.heads
    }

    /// Changes the reduced head: blocks sent from now on carry it, until the step ends.
    #[inline]
    pub const fn set_head(&mut self, head: Head) {
        self.head = head.resized(self.head.size());
    }

    /// Makes this step the last one, as if it returned [`Flow::Done`]: the blocks sent in it, before or after this call,
    /// carry the finished mark.
    #[inline]
    pub const fn finish(&mut self) {
        self.finishes = true;
    }

    /// The number of outputs.
    #[inline]
    pub const fn outputs(&self) -> usize {
        self.ports.len()
    }

    /// Tells the run something: progress, status, a metric, a result.
    #[inline]
    pub fn report(&mut self, what: Report) {
        self.emit.report(what);
    }

    /// Sends a value of any type on output `to`, with the reduced head.
    #[inline(always)]
    pub fn send_to<V: Serialize + ?Sized>(&mut self, to: Port, value: &V) -> Result<(), JobError> {
        self.send_to_with(to, self.head, value)
    }

    /// Sends a value of any type on output `to`, with a head of its own.
    #[inline(always)]
    pub fn send_to_with<V: Serialize + ?Sized>(&mut self, to: Port, head: Head, value: &V) -> Result<(), JobError> {
        let port = self.port(to)?;
        if let Codec::Bytes { block_size } = port.codec {
            Codec::encode_in_place(value, self.emit.reserve(to, block_size)?)
                .map_err(|source| OutputError::value(to, port, source))?;
            self.commit(head)
        } else {
            self.encode_and_send(to, port, head, value)
        }
    }

    /// Sends one value of any type on all outputs, with the reduced head.
    pub fn send_all<V: Serialize + ?Sized>(&mut self, value: &V) -> Result<(), JobError> {
        let all = self.ports;
        let ports = || (0..).map(Port).zip(all);
        for (to, port) in ports() {
            if all[..to.index()].iter().any(|earlier| earlier.codec == port.codec) {
                continue;
            }
            self.encode(to, port, value)?;
            for (to, _) in ports().filter(|(_, other)| other.codec == port.codec) {
                self.send_encoded(to, self.head)?;
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn port(&self, to: Port) -> Result<&'a PortSetup, OutputError> {
        self.ports.get(to.index()).ok_or_else(|| OutputError::Missing { output: to.index() })
    }

    #[inline(never)]
    fn encode_and_send<V: Serialize + ?Sized>(
        &mut self,
        to: Port,
        port: &PortSetup,
        head: Head,
        value: &V,
    ) -> Result<(), JobError> {
        self.encode(to, port, value)?;
        self.send_encoded(to, head)
    }

    fn encode<V: Serialize + ?Sized>(&mut self, to: Port, port: &PortSetup, value: &V) -> Result<(), OutputError> {
        self.scratch.clear();
        port.codec.encode(value, self.scratch).map_err(|source| OutputError::value(to, port, source))
    }

    fn send_encoded(&mut self, to: Port, head: Head) -> Result<(), JobError> {
        self.emit.reserve(to, self.scratch.len())?.copy_from_slice(self.scratch);
        self.commit(head)
    }

    #[inline(always)]
    fn commit(&mut self, head: Head) -> Result<(), JobError> {
        // What the job leaves as it was, the runtime knows already.
        let own = (head != self.heads.or()).then(|| head.resized(self.head.size()));
        Ok(self.emit.commit(own)?)
    }
}

impl<T: Serialize> Output<'_, T> {
    /// Sends a value on output 0, with the reduced head.
    #[inline(always)]
    pub fn send(&mut self, value: &T) -> Result<(), JobError> {
        self.send_to(Port(0), value)
    }

    /// Sends a value on output 0, with a head of its own.
    pub fn send_with(&mut self, head: Head, value: &T) -> Result<(), JobError> {
        self.send_to_with(Port(0), head, value)
    }
}

impl<T> std::fmt::Debug for Output<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("ports", &self.ports).field("head", &self.head).finish_non_exhaustive()
    }
}
