//! All orders in which the two sides of a ring can come: `just loom`.
#![cfg(loom)]

use std::collections::VecDeque;

use loom::sync::atomic::AtomicU32;
use loom::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use pipeloom_job::ring::{
    ALIGN, Descriptor, Reader, Room, State, Ticket, Word, Writer, after_waiting, before_waiting, release,
};

struct LoomWord(AtomicU32);

impl Word for LoomWord {
    fn get(&self) -> u32 {
        self.0.load(Acquire)
    }

    fn set(&self, value: u32) {
        self.0.store(value, Release);
    }

    fn swap(&self, value: u32) -> u32 {
        self.0.swap(value, AcqRel)
    }

    fn look(&self) -> u32 {
        self.0.fetch_add(0, AcqRel)
    }

    fn take(&self, value: u32) -> bool {
        self.0.compare_exchange(value, 0, AcqRel, Relaxed).is_ok()
    }
}

/// What both sides see: the words, and the payloads, of which one word each is looked at.
struct Memory {
    wanted: LoomWord,
    hungry: LoomWord,
    known: LoomWord,
    lengths: LoomWord,
    writer: LoomWord,
    slots: Vec<LoomWord>,
    payloads: Vec<AtomicU32>,
}

impl State for Memory {
    type Word = LoomWord;

    fn wanted(&self) -> &LoomWord {
        &self.wanted
    }

    fn hungry(&self) -> &LoomWord {
        &self.hungry
    }

    fn known(&self) -> &LoomWord {
        &self.known
    }

    fn lengths(&self) -> &LoomWord {
        &self.lengths
    }

    fn writer(&self) -> &LoomWord {
        &self.writer
    }

    fn slots(&self) -> &[LoomWord] {
        &self.slots
    }
}

/// What goes through the pipe.
#[derive(Clone, Copy)]
enum Sent {
    Inline(u32),
    InRing(Descriptor),
}

/// The kernel's side of it: the pipe, the bell, and what the two sleep on.
#[derive(Default)]
struct Kernel {
    pipe: VecDeque<Sent>,
    closed: bool,
    rung: bool,
    reader_gone: bool,
}

struct Shared {
    memory: Memory,
    kernel: Mutex<Kernel>,
    writer_wakes: Condvar,
    reader_wakes: Condvar,
}

impl Shared {
    fn new(places: usize) -> Arc<Shared> {
        let word = || LoomWord(AtomicU32::new(0));
        let memory = Memory {
            wanted: word(),
            hungry: word(),
            known: word(),
            lengths: word(),
            writer: word(),
            slots: (0..4).map(|_| word()).collect(),
            payloads: (0..places).map(|_| AtomicU32::new(0)).collect(),
        };
        let kernel = Mutex::new(Kernel::default());
        Arc::new(Shared { memory, kernel, writer_wakes: Condvar::new(), reader_wakes: Condvar::new() })
    }

    fn ring(&self) {
        self.kernel.lock().unwrap().rung = true;
        self.writer_wakes.notify_one();
    }

    fn push(&self, sent: Sent) {
        self.kernel.lock().unwrap().pipe.push_back(sent);
        self.reader_wakes.notify_one();
    }

    fn release(&self, ticket: Ticket) {
        if release(&self.memory, ticket) {
            self.ring();
        }
    }

    /// Sends numbers as a kit does. `false` once the reader has gone.
    fn send(&self, writer: &mut Writer<&Memory>, number: u32) -> bool {
        let place = writer.take(ALIGN).map_or_else(|| self.wait_for_room(writer), |place| Some(Some(place)));
        let Some(place) = place else { return false };
        let Some(place) = place else {
            self.push(Sent::Inline(number));
            return true;
        };
        self.memory.payloads[place.offset / ALIGN].store(number, Relaxed);
        self.push(Sent::InRing(place));
        true
    }

    /// A place, or that there shall be none, or that the reader has gone.
    fn wait_for_room(&self, writer: &mut Writer<&Memory>) -> Option<Option<Descriptor>> {
        let found = loop {
            let room = writer.ask(ALIGN);
            let mut kernel = self.kernel.lock().unwrap();
            match room {
                Room::Here(place) => break Some(Some(place)),
                Room::ReaderWaits if kernel.pipe.is_empty() => break Some(None),
                Room::Later | Room::ReaderWaits => {}
            }
            while !kernel.rung && !kernel.reader_gone {
                kernel = self.writer_wakes.wait(kernel).unwrap();
            }
            if kernel.reader_gone {
                break None;
            }
            kernel.rung = false;
        };
        writer.stop_asking();
        found
    }

