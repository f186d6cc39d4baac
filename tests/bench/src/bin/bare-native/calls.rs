//! Three stages in one thread, each called through `dyn`.

use std::hint::black_box;

use crate::{Forward, Make, Next, Produce, Sum};

/// Runs `count` blocks of `size` bytes through the stages.
pub(crate) fn run(size: usize, count: u64) -> Sum {
    let mut sink = Sum::default();
    let mut forward = Forward { next: black_box::<&mut dyn Next>(&mut sink), corrupted: 0 };
    let mut source = Produce::new(size, count);
    // The compiler must not see through the calls: a real chain is known only when the file has been read.
    let (source, next) = (black_box::<&mut dyn Make>(&mut source), black_box::<&mut dyn Next>(&mut forward));
    while let Some((seq, block)) = source.make() {
        next.block(seq, block);
    }
    sink
}
