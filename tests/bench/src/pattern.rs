//! Payloads that cost what real ones do: every byte is written by the source and read by the sink.
//!
//! Block `n` (from 1) is filled with the number `n` as little-endian u64, its last word cut off where the size is no
//! multiple of eight. The sum over all words therefore tells whether each block has come, once.

/// Fills a payload with the block's number.
pub fn fill(payload: &mut [u8], number: u64) {
    let word = number.to_le_bytes();
    let (words, rest) = payload.as_chunks_mut::<8>();
    words.fill(word);
    rest.copy_from_slice(&word[..rest.len()]);
}

/// Sums a payload as little-endian u64, wrapping; a last word cut short counts as if padded with zeros.
pub fn sum(payload: &[u8]) -> u64 {
    let (words, rest) = payload.as_chunks::<8>();
    let whole = words.iter().fold(0u64, |sum, word| sum.wrapping_add(u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    whole.wrapping_add(u64::from_le_bytes(last))
}

/// What a sink must have summed after blocks 1 to `count` of `size` bytes.
pub fn expected_sum(size: usize, count: u64) -> u64 {
    let words = (size / 8) as u64;
    let rest_bits = 8 * (size % 8) as u32;
    let rest_mask = (1u64 << rest_bits) - 1;
    (1..=count).fold(0u64, |sum, number| sum.wrapping_add(number.wrapping_mul(words)).wrapping_add(number & rest_mask))
}

/// The sum over blocks of `size` bytes, a multiple of eight, whose own numbers sum up to `numbers`, wrapping.
pub fn sum_of_numbers(size: usize, numbers: u64) -> u64 {
    numbers.wrapping_mul((size / 8) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_which_some_are_lost_have_the_sum_of_their_numbers() {
        let (mut payload, came) = ([0; 64], [3, 5, 1_000]);
        let seen = came.map(|number| {
            fill(&mut payload, number);
            sum(&payload)
        });
        assert_eq!(sum_of_numbers(64, came.iter().sum()), seen.iter().sum::<u64>());
    }

    #[test]
    fn the_expected_sum_is_what_summing_filled_blocks_gives() {
        for size in [0, 1, 7, 8, 9, 64, 1000, 4096] {
            let mut payload = vec![0; size];
            let seen = (1..=300).fold(0u64, |total, number| {
                fill(&mut payload, number);
                total.wrapping_add(sum(&payload))
            });
            assert_eq!(seen, expected_sum(size, 300), "payload of {size} bytes");
        }
    }
}
