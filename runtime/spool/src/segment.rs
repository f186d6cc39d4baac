//! A segment: a header, and records one after another.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::damage::Damage;
use crate::record::{Record, needed};

/// What stands before the first record, in bytes.
pub(crate) const HEADER_BYTES: usize = 28;

const MAGIC: [u8; 8] = *b"PLSPOOL\n";

/// The version of the format that is written, and the newest that is read.
pub(crate) const VERSION: u32 = 1;

/// No spool gets so far, and so no sum of places gets too large.
pub(crate) const PLACES: u64 = 1 << 63;

const EXTENSION: &[u8] = b".blocks";

/// As many digits as the largest place has.
const DIGITS: usize = 20;

/// The name of the segment that begins with the block at `first`.
pub(crate) fn name(first: u64) -> String {
    format!("{first:0DIGITS$}.blocks")
}

/// The first block of the segment with this name; `None` if no segment can have it.
pub(crate) fn first_of(name: &OsStr) -> Option<u64> {
    let digits = name.as_bytes().strip_suffix(EXTENSION)?;
    let is_number = digits.len() == DIGITS && digits.iter().all(u8::is_ascii_digit);
    let number = str::from_utf8(digits).ok().filter(|_| is_number)?.parse();
    number.ok().filter(|first| *first < PLACES)
}

/// How a segment begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    /// The place of its first block.
    pub(crate) first: u64,
    /// How long a block could be when it was made.
    pub(crate) max_block_bytes: u32,
}

/// Why bytes cannot be read as a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HeaderError {
    /// They were one.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// They are something else.
    #[error("it was not written by a spool")]
    Foreign,
    /// A newer version of the format.
    #[error("it has version {version} of the format, and {VERSION} is the newest that is known here")]
    Newer {
        /// The version.
        version: u32,
    },
}

impl Header {
    pub(crate) fn encode(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.max_block_bytes.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first.to_le_bytes());
        let sum = crc32fast::hash(&bytes[8..24]);
        bytes[24..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Header, HeaderError> {
        check(bytes, &MAGIC, HEADER_BYTES)?;
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let first = u64::from(word(16)) | u64::from(word(20)) << 32;
        if first < PLACES { Ok(Header { first, max_block_bytes: word(12) }) } else { Err(Damage::Header.into()) }
    }
}

/// Whether `bytes` begin with `length` bytes that are the magic, a version that is known, anything, and the checksum over
/// all but the magic.
///
/// Damage to either the magic or the rest leaves the other one to tell whose file it is. Zeros are what a power cut may leave
/// of a file that was never synced.
pub(crate) fn check(bytes: &[u8], magic: &[u8; 8], length: usize) -> Result<(), HeaderError> {
    let is_ours = bytes.iter().zip(magic).all(|(byte, expected)| byte == expected);
    let is_blank = bytes.iter().take(length).all(|byte| *byte == 0);
    let Some(whole) = bytes.get(..length).filter(|_| !is_blank) else {
        return Err(if is_ours || is_blank { Damage::TornHeader.into() } else { HeaderError::Foreign });
    };
    let (rest, sum) = whole[magic.len()..].split_at(length - magic.len() - 4);
    let version = u32::from_le_bytes([rest[0], rest[1], rest[2], rest[3]]);
    match (is_ours, crc32fast::hash(rest).to_le_bytes() == *sum) {
        (true, true) if version > VERSION => Err(HeaderError::Newer { version }),
        (true, true) if version == VERSION => Ok(()),
        (false, false) => Err(HeaderError::Foreign),
        _ => Err(Damage::Header.into()),
    }
}

/// What the bytes of one segment hold.
#[derive(Debug)]
pub struct Cut<'a> {
    /// Its whole records, in order.
    pub records: Vec<Record<'a>>,
    /// How many bytes the header and these records have.
    pub valid_bytes: usize,
    /// Why the rest is not among them; `None` if there is no rest.
    pub damage: Option<Damage>,
}

/// Cuts the bytes of a segment into its records, up to the first that is damaged. It takes bytes of any kind, and no more
/// memory than is in proportion to them.
///
/// # Errors
/// If they do not begin as a segment does.
pub fn recover_bytes(bytes: &[u8], max_block_bytes: usize) -> Result<Cut<'_>, HeaderError> {
    let first = Header::decode(bytes)?.first;
    let mut cut = Cut { records: Vec::new(), valid_bytes: HEADER_BYTES, damage: None };
    while let Some(rest) = bytes.get(cut.valid_bytes..).filter(|rest| !rest.is_empty()) {
        let place = first + cut.records.len() as u64;
        let size = needed(rest, rest.len() as u64, max_block_bytes);
        match size.and_then(|size| Record::decode(rest.get(..size).ok_or(Damage::Torn)?, place)) {
            Ok(record) => {
                cut.valid_bytes += record.size();
                cut.records.push(record);
            }
            Err(damage) => {
                cut.damage = Some(damage);
                break;
            }
        }
    }
    Ok(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_places_do_and_lead_back_to_them() {
        for first in [0, 9, 10, PLACES - 1] {
            assert_eq!(first_of(OsStr::new(&name(first))), Some(first));
        }
        assert!(name(9) < name(10) && name(10) < name(PLACES - 1));
    }

    #[test]
    fn no_other_name_is_that_of_a_segment() {
        for other in ["1.blocks", "00000000000000000001", "+0000000000000000001.blocks", &name(PLACES), ""] {
            assert_eq!(first_of(OsStr::new(other)), None, "{other}");
        }
    }

    #[test]
    fn whatever_is_done_to_a_header_it_is_not_taken_for_another() {
        let header = Header { first: 0x0102_0304_0506_0708, max_block_bytes: 77 };
        let bytes = header.encode();
        assert_eq!(Header::decode(&bytes), Ok(header));
        for bit in 0..8 * HEADER_BYTES {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::decode(&flipped), Err(Damage::Header.into()), "bit {bit}");
        }
        for length in 0..HEADER_BYTES {
            assert_eq!(Header::decode(&bytes[..length]), Err(Damage::TornHeader.into()), "{length} bytes");
        }
    }

    #[test]
    fn a_place_that_no_spool_reaches_is_damage() {
        let header = |first| Header::decode(&Header { first, max_block_bytes: 1 }.encode());
        assert!(header(PLACES - 1).is_ok());
        assert_eq!(header(PLACES), Err(Damage::Header.into()));
    }

    #[test]
    fn zeros_are_a_header_that_never_reached_the_disk() {
        assert_eq!(Header::decode(&[0; 4096]), Err(Damage::TornHeader.into()));
        assert_eq!(Header::decode(&[0; 3]), Err(Damage::TornHeader.into()));
    }

    #[test]
    fn foreign_files_and_newer_versions_are_no_damage() {
        assert_eq!(Header::decode(b"{}"), Err(HeaderError::Foreign));
        assert_eq!(Header::decode(&[b'x'; 4096]), Err(HeaderError::Foreign));
        let mut newer = Header { first: 0, max_block_bytes: 1 }.encode();
        newer[8] = 2;
        let sum = crc32fast::hash(&newer[8..24]);
        newer[24..].copy_from_slice(&sum.to_le_bytes());
        assert_eq!(Header::decode(&newer), Err(HeaderError::Newer { version: 2 }));
    }
}
