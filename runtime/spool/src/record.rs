//! One block as it stands in a segment.

use crc32fast::Hasher;
use pipeloom_job::{Block, Head, Seq};

use crate::damage::Damage;

/// What stands before a payload, in bytes.
pub(crate) const RECORD_HEAD: usize = 25;

/// One block out of a segment.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// How many blocks were appended before it, since the spool was made.
    pub place: u64,
    /// How often the count of the pipe's blocks had started again.
    pub epoch: u32,
    /// Its number in this epoch.
    pub seq: Seq,
    /// Its head and payload.
    pub block: Block<'a>,
}

impl<'a> Record<'a> {
    /// How many bytes it takes in a segment.
    pub fn size(&self) -> usize {
        RECORD_HEAD + self.block.bytes.len()
    }

    /// Writes it behind `into`. Its payload must be shorter than 4 GiB.
    pub fn encode(&self, into: &mut Vec<u8>) {
        let begin = into.len();
        into.extend_from_slice(&[0; 4]);
        into.extend_from_slice(&(self.block.bytes.len() as u32).to_le_bytes());
        into.extend_from_slice(&self.epoch.to_le_bytes());
        into.extend_from_slice(&self.seq.get().to_le_bytes());
        into.push(self.block.head.size().bytes() as u8);
        into.extend_from_slice(&self.block.head.to_wire());
        into.extend_from_slice(self.block.bytes);
        let sum = checksum(self.place, &into[begin + 4..]);
        into[begin..begin + 4].copy_from_slice(&sum.to_le_bytes());
    }

    /// Reads the record that `bytes` are, from its first to its last.
    pub(crate) fn decode(bytes: &'a [u8], place: u64) -> Result<Record<'a>, Damage> {
        let (sum, rest) = bytes.split_first_chunk().ok_or(Damage::Torn)?;
        if u32::from_le_bytes(*sum) != checksum(place, rest) {
            return Err(Damage::Checksum);
        }
        Record::fields(rest, place).ok_or(Damage::Nonsense)
    }

    fn fields(rest: &'a [u8], place: u64) -> Option<Record<'a>> {
        let (_length, rest) = rest.split_first_chunk::<4>()?;
        let (epoch, rest) = rest.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (size, rest) = rest.split_first()?;
        let (bits, payload) = rest.split_first_chunk::<4>()?;
        let head = Head::from_wire(bits.get(..usize::from(*size))?).filter(|head| head.to_wire() == *bits)?;
        let seq = Seq::new(u64::from_le_bytes(*number))?;
        Some(Record { place, epoch: u32::from_le_bytes(*epoch), seq, block: Block::new(head, payload) })
    }
}

/// How many bytes must be at hand to read the record that `bytes` begin with: its size or, if that is not known yet, those
/// that tell it. `remaining` is how many bytes there are up to the segment's end, at hand or not.
pub(crate) fn needed(bytes: &[u8], remaining: u64, max_block_bytes: usize) -> Result<usize, Damage> {
    if remaining < RECORD_HEAD as u64 {
        return Err(Damage::Torn);
    }
    let Some(head) = bytes.first_chunk::<RECORD_HEAD>() else { return Ok(RECORD_HEAD) };
    let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    if remaining - (RECORD_HEAD as u64) < length as u64 {
        Err(Damage::Torn)
    } else if length > max_block_bytes {
        Err(Damage::TooLong { length })
    } else {
        Ok(RECORD_HEAD + length)
    }
}

/// Over the place too, which is not written: a record that stands elsewhere than it was put is no record.
fn checksum(place: u64, rest: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(&place.to_le_bytes());
    hasher.update(rest);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use pipeloom_job::HeadSize;

    use super::*;

    fn encoded(place: u64, payload: &[u8]) -> Vec<u8> {
        let head = Head::from_number(0x21, HeadSize::ONE);
        let seq = Seq::new(0x0102_0304_0506_0708).unwrap();
        let mut bytes = Vec::new();
        Record { place, epoch: 3, seq, block: Block::new(head, payload) }.encode(&mut bytes);
        bytes
    }

    #[test]
    fn a_record_stands_as_the_format_says() {
        let bytes = encoded(7, b"abc");
        // The CRC-32 of the place and all that follows, as `zlib.crc32` of Python gives it.
        assert_eq!(bytes[..4], 0xbdb8_f84c_u32.to_le_bytes());
        assert_eq!(bytes[4..8], [3, 0, 0, 0]);
        assert_eq!(bytes[8..12], [3, 0, 0, 0]);
        assert_eq!(bytes[12..20], [8, 7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(bytes[20..25], [1, 0x21, 0, 0, 0]);
        assert_eq!(bytes[25..], *b"abc");
    }

    #[test]
    fn a_record_comes_back_at_its_place_and_nowhere_else() {
        let bytes = encoded(7, b"abc");
        let record = Record::decode(&bytes, 7).unwrap();
        assert_eq!((record.epoch, record.seq.get(), record.block.bytes), (3, 0x0102_0304_0506_0708, &b"abc"[..]));
        assert_eq!(record.block.head, Head::from_number(0x21, HeadSize::ONE));
        assert_eq!(Record::decode(&bytes, 8).unwrap_err(), Damage::Checksum);
    }

    #[test]
    fn what_makes_no_sense_is_no_record_even_if_its_checksum_fits() {
        let changed = |change: fn(&mut [u8])| {
            let mut bytes = encoded(0, b"");
            change(&mut bytes);
            let sum = checksum(0, &bytes[4..]);
            bytes[..4].copy_from_slice(&sum.to_le_bytes());
            Record::decode(&bytes, 0).err()
        };
        assert_eq!(changed(|bytes| bytes[20] = 0), Some(Damage::Nonsense), "a head of no bytes");
        assert_eq!(changed(|bytes| bytes[20] = 5), Some(Damage::Nonsense), "a head of five bytes");
        assert_eq!(changed(|bytes| bytes[24] = 1), Some(Damage::Nonsense), "a bit behind the head");
        assert_eq!(changed(|bytes| bytes[12..20].fill(0)), Some(Damage::Nonsense), "number 0");
        assert_eq!(changed(|bytes| bytes[8] = 9), None, "another epoch");
    }

    #[test]
    fn a_length_is_believed_only_as_far_as_the_file_goes() {
        let bytes = encoded(0, b"abc");
        assert_eq!(needed(&bytes[..10], 28, 3), Ok(RECORD_HEAD));
        assert_eq!(needed(&bytes, 28, 3), Ok(28));
        assert_eq!(needed(&bytes, 28, 2), Err(Damage::TooLong { length: 3 }));
        assert_eq!(needed(&bytes, 27, 3), Err(Damage::Torn));
        assert_eq!(needed(&bytes, 24, 3), Err(Damage::Torn));
        let long = [&bytes[..4], &[0xff; 4], &bytes[8..]].concat();
        assert_eq!(needed(&long, 28, usize::MAX), Err(Damage::Torn));
    }
}
