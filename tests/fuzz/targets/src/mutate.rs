//! Inputs near others.

use fastrand::Rng;

use crate::seeds::Seed;

/// No input grows longer than this, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// Bytes that often stand where something is decided.
const BYTES: [u8; 12] = [0, 1, 2, 4, 127, 128, 255, b'\n', b'"', b'{', b'[', b'$'];

/// The input with this number: a seed with some changes. The same number gives the same input.
pub fn near(seeds: &[Seed], words: &[&str], number: u64) -> Vec<u8> {
    let mut rng = Rng::with_seed(number);
    let mut input = rng.choice(seeds).map(|seed| seed.bytes.clone()).unwrap_or_default();
    for _ in 0..=rng.u8(0..4) {
        change(&mut input, seeds, words, &mut rng);
    }
    input.truncate(MAX_BYTES);
    input
}

fn change(input: &mut Vec<u8>, seeds: &[Seed], words: &[&str], rng: &mut Rng) {
    let at = rng.usize(0..=input.len());
    let most = rng.choice([1, 4, 16, 200]).unwrap_or(1);
    let until = (at + rng.usize(0..=most)).min(input.len());
    match rng.u8(0..8) {
        0 => drop(input.drain(at..until)),
        1 => input.truncate(at),
        2 => insert(input, at, &[rng.choice(BYTES).unwrap_or(0)]),
        3 => {
            if let Some(word) = rng.choice(words) {
                insert(input, at, word.as_bytes());
            }
        }
        4 => {
            // A piece of it stands there once more, or many times.
            let piece = input[at..until].repeat(rng.choice([1, 1, 2, 100]).unwrap_or(1));
            let to = rng.usize(0..=input.len());
            insert(input, to, &piece);
        }
        5 => {
            // It goes on like another one.
            if let Some(other) = rng.choice(seeds) {
                let from = rng.usize(0..=other.bytes.len());
                input.truncate(at);
                input.extend_from_slice(&other.bytes[from..]);
            }
        }
        _ => {
            if let Some(byte) = input.get_mut(at) {
                *byte = match rng.u8(0..4) {
                    0 => *byte ^ (1 << rng.u8(0..8)),
                    1 => byte.wrapping_add(rng.choice([1, 255]).unwrap_or(1)),
                    2 => rng.choice(BYTES).unwrap_or(0),
                    _ => rng.u8(..),
                };
            }
        }
    }
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if input.len() + bytes.len() <= MAX_BYTES {
        input.splice(at..at, bytes.iter().copied());
    }
}
