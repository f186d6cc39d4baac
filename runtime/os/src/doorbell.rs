//! Waking one thread that sleeps, without a system call when it does not.
//!
//! A thread that takes its work from queues in memory owns a [`Doorbell`]; whoever puts work there rings it. Most of
//! the time the owner is awake and will look at its queues anyway, so a ring is one load.
//!
//! # Theory of operation
//!
//! The two sides follow Dekker's pattern, each writing one thing and then reading what the other writes:
//!
//! ```text
//! owner                               whoever has work for it
//! prepare_to_sleep()  sleeping = 1    put the work into the queue
//!                     full fence      ring():  full fence
//! look at the queues again                     is sleeping 1? set it to 0, write the eventfd
//! nothing? wait()
//! ```
//!
//! With both fences sequentially consistent at least one side sees what the other did: the owner the work, or the
//! ringer that the owner sleeps. The ringer who changes `sleeping` from 1 to 0 is the only one to pay for the write.
//! An owner that finds work after all calls [`Doorbell::stay_awake`] and goes on; a ring that comes too late then ends the
//! next wait at once, which costs a turn and loses nothing.
//!
//! # Parts
//!
//! An owner with many queues would have to look at all of them for each ring. So a doorbell can be given out for a *part*
//! of the owner's work ([`Doorbell::for_part`]): its ring first sets the part's bit in [`Parts`], and then rings as any
//! other. The owner takes the bits that are set and looks at those parts only:
//!
//! ```text
//! owner                               whoever has work for the part
//! prepare_to_sleep()                  put the work into the part's queue
//!   sleeping = 1, full fence          ring():  full fence
//! take the bits (swap with 0)                  is the bit 0? set it
//!   full fence                                 is sleeping 1? set it to 0, write the eventfd
//! look at the queues of those parts
//! nothing? wait()
//! ```
//!
//! No work is lost. If the ringer finds the bit set, its fence comes before that of the owner's next taking, or it would have
//! found the bit taken; so the owner sees the work when it looks after that. If the ringer sets the bit, it looks at
//! `sleeping` after that, as above: either it sees that the owner sleeps, or the owner sees the bit.
//!
//! ```
//! use std::{collections::VecDeque, sync::{Arc, Mutex}, thread};
//! use pipeloom_os::doorbell::{Doorbell, wait};
//!
//! let bell = Doorbell::new()?;
//! let queue = Arc::new(Mutex::new(VecDeque::new()));
//! let ringer = {
//!     let (bell, queue) = (bell.clone(), queue.clone());
//!     thread::spawn(move || {
//!         queue.lock().unwrap().push_back("work");
//!         bell.ring();
//!     })
//! };
//! let work = loop {
//!     bell.prepare_to_sleep();
//!     if let Some(work) = queue.lock().unwrap().pop_front() {
//!         bell.stay_awake();
//!         break work;
//!     }
//!     wait(&bell, &mut [], None)?;
//! };
//! assert_eq!(work, "work");
//! # ringer.join().unwrap();
//! # Ok::<(), pipeloom_os::OsError>(())
//! ```

use std::{
    os::fd::{AsFd, BorrowedFd},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst, fence},
    },
    time::Duration,
};

use nix::{
    poll::{PollFd, PollFlags, ppoll},
    sys::{
        eventfd::{EfdFlags, EventFd},
        time::TimeSpec,
    },
};

use crate::{Result, call::call, deadline::Deadline};

/// An eventfd, and whether its owner sleeps. Clones are the same doorbell.
#[derive(Clone, Debug)]
pub struct Doorbell {
    inner: Arc<Inner>,
    /// What of the owner's work it is rung for, if that is told.
    part: Option<Part>,
}

#[derive(Debug)]
struct Inner {
    event: EventFd,
    sleeping: AtomicBool,
}

#[derive(Clone, Debug)]
struct Part {
    parts: Parts,
    number: usize,
}