    /// The next number, with what is to be released for it.
    fn receive(&self, reader: &mut Reader, holds: bool) -> Option<(u32, Option<Ticket>)> {
        if self.kernel.lock().unwrap().pipe.is_empty() && before_waiting(&self.memory, holds) {
            self.ring();
        }
        let mut kernel = self.kernel.lock().unwrap();
        while kernel.pipe.is_empty() && !kernel.closed {
            kernel = self.reader_wakes.wait(kernel).unwrap();
        }
        let sent = kernel.pipe.pop_front();
        drop(kernel);
        after_waiting(&self.memory);
        Some(match sent? {
            Sent::Inline(number) => (number, None),
            Sent::InRing(place) => {
                let at = reader.check(place).unwrap().start / ALIGN;
                (self.memory.payloads[at].load(Relaxed), Some(place.ticket))
            }
        })
    }

    fn close(&self) {
        self.kernel.lock().unwrap().closed = true;
        self.reader_wakes.notify_one();
    }

    fn leave(&self) {
        self.kernel.lock().unwrap().reader_gone = true;
        self.writer_wakes.notify_one();
    }
}

/// A writer of so many numbers in a thread of its own.
fn writing(shared: &Arc<Shared>, numbers: u32, places: usize) -> thread::JoinHandle<bool> {
    let shared = shared.clone();
    thread::spawn(move || {
        let mut writer = Writer::new(&shared.memory, places * ALIGN).unwrap();
        let all = (1..=numbers).all(|number| shared.send(&mut writer, number));
        shared.close();
        all
    })
}

fn explore(check: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(check);
}

#[test]
fn every_number_comes_whole_and_in_order() {
    explore(|| {
        let shared = Shared::new(1);
        let writer = writing(&shared, 3, 1);
        let mut reader = Reader::new(ALIGN).unwrap();
        let mut expected = 1..;
        while let Some((number, ticket)) = shared.receive(&mut reader, false) {
            assert_eq!(Some(number), expected.next());
            ticket.into_iter().for_each(|ticket| shared.release(ticket));
        }
        assert_eq!(expected.next(), Some(4));
        assert!(writer.join().unwrap());
    });
}

#[test]
fn a_reader_that_keeps_what_it_has_gets_all_the_same() {
    explore(|| {
        let shared = Shared::new(1);
        let writer = writing(&shared, 3, 1);
        let mut reader = Reader::new(ALIGN).unwrap();
        let mut kept = Vec::new();
        for expected in 1..=3 {
            let (number, ticket) = shared.receive(&mut reader, !kept.is_empty()).unwrap();
            assert_eq!(number, expected);
            kept.extend(ticket);
        }
        assert!(shared.receive(&mut reader, true).is_none());
        assert!(writer.join().unwrap());
    });
}

#[test]
fn places_are_released_in_any_order_by_any_thread() {
    explore(|| {
        let shared = Shared::new(2);
        let writer = writing(&shared, 3, 2);
        let mut reader = Reader::new(2 * ALIGN).unwrap();
        let (_, first) = shared.receive(&mut reader, false).unwrap();
        let (_, second) = shared.receive(&mut reader, true).unwrap();
        let other = {
            let shared = shared.clone();
            thread::spawn(move || second.into_iter().for_each(|ticket| shared.release(ticket)))
        };
        first.into_iter().for_each(|ticket| shared.release(ticket));
        other.join().unwrap();
        assert_eq!(shared.receive(&mut reader, false).unwrap().0, 3);
        assert!(writer.join().unwrap());
    });
}

#[test]
fn a_writer_is_not_left_waiting_for_a_reader_that_has_gone() {
    explore(|| {
        let shared = Shared::new(1);
        let writer = writing(&shared, 3, 1);
        let mut reader = Reader::new(ALIGN).unwrap();
        assert_eq!(shared.receive(&mut reader, false).unwrap().0, 1);
        shared.leave();
        writer.join().unwrap();
    });
}
