//! Any bytes, cut into records.
//!
//! `PROPTEST_CASES=n` says how many are tried, `PROPTEST_RNG_SEED=n` tries the same ones again.

use pipeloom_job::{Block, Seq};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{LIMITS, told};
use crate::record::RECORD_HEAD;
use crate::segment::{HEADER_BYTES, Header, PLACES};
use crate::{HeaderError, Record, recover_bytes};

/// What is cut out of any bytes is what a spool would have written.
fn check_cut(bytes: &[u8]) -> Result<usize, TestCaseError> {
    let cut = match recover_bytes(bytes, LIMITS.max_block_bytes) {
        Ok(cut) => cut,
        Err(HeaderError::Damaged(_) | HeaderError::Foreign | HeaderError::Newer { .. }) => return Ok(0),
    };
    let mut again = bytes[..HEADER_BYTES].to_vec();
    cut.records.iter().for_each(|record| record.encode(&mut again));
    prop_assert_eq!(&again, &bytes[..cut.valid_bytes]);
    prop_assert_eq!(cut.damage.is_none(), cut.valid_bytes == bytes.len());
    Ok(cut.records.len())
}

proptest! {
    // A case that fails becomes a test of its own rather than a line in a file.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_behind_a_header_are_cut_into_what_was_written(
        first in 0..PLACES,
        blocks in 0_u64..4,
        rest in vec(any::<u8>(), 0..100),
    ) {
        let mut bytes = Header { first, max_block_bytes: 200 }.encode().to_vec();
        for at in 0..blocks {
            let told = told(at);
            let block = Block::new(told.head, &told.payload);
            let seq = Seq::FIRST;
            Record { place: first + at, epoch: 0, seq, block }.encode(&mut bytes);
        }
        bytes.extend(rest);
        prop_assert_eq!(check_cut(&bytes)?, blocks as usize);
    }

    #[test]
    fn any_bytes_are_cut_or_refused(bytes in vec(any::<u8>(), 0..3 * RECORD_HEAD)) {
        check_cut(&bytes)?;
    }
}
