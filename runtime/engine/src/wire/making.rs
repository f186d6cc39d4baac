//! Making one pipe of the kernel between a program and the runtime.

use std::sync::Arc;

use pipeloom_config::{End, Executable, Network, PipeSpec, Side, Taking, WhenFull};
use pipeloom_os::OsError;
use pipeloom_os::fifo::FifoDir;
use pipeloom_os::pipe::{ReadEnd, WriteEnd};

use super::capacity::{Capacities, LESS};
use super::ends::{ChildEnd, Fifos};
use super::kernel::{self, Holder, KernelEnd, KernelPipe, Order};
use crate::flow::{EndNotice, FifoInlet, FifoOutlet, HeadReceiver, HeadRule, Tally, WireFormat};
use crate::plan::Carrier;
use crate::reactor::FactSender;

/// The kernel rounds it up to one page.
const SMALLEST_PIPE: usize = 1;

/// Makes pipes of the kernel.
#[derive(Clone, Copy)]
pub(super) struct Maker<'a> {
    pub(super) network: &'a Network,
    /// The FIFO directory.
    pub(super) fifo_dir: &'a FifoDir,
    pub(super) capacities: &'a Capacities,
    /// Where the runtime's ends tell what happens to them.
    pub(super) facts: &'a FactSender,
}

/// One kernel pipe on the way from a writer to a reader of `pipe`.
pub(super) struct Way<'a> {
    pub(super) pipe: &'a PipeSpec,
    pub(super) writer: Holder,
    pub(super) reader: Holder,
    pub(super) name: String,
    /// The size wanted, in bytes.
    pub(super) capacity: Option<usize>,
}

/// A pipe between a program and the runtime.
pub(super) struct Made<E> {
    /// What the program is given; `None` for one outside the network.
    pub(super) program: Option<ChildEnd>,
    pub(super) ours: E,
    /// What could not be had and is not needed.
    pub(super) warning: Option<String>,
}

