//! What a source puts on one of its outputs: a function of the block's number, so that nothing but the number has to be
//! known to tell whether a block is right.

use std::fmt;
use std::str::FromStr;

use fastrand::Rng;

/// What a block may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// Any bytes, of any length.
    Binary,
    /// One line without its end.
    Text,
    /// One JSON value on a line.
    Json,
    /// So many bytes.
    Fixed(usize),
}

/// The blocks that a source puts on one output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin {
    /// What makes these blocks differ from those of other outputs.
    pub seed: u64,
    /// What they hold.
    pub content: Content,
}

/// Sizes around those where the runtime does something else; the large ones are rare, as they are slow.
const SIZES: [usize; 16] = [0, 1, 2, 7, 64, 64, 100, 100, 512, 1000, 1000, 4096, 4097, 8191, 8192, 100_000];

impl Origin {
    /// The payload of the block with this number, from 1.
    pub fn payload(self, number: u64) -> Vec<u8> {
        let mut rng = Rng::with_seed(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number);
        // The first figures of neighbouring seeds are alike.
        rng.u64(..);
        let size = SIZES[rng.usize(..SIZES.len())];
        match self.content {
            Content::Binary => bytes(&mut rng, size),
            Content::Fixed(size) => bytes(&mut rng, size),
            Content::Text => text(&mut rng, size),
            // The shortest JSON value is one digit.
            Content::Json if size < 2 => vec![b'0' + rng.u8(..10)],
            Content::Json => [b"\"", text(&mut rng, size - 2).as_slice(), b"\""].concat(),
        }
    }
}

fn bytes(rng: &mut Rng, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    rng.fill(&mut bytes);
    bytes
}

fn text(rng: &mut Rng, size: usize) -> Vec<u8> {
    (0..size).map(|_| rng.alphanumeric() as u8).collect()
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.content {
            Content::Binary => write!(f, "{}:binary", self.seed),
            Content::Text => write!(f, "{}:text", self.seed),
            Content::Json => write!(f, "{}:json", self.seed),
            Content::Fixed(size) => write!(f, "{}:{size}", self.seed),
        }
    }
}

/// Not what [`Origin`] is written as.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoOrigin(String);

impl fmt::Display for NoOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no origin, which is SEED:CONTENT", self.0)
    }
}

impl std::error::Error for NoOrigin {}

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Origin, NoOrigin> {
        let parse = || {
            let (seed, content) = text.split_once(':')?;
            let content = match content {
                "binary" => Content::Binary,
                "text" => Content::Text,
                "json" => Content::Json,
                size => Content::Fixed(size.parse().ok()?),
            };
            Some(Origin { seed: seed.parse().ok()?, content })
        };
        parse().ok_or_else(|| NoOrigin(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_survives_being_an_argument() {
        for content in [Content::Binary, Content::Text, Content::Json, Content::Fixed(512)] {
            let origin = Origin { seed: 77, content };
            assert_eq!(origin.to_string().parse(), Ok(origin));
        }
    }

    #[test]
    fn payloads_are_what_their_content_says_and_sizes_differ() {
        let payloads = |content| (1..200).map(move |number| Origin { seed: 5, content }.payload(number));
        assert!(payloads(Content::Fixed(33)).all(|payload| payload.len() == 33));
        assert!(payloads(Content::Text).all(|payload| payload.iter().all(u8::is_ascii_alphanumeric)));
        assert!(payloads(Content::Json).all(|payload| serde_json::from_slice::<serde_json::Value>(&payload).is_ok()));
        let mut sizes: Vec<usize> = payloads(Content::Binary).map(|payload| payload.len()).collect();
        sizes.sort_unstable();
        sizes.dedup();
        assert!([0, 1, 8191, 8192, 100_000].iter().all(|size| sizes.contains(size)), "{sizes:?}");
    }
}
