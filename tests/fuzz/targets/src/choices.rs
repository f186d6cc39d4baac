//! Decisions out of the bytes, so that what finds inputs also finds these.

/// One of `all`. Every byte chooses one.
pub(crate) fn one_of<T: Copy>(all: &[T], byte: u8) -> T {
    all[usize::from(byte) % all.len()]
}

/// The bytes in pieces, whose lengths come from `seed` and from the bytes themselves. With a seed below 128, most pieces have
/// one byte.
pub(crate) fn pieces(bytes: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let first = *rest.first()?;
        let length = match first ^ seed {
            key if seed == 0 || key < 128 => 1,
            key if key < 250 => usize::from(key - 120),
            key => usize::from(key) * 300,
        };
        let (piece, behind) = rest.split_at(length.min(rest.len()));
        rest = behind;
        Some(piece)
    })
}
