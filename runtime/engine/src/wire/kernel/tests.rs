//! Kernel pipes, and who gets which end of them.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use pipeloom_config::{JobId, Pass};
use pipeloom_os::fifo::FifoDir;
use pipeloom_os::pipe::{Io, ReadEnd, WriteEnd};
use tempfile::TempDir;

use super::{Holder, KernelEnd, KernelPipe, Order, make};
use crate::plan::Carrier;
use crate::sample::{Sample, job};
use crate::wire::{ChildEnd, Fifos};

struct Place {
    fifos: Fifos,
    fifo_dir: FifoDir,
    job: JobId,
    /// Last, as all others lie in it.
    dir: TempDir,
}

impl Place {
    fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        let fifo_dir = FifoDir::create(dir.path(), "test").unwrap();
        let job = job(&Sample::new().program("it", &[], &[]).network(), "it");
        Place { fifos: Fifos::new().unwrap(), fifo_dir, job, dir }
    }

    fn make(&mut self, carrier: Carrier, writer: Holder, reader: Holder) -> KernelPipe {
        self.make_with(carrier, writer, reader, None)
    }

    fn make_with(&mut self, carrier: Carrier, writer: Holder, reader: Holder, capacity: Option<usize>) -> KernelPipe {
        let outer = self.dir.path().join("outer");
        let order = Order { carrier, name: "p", outer: Some(&outer), writer, reader, capacity };
        make(&order, &self.fifo_dir, &mut self.fifos).unwrap()
    }
}

fn ours<E>(end: KernelEnd<E>) -> E {
    match end {
        KernelEnd::Runtime(end, _) => end,
        KernelEnd::Program(_) | KernelEnd::Outside => panic!("not the runtime's"),
    }
}

fn descriptor<E>(end: KernelEnd<E>) -> OwnedFd {
    match end {
        KernelEnd::Program(ChildEnd::Fd(fd)) => fd,
        _ => panic!("no descriptor for a program"),
    }
}

const O_NONBLOCK: i32 = 0o4000;

/// Whether a read or write of this descriptor waits.
fn is_blocking(fd: &OwnedFd) -> bool {
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", fd.as_raw_fd())).unwrap();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
    i32::from_str_radix(flags.trim(), 8).unwrap() & O_NONBLOCK == 0
}

fn carries(mut writer: WriteEnd, mut reader: ReadEnd) {
    assert_eq!(writer.write(b"hello").unwrap(), Io::Some(5));
    let mut buffer = [0; 8];
    assert_eq!(reader.read(&mut buffer).unwrap(), Io::Some(5));
}

#[test]
fn a_program_gets_a_descriptor_that_waits_and_the_runtime_one_that_does_not() {
    let mut place = Place::new();
    let program = Holder::Program(place.job, Pass::Fd);
    for carrier in [Carrier::Unnamed, Carrier::Fifo] {
        let made = place.make(carrier, program, Holder::Runtime);
        let writer = descriptor(made.writer);
        assert!(is_blocking(&writer), "{carrier:?}");
        let reader = ours(made.reader).into_fd();
        assert!(!is_blocking(&reader), "{carrier:?}");
        carries(WriteEnd::from_fd(writer).unwrap(), ReadEnd::from_fd(reader).unwrap());
        let _ = fs::remove_file(place.fifo_dir.path().join("p"));

        let made = place.make(carrier, Holder::Runtime, program);
        let reader = descriptor(made.reader);
        assert!(is_blocking(&reader), "{carrier:?}");
        carries(ours(made.writer), ReadEnd::from_fd(reader).unwrap());
        let _ = fs::remove_file(place.fifo_dir.path().join("p"));
    }
}

#[test]
fn a_program_that_wants_a_path_gets_that_of_a_fifo_in_the_runs_directory() {
    let mut place = Place::new();
    let made = place.make(Carrier::Fifo, Holder::Runtime, Holder::Program(place.job, Pass::Path));
    let KernelEnd::Program(ChildEnd::Path(path)) = made.reader else { panic!("no path") };
    assert_eq!(path, place.fifo_dir.path().join("p"));
    let KernelEnd::Runtime(_, Some(_)) = made.writer else { panic!("the runtime's end of a FIFO is known by its id") };
}

#[test]
fn both_ends_of_an_unnamed_pipe_may_be_programs() {
    let mut place = Place::new();
    let program = Holder::Program(place.job, Pass::Stdio);
    let made = place.make(Carrier::Unnamed, program, program);
    let (writer, reader) = (descriptor(made.writer), descriptor(made.reader));
    assert!(is_blocking(&writer) && is_blocking(&reader));
}

#[test]
fn an_outer_fifo_is_made_where_the_file_says_and_removed_with_the_run() {
    let mut place = Place::new();
    let outer = place.dir.path().join("outer");
    let made = place.make(Carrier::Outer, Holder::Outside, Holder::Runtime);
    assert!(matches!(made.writer, KernelEnd::Outside));
    assert!(outer.exists());
    place.fifos = Fifos::new().unwrap();
    assert!(!outer.exists());
}

/// Writes to a FIFO as soon as it is there, and goes.
fn write_at_once(path: &Path) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut file = loop {
        // Without waiting for a reader, who must be there already.
        match File::options().write(true).custom_flags(O_NONBLOCK).open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound && Instant::now() < deadline => thread::yield_now(),
            opened => break opened.unwrap(),
        }
    };
    file.write_all(b"hello").unwrap();
}

#[test]
fn who_waits_for_an_outer_fifo_may_open_it_at_once_and_go() {
    // It was watched when it was there already: who came and went in between was never heard of, and its end never came.
    for _ in 0..150 {
        let mut place = Place::new();
        let outer = place.dir.path().join("outer");
        let mut reader = thread::scope(|threads| {
            threads.spawn(|| write_at_once(&outer));
            ours(place.make(Carrier::Outer, Holder::Outside, Holder::Runtime).reader)
        });
        assert!(!place.fifos.is_settled(&outer));
        place.fifos.opened(&|_, _| false).unwrap();
        assert!(place.fifos.is_settled(&outer));
        let mut buffer = [0; 8];
        assert_eq!(reader.read(&mut buffer).unwrap(), Io::Some(5));
        assert_eq!(reader.read(&mut buffer).unwrap(), Io::End);
    }
}

#[test]
fn what_lies_at_an_outer_fifos_path_is_not_touched() {
    let mut place = Place::new();
    let outer = place.dir.path().join("outer");
    fs::write(&outer, "precious").unwrap();
    let order = Order {
        carrier: Carrier::Outer,
        name: "p",
        outer: Some(&outer),
        writer: Holder::Outside,
        reader: Holder::Runtime,
        capacity: None,
    };
    assert!(make(&order, &place.fifo_dir, &mut place.fifos).is_err());
    assert_eq!(fs::read_to_string(outer).unwrap(), "precious");
}

#[test]
fn a_size_is_given_or_its_refusal_told() {
    let mut place = Place::new();
    for carrier in [Carrier::Unnamed, Carrier::Fifo] {
        let made = place.make_with(carrier, Holder::Runtime, Holder::Runtime, Some(8000));
        assert!(made.capacity_refused.is_none());
        assert_eq!(ours(made.reader).capacity().unwrap(), 8192);
        let _ = fs::remove_file(place.fifo_dir.path().join("p"));
        let made = place.make_with(carrier, Holder::Runtime, Holder::Runtime, Some(usize::MAX));
        assert!(made.capacity_refused.is_some(), "{carrier:?}");
        let _ = fs::remove_file(place.fifo_dir.path().join("p"));
    }
}
