//! Three stages in one thread, each called through `dyn`.

use std::hint::black_box;

use crate::{Forward, Next, Sum, produce};

/// Runs `count` blocks of `size` bytes through the stages.
pub(crate) fn run(size: usize, count: u64) -> Sum {
    let mut sink = Sum::default();
    let mut forward = Forward { next: black_box::<&mut dyn Next>(&mut sink), corrupted: 0 };
    // The compiler must not see through the calls: a real chain is known only when the file has been read.
    produce(size, count, black_box::<&mut dyn Next>(&mut forward));
    sink
}
