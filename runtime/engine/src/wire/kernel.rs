//! Making one pipe of the kernel and sorting its two ends.

use std::path::Path;

use pipeloom_config::{JobId, Pass};
use pipeloom_os::OsError;
use pipeloom_os::fifo::{FifoDir, make_hidden};
use pipeloom_os::keeper::Keeper;
use pipeloom_os::pipe::{CapacityError, ReadEnd, WriteEnd, unnamed};

use super::ends::{ChildEnd, FifoId, Fifos, Side};
use crate::plan::Carrier;

/// Who has an end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Holder {
    /// The runtime itself.
    Runtime,
    /// An executable, which is given it like this.
    Program(JobId, Pass),
    /// A program outside the network.
    Outside,
}

/// One end, for its holder.
pub(super) enum KernelEnd<E> {
    /// For the runtime; if it is a FIFO, which one.
    Runtime(E, Option<FifoId>),
    /// For an executable.
    Program(ChildEnd),
    /// The holder finds it where the file says.
    Outside,
}

/// A kernel pipe with both its ends.
pub(super) struct KernelPipe {
    pub(super) writer: KernelEnd<WriteEnd>,
    pub(super) reader: KernelEnd<ReadEnd>,
    /// A size was asked for and not given.
    pub(super) capacity_refused: Option<CapacityError>,
}

/// What is asked for.
pub(super) struct Order<'a> {
    pub(super) carrier: Carrier,
    /// The name in the run's FIFO directory.
    pub(super) name: &'a str,
    /// The path of an outer FIFO.
    pub(super) outer: Option<&'a Path>,
    pub(super) writer: Holder,
    pub(super) reader: Holder,
    /// The size in bytes, if one is asked for.
    pub(super) capacity: Option<usize>,
}

/// Makes a kernel pipe.
pub(super) fn make(order: &Order<'_>, dir: &FifoDir, fifos: &mut Fifos) -> Result<KernelPipe, OsError> {
    match (order.carrier, order.outer) {
        (Carrier::Unnamed, _) => make_unnamed(order),
        (Carrier::Outer, Some(path)) => {
            let fifo = make_hidden(path)?;
            let made = make_fifo(order, Keeper::open(fifo.hidden_path())?, path, fifos)?;
            // Only now, so that our own opens are not told, and both ends are there for who opens it at once.
            fifos.hold_outer(fifo)?;
            Ok(made)
        }
        (Carrier::Fifo | Carrier::Outer, _) => {
            let path = dir.make(order.name)?;
            make_fifo(order, Keeper::open(&path)?, &path, fifos)
        }
    }
}

fn make_unnamed(order: &Order<'_>) -> Result<KernelPipe, OsError> {
    let (reader, mut writer) = unnamed()?;
    let capacity_refused = order.capacity.and_then(|bytes| writer.set_capacity(bytes).err());
    let writer = match order.writer {
        Holder::Program(..) => KernelEnd::Program(write_fd(writer)?),
        Holder::Runtime | Holder::Outside => KernelEnd::Runtime(writer, None),
    };
    let reader = match order.reader {
        Holder::Program(..) => KernelEnd::Program(read_fd(reader)?),
        Holder::Runtime | Holder::Outside => KernelEnd::Runtime(reader, None),
    };
    Ok(KernelPipe { writer, reader, capacity_refused })
}

/// Sorts the ends of a kept FIFO that programs find at `path`.
fn make_fifo(order: &Order<'_>, keeper: Keeper, path: &Path, fifos: &mut Fifos) -> Result<KernelPipe, OsError> {
    let capacity_refused = match order.capacity {
        Some(bytes) => keeper.open_writer()?.set_capacity(bytes).err(),
        None => None,
    };
    let id = fifos.next_id();
    let writer = match order.writer {
        Holder::Runtime => KernelEnd::Runtime(keeper.open_writer()?, Some(id)),
        Holder::Program(_, Pass::Path) => KernelEnd::Program(ChildEnd::Path(path.to_owned())),
        Holder::Program(_, Pass::Fd | Pass::Stdio) => KernelEnd::Program(write_fd(keeper.open_writer()?)?),
        Holder::Outside => KernelEnd::Outside,
    };
    let reader = match order.reader {
        Holder::Runtime => KernelEnd::Runtime(keeper.open_reader()?, Some(id)),
        Holder::Program(_, Pass::Path) => KernelEnd::Program(ChildEnd::Path(path.to_owned())),
        Holder::Program(_, Pass::Fd | Pass::Stdio) => KernelEnd::Program(read_fd(keeper.open_reader()?)?),
        Holder::Outside => KernelEnd::Outside,
    };
    fifos.keep(keeper.found_at(path), order.writer == Holder::Outside || order.reader == Holder::Outside);
    for (side, holder) in [(Side::Writer, order.writer), (Side::Reader, order.reader)] {
        if let Holder::Program(job, _) = holder {
            fifos.assign(id, side, job);
        }
    }
    Ok(KernelPipe { writer, reader, capacity_refused })
}

/// A program expects its descriptors to wait.
fn write_fd(mut end: WriteEnd) -> Result<ChildEnd, OsError> {
    end.set_blocking(true)?;
    Ok(ChildEnd::Fd(end.into_fd()))
}

fn read_fd(mut end: ReadEnd) -> Result<ChildEnd, OsError> {
    end.set_blocking(true)?;
    Ok(ChildEnd::Fd(end.into_fd()))
}

#[cfg(test)]
mod tests;
