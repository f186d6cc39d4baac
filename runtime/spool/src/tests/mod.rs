//! Spools in directories of their own.
//!
//! ```text
//! frail     a disk that fails when it is told to
//! reading   what the reader gets, and how often
//! done      acknowledgements
//! full      limits, and disks without room
//! broken    any bit flipped, any file cut short
//! cutting   any bytes, cut into records
//! refused   what is no spool, or not ours
//! syncing   when something is synced
//! random    any history, with kills and full disks in it, against a queue in memory
//! ```

mod broken;
mod cutting;
mod done;
mod frail;
mod full;
mod random;
mod reading;
mod refused;
mod syncing;

use std::fs;
use std::path::{Path, PathBuf};

use pipeloom_job::{Batch, Block, Head, HeadSize, Seq};
use tempfile::TempDir;

use crate::{Appended, Spool, SpoolError, SpoolLimits, SpoolSync};

/// Segments of a few blocks.
const LIMITS: SpoolLimits = SpoolLimits { max_bytes: 4000, segment_bytes: 300, max_block_bytes: 200 };

/// What a block holds in these tests is said by its place.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Told {
    epoch: u32,
    number: u64,
    head: Head,
    payload: Vec<u8>,
}

impl Told {
    fn new(epoch: u32, place: u64, length: usize) -> Told {
        let head = Head::from_number(place as u32, HeadSize::new(1 + (place % 4) as u8).unwrap());
        Told { epoch, number: place + 1, head, payload: (0..length).map(|at| (place as usize + at) as u8).collect() }
    }

    fn append_to(&self, spool: &mut Spool) -> Result<Appended, SpoolError> {
        spool.append(self.epoch, Seq::new(self.number).unwrap(), &Block::new(self.head, &self.payload))
    }
}

/// The block at a place, of middling length.
fn told(place: u64) -> Told {
    Told::new(0, place, 20 + place as usize % 30)
}

/// A directory that does not exist yet, in one that goes with the test.
struct Home(TempDir);

impl Home {
    fn new() -> Home {
        Home(tempfile::tempdir().unwrap())
    }

    fn dir(&self) -> PathBuf {
        self.0.path().join("spool")
    }

    fn create(&self) -> Spool {
        Spool::create(&self.dir(), LIMITS, SpoolSync::Never).unwrap()
    }

    /// Of a spool that nothing has happened to.
    #[track_caller]
    fn recover(&self) -> Spool {
        let (spool, recovered) = Spool::recover(&self.dir(), LIMITS, SpoolSync::Never).unwrap();
        assert_eq!((recovered.discarded_bytes, recovered.damage), (0, vec![]));
        spool
    }

    /// Its files, the segments first.
    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.dir()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    fn segments(&self) -> Vec<String> {
        let names = self.files().into_iter().map(|file| name(&file));
        names.filter(|name| name.ends_with(".blocks")).collect()
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Appends the blocks up to a place.
fn append_up_to(spool: &mut Spool, end: u64) {
    for place in spool.appended()..end {
        assert_eq!(told(place).append_to(spool).unwrap(), Appended::At(place));
    }
}

/// The next blocks, at most so many.
fn read(spool: &mut Spool, most: usize) -> Vec<Told> {
    let mut all = Vec::new();
    let mut batch = Batch::new();
    while all.len() < most {
        let places = spool.read(most - all.len(), usize::MAX, &mut batch).unwrap();
        assert_eq!((places.end, places.end - places.start), (spool.read_up_to(), batch.len() as u64));
        if places.is_empty() {
            break;
        }
        all.extend(batch.iter().map(|(seq, block)| Told {
            epoch: batch.epoch(),
            number: seq.get(),
            head: block.head,
            payload: block.bytes.to_vec(),
        }));
    }
    all
}

/// All that the reader was not given yet are the blocks at these places.
#[track_caller]
fn assert_reads(spool: &mut Spool, places: std::ops::Range<u64>) {
    assert_eq!(spool.read_up_to(), places.start);
    let all = read(spool, usize::MAX);
    assert_eq!(all, places.map(told).collect::<Vec<_>>());
}
