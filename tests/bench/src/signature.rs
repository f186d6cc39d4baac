//! Blocks that tell which process they went through last.
//!
//! The signature stands behind the time that a source may have put in front: its four bytes are the process's id, little-endian.

use std::ops::Range;

/// Where it stands in a payload, which must be long enough.
const PLACE: Range<usize> = 8..12;

/// Bytes of the shortest payload that has room for it.
pub const LEAST_SIZE: usize = PLACE.end;

/// Signs for a process. Too short a payload is left as it is.
pub fn sign(payload: &mut [u8], process: u32) {
    if let Some(place) = payload.get_mut(PLACE) {
        place.copy_from_slice(&process.to_le_bytes());
    }
}

/// Who has signed; `None` if the payload is too short for it.
pub fn signer(payload: &[u8]) -> Option<u32> {
    let bytes = payload.get(PLACE)?.try_into().ok()?;
    Some(u32::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_tells_by_whom() {
        let mut payload = [7; LEAST_SIZE];
        sign(&mut payload, 70_000);
        assert_eq!(signer(&payload), Some(70_000));
        assert_eq!(payload[..PLACE.start], [7; PLACE.start]);
        assert_eq!(signer(&payload[1..]), None);
    }
}