/// The parts of an owner's work for which its doorbell was rung. Clones are the same.
///
/// ```
/// use pipeloom_os::doorbell::{Doorbell, Parts};
///
/// let (bell, parts) = (Doorbell::new()?, Parts::new(100));
/// bell.for_part(&parts, 70).ring();
/// bell.for_part(&parts, 3).ring();
/// assert!(parts.any());
/// let mut rung = Vec::new();
/// parts.take(|part| rung.push(part));
/// assert_eq!((rung, parts.any()), (vec![3, 70], false));
/// # Ok::<(), pipeloom_os::OsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Parts {
    /// A bit for each.
    words: Arc<[AtomicU64]>,
}

impl Parts {
    /// So many parts, numbered from 0; none is rung for.
    pub fn new(count: usize) -> Self {
        Self { words: (0..count.div_ceil(Self::IN_WORD)).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Whether one has been rung for since the last [`Parts::take`].
    pub fn any(&self) -> bool {
        self.words.iter().any(|word| word.load(SeqCst) != 0)
    }

    /// Hands the numbers of those that were rung for to `each`, in order. What was put into their queues before is seen by
    /// whoever looks there after this.
    pub fn take(&self, mut each: impl FnMut(usize)) {
        for (place, word) in self.words.iter().enumerate() {
            if word.load(SeqCst) == 0 {
                continue;
            }
            let mut rung = word.swap(0, SeqCst);
            fence(SeqCst);
            while rung != 0 {
                each(place * Self::IN_WORD + rung.trailing_zeros() as usize);
                rung &= rung - 1;
            }
        }
    }

    const IN_WORD: usize = u64::BITS as usize;

    /// To be called after a full fence. Most of the time the bit is set already, and then this is one load.
    fn add(&self, number: usize) {
        let (word, bit) = (&self.words[number / Self::IN_WORD], 1 << (number % Self::IN_WORD));
        if word.load(SeqCst) & bit == 0 {
            word.fetch_or(bit, SeqCst);
        }
    }
}

impl Doorbell {
    /// A new one, whose owner is awake.
    pub fn new() -> Result<Self> {
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let event = call("eventfd", "", || EventFd::from_flags(flags))?;
        Ok(Self { inner: Arc::new(Inner { event, sleeping: AtomicBool::new(false) }), part: None })
    }

    /// The same doorbell, to be rung for one part of the owner's work.
    ///
    /// # Panics
    /// If `parts` has no part of this number.
    pub fn for_part(&self, parts: &Parts, number: usize) -> Self {
        assert!(number < parts.words.len() * Parts::IN_WORD, "there is no part {number}");
        Self { inner: self.inner.clone(), part: Some(Part { parts: parts.clone(), number }) }
    }

    /// Wakes the owner if it sleeps or is about to. Call it after the work has been put where the owner looks.
    pub fn ring(&self) {
        fence(SeqCst);
        self.tell_part();
        if self.inner.sleeping.load(SeqCst) && self.inner.sleeping.swap(false, SeqCst) {
            self.write();
        }
    }

    /// Makes the descriptor readable whatever the owner does, for an owner that waits in a way of its own.
    pub fn ring_always(&self) {
        fence(SeqCst);
        self.tell_part();
        self.write();
    }

    fn tell_part(&self) {
        if let Some(Part { parts, number }) = &self.part {
            parts.add(*number);
        }
    }

    fn write(&self) {
        // It can fail only because the counter is full, and then the descriptor is readable.
        let _ = self.inner.event.write(1);
    }

    /// The owner's announcement. After it, and before it waits, the owner must look at its queues once more.
    pub fn prepare_to_sleep(&self) {
        self.inner.sleeping.store(true, SeqCst);
        fence(SeqCst);
    }

    /// The owner has found work after its announcement and does not wait.
    pub fn stay_awake(&self) {
        self.inner.sleeping.store(false, SeqCst);
    }

    /// The owner has waited for the descriptor in a way of its own and is awake: takes back the announcement and any
    /// ring. [`wait`] does this by itself.
    pub fn woke(&self) {
        self.stay_awake();
        // It can fail only because nothing is there: something else has ended the wait.
        let _ = self.inner.event.read();
    }
}

impl AsFd for Doorbell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.event.as_fd()
    }
}

