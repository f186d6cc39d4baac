//! As many threads as asked for, in pairs of source and sink, each pair for one block: the limit for starting and stopping
//! native jobs.

use std::{io, thread};

use crossbeam_channel::bounded;
use pipeloom_job::{Batch, Block, Head, HeadSize, Seq};

use crate::{Next, Sum, pattern};

/// Starts all threads before the first is waited for.
pub(crate) fn run(size: usize, threads: u64) -> io::Result<Sum> {
    let mut pairs = Vec::new();
    for number in 1..=threads / 2 {
        let (full, taken) = bounded::<Batch>(1);
        let source = thread::Builder::new().spawn(move || {
            let mut payload = vec![0; size];
            pattern::fill(&mut payload, number);
            let mut batch = Batch::new();
            batch.push(Seq::FIRST, &Block::new(Head::empty(HeadSize::ONE), &payload));
            // The other end leaves first only by a panic, which its join reports.
            let _ = full.send(batch);
        })?;
        let sink = thread::Builder::new().spawn(move || {
            let mut sum = Sum::default();
            taken.iter().for_each(|batch| batch.iter().for_each(|(seq, block)| sum.block(seq, block)));
            sum
        })?;
        pairs.push((source, sink));
    }
    let panicked = |_| io::Error::other("a thread panicked");
    let mut all = Sum::default();
    for (source, sink) in pairs {
        source.join().map_err(panicked)?;
        let Sum { sum, count } = sink.join().map_err(panicked)?;
        all = Sum { sum: all.sum.wrapping_add(sum), count: all.count + count };
    }
    Ok(all)
}
