//! Blocks of any sizes that show what they are: every byte of a block follows from its number and the stream's.
//!
//! ```text
//! sizes=FROM-TO  how long payloads are, each another length; at least 8 bytes
//! framed=1       with the length before each
//! head=1         with a head of one byte before that
//! stream=NUMBER  which stream it is; of several inputs, the next one has the next number
//! same=1         of several inputs, all have the same one
//! dummies=1      with a length before each, an empty payload is a dummy
//! ```

use crate::request::Request;
use crate::words::Failure;

/// The bytes of the number that a payload begins with.
const NUMBER: usize = 8;

/// The bytes of a frame's length.
const LENGTH: usize = 4;

/// How far the number of the stream stands above that of the block.
const STREAM: u32 = 40;

/// What a stream's blocks are like.
#[derive(Clone)]
pub(crate) struct Shape {
    from: usize,
    to: usize,
    framed: bool,
    head: bool,
    stream: u64,
    dummies: bool,
}

/// What stands at the beginning of some bytes.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// A block, with its head if there are heads, and its length on the wire.
    Block { number: u64, head: Option<u8>, bytes: usize },
    /// What the runtime gives in place of a block that is missing, with its length on the wire.
    Dummy { bytes: usize },
    /// Something that was never written, and how long it is if that can be known.
    Garbage(Option<usize>),
    /// Too little to say.
    More,
}

impl Shape {
    pub(crate) fn of(request: &Request, place: usize) -> Result<Shape, Failure> {
        let sizes = request.setting("sizes").ok_or("the sizes are missing")?;
        let (from, to) = sizes.split_once('-').unwrap_or((sizes, sizes));
        let (from, to) = (from.parse()?, to.parse()?);
        if from < NUMBER || to < from {
            return Err(format!("there are no blocks of {sizes} bytes").into());
        }
        let is = |name| request.setting(name) == Some("1");
        let place = if is("same") { 0 } else { place as u64 };
        let stream = request.number_of::<u64>("stream")?.unwrap_or_default() + place;
        Ok(Shape { from, to, framed: is("framed"), head: is("head"), stream, dummies: is("dummies") })
    }

    /// A block as it stands on the wire.
    pub(crate) fn wire(&self, number: u64, head: u8) -> Vec<u8> {
        let payload = self.payload(number);
        let mut wire = Vec::with_capacity(self.before() + payload.len());
        wire.extend(self.head.then_some(head));
        if self.framed {
            wire.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        }
        wire.extend_from_slice(&payload);
        wire
    }

    /// What these bytes begin with.
    pub(crate) fn find(&self, bytes: &[u8]) -> Found {
        let before = self.before();
        let (Some(head), Some(rest)) = (bytes.get(..before), bytes.get(before..)) else { return Found::More };
        let length = self.length(head);
        if self.dummies && length == 0 {
            return Found::Dummy { bytes: before };
        }
        if !(self.from..=self.to).contains(&length) {
            return Found::Garbage(None);
        }
        let Some(payload) = rest.get(..length) else { return Found::More };
        let number = u64::from_le_bytes(payload[..NUMBER].try_into().unwrap_or_default());
        let within = number.wrapping_sub(self.stream << STREAM);
        if within >> STREAM != 0 || self.payload(within) != payload {
            return Found::Garbage(Some(before + length));
        }
        Found::Block { number: within, head: self.head.then(|| head[0]), bytes: before + length }
    }

    /// How many bytes are missing behind these until more can be said of what they begin with.
    pub(crate) fn lacking(&self, bytes: &[u8]) -> usize {
        let before = self.before();
        let whole = bytes.get(..before).map_or(before, |head| before + self.length(head));
        whole.saturating_sub(bytes.len()).max(1)
    }

    /// How long the payload is behind this head and length.
    fn length(&self, head: &[u8]) -> usize {
        match head.last_chunk::<LENGTH>() {
            Some(length) if self.framed => u32::from_le_bytes(*length) as usize,
            _ => self.to,
        }
    }

    /// The bytes before a payload.
    fn before(&self) -> usize {
        usize::from(self.head) + if self.framed { LENGTH } else { 0 }
    }

    fn payload(&self, number: u64) -> Vec<u8> {
        let named = (self.stream << STREAM) + number;
        let mut chance = Chance(named);
        let length = self.from + (chance.next() % (self.to - self.from + 1) as u64) as usize;
        let mut payload = named.to_le_bytes().to_vec();
        payload.reserve(length);
        while payload.len() < length {
            payload.extend_from_slice(&chance.next().to_le_bytes());
        }
        payload.truncate(length);
        payload
    }
}

/// Numbers that look random: SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