/// A descriptor to wait for beside the doorbell, and what came of it.
#[derive(Debug)]
pub struct Interest<'fd> {
    fd: BorrowedFd<'fd>,
    wanted: PollFlags,
    /// What it is ready for; all false until [`wait`] has returned.
    pub ready: Ready,
}

/// What a descriptor is ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// Bytes to read.
    pub readable: bool,
    /// Room to write.
    pub writable: bool,
    /// A reader's writers have gone.
    pub hung_up: bool,
    /// A writer's readers have gone, or another error.
    pub error: bool,
}

impl Ready {
    /// Whether there is anything to do.
    pub fn any(self) -> bool {
        self.readable || self.writable || self.hung_up || self.error
    }
}

impl<'fd> Interest<'fd> {
    /// Waits for bytes to read.
    pub fn readable(fd: BorrowedFd<'fd>) -> Self {
        Self { fd, wanted: PollFlags::POLLIN, ready: Ready::default() }
    }

    /// Waits for room to write.
    pub fn writable(fd: BorrowedFd<'fd>) -> Self {
        Self { fd, wanted: PollFlags::POLLOUT, ready: Ready::default() }
    }

    /// Waits for nothing but an error: for a writer, that its readers have gone.
    pub fn error(fd: BorrowedFd<'fd>) -> Self {
        Self { fd, wanted: PollFlags::empty(), ready: Ready::default() }
    }
}

/// Why [`wait`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Woken {
    /// The doorbell was rung.
    pub rung: bool,
    /// How many of the interests are ready. With none, and not rung, the time is over.
    pub ready: usize,
}

impl Woken {
    /// Neither the bell nor a descriptor: the timeout has passed.
    pub fn timed_out(self) -> bool {
        !self.rung && self.ready == 0
    }
}

