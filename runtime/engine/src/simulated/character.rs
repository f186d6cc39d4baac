//! What a life of a job is like: how much it does, how slowly, and how it ends.

use fastrand::Rng;
use pipeloom_os::process::Exit;

/// More compute blocks than any job is given: one that holds them all answers at its end.
const ALL: usize = usize::MAX;

/// What a life of a job is going to do.
#[derive(Clone, Debug)]
pub(super) struct Character {
    /// How many blocks a source writes.
    pub(super) blocks: u32,
    /// A program keeps so many compute blocks inside before it answers.
    pub(super) holds: usize,
    /// It ends by itself after so many compute blocks.
    pub(super) leaves_after: Option<u32>,
    /// How it ends by itself.
    pub(super) exit: Exit,
    /// Whether its last block carries the finished bit, if it writes heads.
    pub(super) finishes: bool,
    /// It leaves the beginning of one more block.
    pub(super) tears: bool,
    /// Whether it ends when it is asked to.
    pub(super) listens: bool,
    /// It says what it has done after so many compute blocks.
    pub(super) says_after: u64,
    /// Another process stays behind with its pipes.
    pub(super) leaves_another: bool,
}

impl Character {
    pub(super) fn any(random: &mut Rng) -> Character {
        let rarely = |random: &mut Rng| random.u8(..8) == 0;
        Character {
            blocks: random.u32(..12),
            holds: if rarely(random) { ALL } else { random.usize(..3) },
            leaves_after: rarely(random).then(|| random.u32(..6)),
            exit: if random.u8(..4) == 0 { Exit::Code(1) } else { Exit::Code(0) },
            finishes: random.bool(),
            tears: rarely(random),
            listens: !rarely(random),
            says_after: random.u64(1..4),
            leaves_another: rarely(random),
        }
    }
}
