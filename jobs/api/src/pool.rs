//! Stores of buffers for large payloads.
//!
//! A buffer and the count of its holds are one allocation, and come back together. So a block that finds a buffer costs none.

#![expect(unsafe_code, reason = "a payload's owner is a C table, and the count behind it our own")]

use std::fmt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::payload::{Owner, OwnerTable, Payload};

/// A store of buffers for large payloads. A buffer comes back when its last holder lets go; a fresh one for each
/// block would cost more in page faults than the block's copy.
///
/// It keeps as many as were in use at once lately, and lets go of the others.
#[derive(Clone, Default)]
pub struct Pool {
    store: Arc<Mutex<Store>>,
}

/// A buffer out of a [`Pool`], to be filled and then frozen into a [`Payload`].
pub struct PoolBuffer {
    /// `None` only while it is dropped or frozen.
    shared: Option<Box<Shared>>,
}

/// A buffer with its count, which come back together.
struct Shared {
    /// Holds on the bytes while they are frozen.
    holds: AtomicUsize,
    bytes: Vec<u8>,
    /// Where it goes in the end; `None` while it is there.
    home: Option<Arc<Mutex<Store>>>,
}

#[derive(Default)]
struct Store {
    /// The last one to come is the first to go: it is warm.
    #[expect(clippy::vec_box, reason = "payloads point into the boxes")]
    free: Vec<Box<Shared>>,
    /// How many have not been needed since `taken` was 0.
    spare: usize,
    taken: usize,
}

/// A kept buffer may be this much larger than what is asked for before it is let go.
const SHRINK_FACTOR: usize = 8;
/// After so many blocks, half of the buffers are let go that were not needed for them.
const BLOCKS_BETWEEN: usize = 1024;

impl Pool {
    /// An empty pool.
    pub fn new() -> Pool {
        Pool::default()
    }

    /// A buffer of `len` bytes. What is in it is left over from earlier use.
    pub fn take(&self, len: usize) -> PoolBuffer {
        let kept = lock(&self.store).take();
        let mut shared = kept.unwrap_or_else(|| Box::new(Shared { holds: 0.into(), bytes: Vec::new(), home: None }));
        let bytes = &mut shared.bytes;
        if bytes.capacity() / SHRINK_FACTOR > len.max(1) {
            *bytes = Vec::new();
        }
        if bytes.capacity() < len {
            // A zeroed allocation is lazy; growing the old one would copy it for nothing.
            *bytes = vec![0; len];
        } else {
            bytes.resize(len, 0);
        }
        shared.home = Some(Arc::clone(&self.store));
        PoolBuffer { shared: Some(shared) }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({} free)", lock(&self.store).free.len())
    }
}

/// Nothing that is done with the lock held can leave a store half changed.
fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    fn take(&mut self) -> Option<Box<Shared>> {
        self.taken += 1;
        if self.taken == BLOCKS_BETWEEN {
            self.free.drain(..self.spare.div_ceil(2));
            (self.taken, self.spare) = (0, self.free.len());
        }
        let taken = self.free.pop();
        self.spare = self.spare.min(self.free.len());
        taken
    }
}

impl Shared {
    /// Goes back to where it came from.
    fn go_home(mut self: Box<Shared>) {
        if let Some(home) = self.home.take() {
            lock(&home).free.push(self);
        }
    }
}

impl PoolBuffer {
    /// The bytes to fill.
    pub fn bytes(&mut self) -> &mut [u8] {
        self.shared.as_mut().map_or(&mut [], |shared| &mut shared.bytes)
    }

    /// No more writing: the buffer becomes a payload, without a copy.
    pub fn freeze(mut self) -> Payload {
        self.shared.take().map_or_else(Payload::empty, freeze)
    }
}

impl Drop for PoolBuffer {
    fn drop(&mut self) {
        self.shared.take().into_iter().for_each(Shared::go_home);
    }
}

fn freeze(mut shared: Box<Shared>) -> Payload {
    *shared.holds.get_mut() = 1;
    let len = shared.bytes.len();
    let bytes = NonNull::from(shared.bytes.as_slice()).cast();
    let owner = Owner::new(Box::into_raw(shared).cast_const().cast(), &TABLE);
    // SAFETY: the vector in the box is neither moved nor written until the last release, and the one hold that was
    // counted is handed over.
    unsafe { Payload::from_owner(bytes, len, owner) }
}

static TABLE: OwnerTable = OwnerTable { retain, release };

extern "C" fn retain(context: *const ()) {
    // SAFETY: `context` came from `Box::into_raw` in `freeze`, and the caller has a hold, so it is there.
    let shared = unsafe { &*context.cast::<Shared>() };
    // Who has one may make another without seeing what others have done.
    shared.holds.fetch_add(1, Ordering::Relaxed);
}

extern "C" fn release(context: *const ()) {
    // SAFETY: as above; the hold that keeps it there is the one that is given back here.
    let shared = unsafe { &*context.cast::<Shared>() };
    // What the others have read is read before anybody writes there again.
    if shared.holds.fetch_sub(1, Ordering::Release) == 1 {
        fence(Ordering::Acquire);
        // SAFETY: there is no hold any more, so this is the only way to it.
        unsafe { Box::from_raw(context.cast::<Shared>().cast_mut()) }.go_home();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Pool {
        fn free(&self) -> usize {
            lock(&self.store).free.len()
        }
    }

    #[test]
    fn a_buffer_comes_back_when_its_last_holder_lets_go() {
        let pool = Pool::new();
        let mut buffer = pool.take(100_000);
        buffer.bytes()[0] = 7;
        let first = buffer.freeze();
        let address = first.as_ptr();
        let second = first.clone();
        drop(first);
        assert_eq!(second[0], 7);
        assert_eq!(pool.free(), 0);
        drop(second);
        assert_eq!(pool.take(100_000).freeze().as_ptr(), address);
    }

    #[test]
    fn a_payload_outlives_its_pool() {
        let payload = Pool::new().take(3).freeze();
        assert_eq!(payload.len(), 3);
    }

    #[test]
    fn a_pool_lets_go_of_buffers_that_are_far_too_large() {
        let pool = Pool::new();
        drop(pool.take(1 << 20));
        assert!(pool.take(16).shared.as_ref().is_some_and(|shared| shared.bytes.capacity() < 1 << 20));
    }

    #[test]
    fn as_many_as_are_in_use_at_once_are_kept() {
        let pool = Pool::new();
        for _ in 0..BLOCKS_BETWEEN / 10 {
            let used: Vec<PoolBuffer> = (0..40).map(|_| pool.take(16)).collect();
            drop(used);
            assert_eq!(pool.free(), 40);
        }
    }

    #[test]
    fn those_that_are_not_needed_any_more_are_let_go() {
        let pool = Pool::new();
        drop((0..40).map(|_| pool.take(16)).collect::<Vec<_>>());
        for _ in 0..8 * BLOCKS_BETWEEN {
            drop(pool.take(16));
        }
        assert_eq!(pool.free(), 1);
    }
}