impl<'a> Maker<'a> {
    pub(super) fn program(&self, end: End) -> Option<&'a Executable> {
        self.network[end.job].executable()
    }

    pub(super) fn holder(&self, end: End) -> Holder {
        self.program(end).map_or(Holder::Runtime, |program| Holder::Program(end.job, program.pass))
    }

    /// A name that no pipe has, as names have no `@`.
    pub(super) fn leg_name(&self, pipe: &PipeSpec, reader: End) -> String {
        format!("{}@{}", pipe.name, self.network[reader.job].name)
    }

    /// How blocks stand on a kernel pipe whose far end, seen from the runtime, is `other`.
    pub(super) fn format(&self, pipe: &PipeSpec, other: Option<End>) -> WireFormat {
        // Between ends of ours heads always travel.
        let heads = other.is_some_and(|end| self.program(end).is_none_or(|program| program.head));
        WireFormat {
            pipe: pipe.name.as_str().into(),
            codec: pipe.codec,
            heads: heads && pipe.codec.has_blocks(),
            max_block_bytes: pipe.max_block_bytes,
        }
    }

    /// What a program's blocks get; a program outside the network is a source.
    pub(super) fn head_rule(&self, writer: Option<End>, lines: Vec<HeadReceiver>) -> HeadRule {
        let job = writer.map_or("", |writer| self.network[writer.job].name.as_str());
        HeadRule::Program { job: job.into(), lines }
    }

    /// Makes a pipe; the second of what is given is a warning.
    pub(super) fn kernel_pipe(
        &self,
        carrier: Carrier,
        way: &Way<'_>,
        fifos: &mut Fifos,
    ) -> Result<(KernelPipe, Option<String>), OsError> {
        let order = Order {
            carrier,
            name: &way.name,
            outer: way.pipe.external.as_ref().map(|external| external.path.as_path()),
            writer: way.writer,
            reader: way.reader,
            capacity: way.capacity,
        };
        let mut made = kernel::make(&order, self.fifo_dir, fifos)?;
        let refused = made.capacity_refused.take();
        let warning = refused.map(|refused| match way.pipe.capacity {
            Some(_) => format!("pipe {}: {refused}; it keeps its size", way.pipe.name),
            None => LESS.to_owned(),
        });
        Ok((made, warning))
    }

    /// The end from which the runtime reads what a program writes, with who is told when it is closed.
    pub(super) fn read_end(
        &self,
        pipe: &PipeSpec,
        carrier: Carrier,
        name: String,
        fifos: &mut Fifos,
    ) -> Result<Made<(ReadEnd, Option<EndNotice>)>, OsError> {
        let writer = pipe.writer.map_or(Holder::Outside, |writer| self.holder(writer));
        let way = Way { pipe, writer, reader: Holder::Runtime, name, capacity: self.capacities.of(pipe) };
        let (made, warning) = self.kernel_pipe(carrier, &way, fifos)?;
        let KernelEnd::Runtime(end, fifo) = made.reader else { unreachable!("the runtime holds this end") };
        let notice = fifo.map(|fifo| EndNotice::new(fifo, Side::Reader, self.facts));
        Ok(Made { program: given(made.writer), ours: (end, notice), warning })
    }

    /// What the runtime reads of what a program writes. What the program does to heads is counted in `tally`.
    pub(super) fn inlet(
        &self,
        pipe: &PipeSpec,
        carrier: Carrier,
        name: String,
        lines: Vec<HeadReceiver>,
        tally: Option<Arc<Tally>>,
        fifos: &mut Fifos,
    ) -> Result<Made<FifoInlet>, OsError> {
        let Made { program, ours: (end, notice), warning } = self.read_end(pipe, carrier, name, fifos)?;
        let rule = self.head_rule(pipe.writer, lines);
        let inlet = FifoInlet::new(self.format(pipe, pipe.writer), self.network.head_size(), end, rule);
        let inlet = inlet.with_notice(notice);
        let ours = match tally {
            Some(tally) => inlet.counting_false_resets(tally),
            None => inlet,
        };
        Ok(Made { program, ours, warning })
    }

    /// The end into which the runtime writes for a program to read, with who is told when it is closed.
    pub(super) fn write_end(
        &self,
        pipe: &PipeSpec,
        reader: Option<End>,
        carrier: Carrier,
        name: String,
        fifos: &mut Fifos,
    ) -> Result<Made<(WriteEnd, Option<EndNotice>)>, OsError> {
        let capacity = match pipe.when_full {
            WhenFull::Block | WhenFull::Spool(_) => self.capacities.of(pipe),
            // What has gone into the kernel cannot be dropped any more.
            WhenFull::Drop(_) | WhenFull::Fail => Some(SMALLEST_PIPE),
        };
        let capacity = if pipe.taking == Taking::InStep { capacity } else { Some(SMALLEST_PIPE) };
        let holder = reader.map_or(Holder::Outside, |reader| self.holder(reader));
        let way = Way { pipe, writer: Holder::Runtime, reader: holder, name, capacity };
        let (made, warning) = self.kernel_pipe(carrier, &way, fifos)?;
        let KernelEnd::Runtime(end, fifo) = made.writer else { unreachable!("the runtime holds this end") };
        let notice = fifo.map(|fifo| EndNotice::new(fifo, Side::Writer, self.facts));
        Ok(Made { program: given(made.reader), ours: (end, notice), warning })
    }

    /// What the runtime writes for a program to read.
    pub(super) fn outlet(
        &self,
        pipe: &PipeSpec,
        reader: Option<End>,
        carrier: Carrier,
        name: String,
        fifos: &mut Fifos,
    ) -> Result<Made<FifoOutlet>, OsError> {
        let Made { program, ours: (end, notice), warning } = self.write_end(pipe, reader, carrier, name, fifos)?;
        let ours = FifoOutlet::new(self.format(pipe, reader), end).with_notice(notice);
        Ok(Made { program, ours, warning })
    }
}

fn given<E>(end: KernelEnd<E>) -> Option<ChildEnd> {
    match end {
        KernelEnd::Program(end) => Some(end),
        KernelEnd::Runtime(..) | KernelEnd::Outside => None,
    }
}
