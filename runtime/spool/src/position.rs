//! How far the blocks are done: a file of two slots, written by turns.
//!
//! A write that is cut off can damage only the slot that it is for; the other one then holds the position before.

use std::fs::File;

use crate::damage::{Damage, Damaged};
use crate::error::SpoolError;
use crate::files::Files;
use crate::segment::{HeaderError, PLACES, VERSION, check};

/// The file's name.
pub(crate) const NAME: &str = "position";

const MAGIC: [u8; 8] = *b"PLSPOSN\n";

const SLOT_BYTES: usize = 32;

/// Where the second slot begins: in another sector of the disk than the first.
const SECOND_SLOT: usize = 512;

const FILE_BYTES: usize = SECOND_SLOT + SLOT_BYTES;

/// The position of a spool, on disk.
pub(crate) struct Position {
    file: File,
    slot: Slot,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Slot {
    /// How often the position was written. The last digit says in which slot it stands.
    generation: u64,
    /// All blocks before this place are done.
    place: u64,
}

impl Position {
    /// Makes the file, which must not be there.
    pub(crate) fn create(files: &Files, place: u64) -> Result<Position, SpoolError> {
        Position::begin(files, files.create(NAME)?, place)
    }

    /// Writes both slots anew.
    fn begin(files: &Files, file: File, place: u64) -> Result<Position, SpoolError> {
        let mut bytes = [0; FILE_BYTES];
        bytes[..SLOT_BYTES].copy_from_slice(&Slot { generation: 0, place }.encode());
        let slot = Slot { generation: 1, place };
        bytes[SECOND_SLOT..].copy_from_slice(&slot.encode());
        files.write(NAME, &file, &bytes, 0)?;
        Ok(Position { file, slot })
    }

    pub(crate) fn place(&self) -> u64 {
        self.slot.place
    }

    /// Moves it. After an error it is where it was.
    pub(crate) fn set(&mut self, files: &Files, place: u64) -> Result<(), SpoolError> {
        let slot = Slot { generation: self.slot.generation.wrapping_add(1), place };
        let at = if slot.generation.is_multiple_of(2) { 0 } else { SECOND_SLOT };
        files.write(NAME, &self.file, &slot.encode(), at as u64)?;
        self.slot = slot;
        Ok(())
    }

    pub(crate) fn sync(&self, files: &Files) -> Result<(), SpoolError> {
        files.sync(NAME, &self.file)
    }
}

/// A position as it was found.
pub(crate) struct Found {
    /// `None` if there is no such file.
    file: Option<File>,
    slot: Option<Slot>,
    pub(crate) damage: Option<Damaged>,
}

impl Found {
    pub(crate) fn place(&self) -> Option<u64> {
        self.slot.map(|slot| slot.place)
    }

    /// The position, moved to `place`, whole again if it was damaged.
    pub(crate) fn repair(self, files: &Files, place: u64) -> Result<Position, SpoolError> {
        match (self.file, self.slot, self.damage) {
            (None, ..) => Position::create(files, place),
            (Some(file), Some(slot), None) => {
                let mut position = Position { file, slot };
                if slot.place != place {
                    position.set(files, place)?;
                }
                Ok(position)
            }
            (Some(file), ..) => Position::begin(files, file, place),
        }
    }
}

/// Looks at the file and changes nothing.
pub(crate) fn find(files: &Files) -> Result<Found, SpoolError> {
    let damaged = |offset: usize, damage| Damaged { path: files.path(NAME), offset: offset as u64, damage };
    let Some(file) = files.open_if_there(NAME)? else {
        return Ok(Found { file: None, slot: None, damage: Some(damaged(0, Damage::Position)) });
    };
    let bytes = files.read_up_to(NAME, &file, FILE_BYTES)?;
    let first = Slot::decode(&bytes);
    let second = Slot::decode(bytes.get(SECOND_SLOT..).unwrap_or_default());
    let (slot, damage) = match (first, second) {
        (Ok(first), Ok(second)) => (Some(if first.generation > second.generation { first } else { second }), None),
        (Err(error @ HeaderError::Newer { .. }), _) | (_, Err(error @ HeaderError::Newer { .. })) => {
            return Err(files.refused(NAME, error));
        }
        (Ok(slot), Err(_)) => (Some(slot), Some(damaged(SECOND_SLOT, Damage::Slot))),
        (Err(_), Ok(slot)) => (Some(slot), Some(damaged(0, Damage::Slot))),
        (Err(error @ HeaderError::Foreign), Err(HeaderError::Foreign)) => return Err(files.refused(NAME, error)),
        (Err(_), Err(_)) => (None, Some(damaged(0, Damage::Position))),
    };
    Ok(Found { file: Some(file), slot, damage })
}

impl Slot {
    fn encode(self) -> [u8; SLOT_BYTES] {
        let mut bytes = [0; SLOT_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.generation.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.place.to_le_bytes());
        let sum = crc32fast::hash(&bytes[8..28]);
        bytes[28..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Slot, HeaderError> {
        check(bytes, &MAGIC, SLOT_BYTES)?;
        let number = |at: usize| bytes[at..at + 8].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let slot = Slot { generation: number(12), place: number(20) };
        if slot.place < PLACES { Ok(slot) } else { Err(Damage::Header.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_comes_back_unless_its_place_is_out_of_reach() {
        let slot = Slot { generation: u64::MAX, place: PLACES - 1 };
        assert_eq!(Slot::decode(&slot.encode()), Ok(slot));
        assert_eq!(Slot::decode(&Slot { place: PLACES, ..slot }.encode()), Err(Damage::Header.into()));
    }
}