/// Sleeps until the doorbell rings, an interest is ready or `timeout` (monotonic, to the nanosecond) has passed.
///
/// The owner calls [`Doorbell::prepare_to_sleep`] and looks at its queues first, as the module says.
pub fn wait(doorbell: &Doorbell, interests: &mut [Interest<'_>], timeout: Option<Duration>) -> Result<Woken> {
    let deadline = Deadline::after(timeout);
    let mut fds = Vec::with_capacity(interests.len() + 1);
    fds.push(PollFd::new(doorbell.as_fd(), PollFlags::POLLIN));
    fds.extend(interests.iter().map(|interest| PollFd::new(interest.fd, interest.wanted)));
    let polled = call("ppoll", "", || ppoll(&mut fds, deadline.left().map(TimeSpec::from_duration), None));
    let flags = |fd: &PollFd<'_>| fd.revents().unwrap_or(PollFlags::empty());
    doorbell.stay_awake();
    polled?;
    let rung = !flags(&fds[0]).is_empty();
    if rung {
        doorbell.woke();
    }
    let mut ready = 0;
    for (interest, fd) in interests.iter_mut().zip(&fds[1..]) {
        let flags = flags(fd);
        interest.ready = Ready {
            readable: flags.contains(PollFlags::POLLIN),
            writable: flags.contains(PollFlags::POLLOUT),
            hung_up: flags.contains(PollFlags::POLLHUP),
            error: flags.intersects(PollFlags::POLLERR | PollFlags::POLLNVAL),
        };
        ready += usize::from(interest.ready.any());
    }
    Ok(Woken { rung, ready })
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        thread,
        time::Instant,
    };

    use super::*;
    use crate::pipe;

    const SOON: Option<Duration> = Some(Duration::from_secs(20));

    #[test]
    fn a_ring_to_one_who_is_awake_is_not_even_written() {
        let bell = Doorbell::new().unwrap();
        bell.ring();
        bell.prepare_to_sleep();
        assert!(wait(&bell, &mut [], Some(Duration::ZERO)).unwrap().timed_out());
    }

    #[test]
    fn a_ring_between_the_announcement_and_the_wait_ends_the_wait() {
        let bell = Doorbell::new().unwrap();
        bell.prepare_to_sleep();
        bell.ring();
        bell.ring();
        assert!(wait(&bell, &mut [], SOON).unwrap().rung);
        assert!(wait(&bell, &mut [], Some(Duration::ZERO)).unwrap().timed_out(), "one ring wakes once");
    }

    #[test]
    fn a_ring_without_asking_is_taken_back_by_the_next_wait() {
        let bell = Doorbell::new().unwrap();
        bell.ring_always();
        assert!(wait(&bell, &mut [], SOON).unwrap().rung);
        assert!(wait(&bell, &mut [], Some(Duration::ZERO)).unwrap().timed_out());
    }

    #[test]
    fn descriptors_are_told_apart_and_time_is_kept() {
        let bell = Doorbell::new().unwrap();
        let (reader, mut writer) = pipe::unnamed().unwrap();
        let before = Instant::now();
        let timeout = Duration::from_micros(700);
        let woken = wait(&bell, &mut [Interest::readable(reader.as_fd())], Some(timeout)).unwrap();
        assert!(woken.timed_out() && before.elapsed() >= timeout);

        writer.write(b"x").unwrap();
        let mut interests = [Interest::readable(reader.as_fd()), Interest::writable(writer.as_fd())];
        assert_eq!(wait(&bell, &mut interests, SOON).unwrap(), Woken { rung: false, ready: 2 });
        assert!(interests[0].ready.readable && interests[1].ready.writable);
    }

    #[test]
    fn a_part_is_told_once_however_often_it_is_rung_for() {
        let (bell, parts) = (Doorbell::new().unwrap(), Parts::new(65));
        let taken = || {
            let mut taken = Vec::new();
            parts.take(|part| taken.push(part));
            taken
        };
        let last = bell.for_part(&parts, 64);
        assert_eq!(taken(), [0; 0]);
        last.ring();
        last.clone().ring();
        bell.ring();
        assert_eq!((taken(), parts.any()), (vec![64], false));
        last.ring_always();
        assert!(wait(&bell, &mut [], SOON).unwrap().rung);
        assert_eq!(taken(), [64]);
    }

    #[test]
    fn no_work_of_a_part_is_lost_between_threads() {
        // Two ringers share each part, so that one finds a bit set that the other has set and the owner is about to take.
        const PARTS: usize = 3;
        const EACH: usize = 20_000;
        let (bell, parts) = (Doorbell::new().unwrap(), Parts::new(PARTS));
        let work: Arc<[AtomicUsize; PARTS]> = Arc::default();
        let ringers: Vec<_> = (0..2 * PARTS)
            .map(|ringer| {
                let (part, work) = (ringer % PARTS, work.clone());
                let bell = bell.for_part(&parts, part);
                thread::spawn(move || {
                    for _ in 0..EACH {
                        work[part].fetch_add(1, Ordering::Relaxed);
                        bell.ring();
                    }
                })
            })
            .collect();
        let mut done = [0; PARTS];
        while done != [2 * EACH; PARTS] {
            bell.prepare_to_sleep();
            let mut some = false;
            parts.take(|part| {
                done[part] = work[part].load(Ordering::Relaxed);
                some = true;
            });
            if some {
                bell.stay_awake();
            } else {
                assert!(!wait(&bell, &mut [], SOON).unwrap().timed_out(), "slept through a ring");
            }
        }
        ringers.into_iter().for_each(|ringer| ringer.join().unwrap());
    }

    #[test]
    fn no_ring_is_lost_between_threads() {
        const RINGS: usize = 20_000;
        let bell = Doorbell::new().unwrap();
        let work = Arc::new(AtomicUsize::new(0));
        let ringers: Vec<_> = (0..2)
            .map(|_| {
                let (bell, work) = (bell.clone(), work.clone());
                thread::spawn(move || {
                    for _ in 0..RINGS {
                        work.fetch_add(1, Ordering::Relaxed);
                        bell.ring();
                    }
                })
            })
            .collect();
        let mut done = 0;
        while done < 2 * RINGS {
            bell.prepare_to_sleep();
            let seen = work.load(Ordering::Relaxed);
            if seen > done {
                bell.stay_awake();
                done = seen;
            } else {
                assert!(!wait(&bell, &mut [], SOON).unwrap().timed_out(), "slept through a ring");
            }
        }
        ringers.into_iter().for_each(|ringer| ringer.join().unwrap());
    }
}
