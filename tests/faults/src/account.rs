//! What sources and sinks have kept account of: see the villains `issue` and `record`.

use std::fs;
use std::path::Path;

/// What a source has written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Issued {
    /// So many blocks for certain.
    pub blocks: u64,
    /// Whether that was all. If not, there may be one more.
    pub ended: bool,
}

impl Issued {
    /// The account of the source `job` in this folder; one that was killed early may have none.
    pub fn read(dir: &Path, job: &str) -> Issued {
        let account = fs::read(dir.join(format!("{job}.issued"))).unwrap_or_default();
        let number =
            |at: usize| account.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes);
        Issued { blocks: number(0).unwrap_or_default(), ended: number(8) == Some(1) }
    }

    /// Whether it may have written just so many.
    pub const fn may_be(&self, blocks: u64) -> bool {
        blocks == self.blocks || (!self.ended && blocks == self.blocks + 1)
    }

    /// The most that it may have written.
    pub const fn most(&self) -> u64 {
        self.blocks + if self.ended { 0 } else { 1 }
    }
}

/// A block that a sink has seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// Its number, from 0.
    pub number: u64,
    /// Its head, if the sink sees heads.
    pub head: Option<u8>,
}

/// What a sink has seen on one input, in all its lives.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    /// How often it has opened the input.
    pub lives: usize,
    /// The blocks, in the order in which they came.
    pub blocks: Vec<Block>,
    /// What is not as it was written.
    pub garbage: Vec<String>,
    /// How much there was of a block that was cut off.
    pub torn: Option<u64>,
    /// Whether it has seen the end, or has ended by itself.
    pub ended: bool,
}

impl Seen {
    /// The account of the sink `job` of its input at this place; one that was killed early may have none.
    ///
    /// # Panics
    /// If it is no such account.
    #[track_caller]
    pub fn read(dir: &Path, job: &str, input: usize) -> Seen {
        let account = fs::read_to_string(dir.join(format!("{job}.seen.{input}"))).unwrap_or_default();
        Seen::parse(&account)
    }

    #[track_caller]
    fn parse(account: &str) -> Seen {
        let mut seen = Seen::default();
        for line in account.lines() {
            let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("an account with the line {line:?}"));
            match line.split_once(' ') {
                None if line == "begin" => (seen.lives, seen.ended) = (seen.lives + 1, false),
                None if line == "end" => seen.ended = true,
                None => seen.blocks.push(Block { number: number(line), head: None }),
                Some(("garbage", what)) => seen.garbage.push(what.to_owned()),
                Some(("torn", bytes)) => seen.torn = Some(number(bytes)),
                Some((text, head)) => {
                    let head = u8::from_str_radix(head, 16).ok();
                    seen.blocks.push(Block { number: number(text), head });
                }
            }
        }
        seen
    }

    /// The numbers of the blocks.
    pub fn numbers(&self) -> impl Iterator<Item = u64> {
        self.blocks.iter().map(|block| block.number)
    }

    /// How many blocks came.
    pub const fn count(&self) -> u64 {
        self.blocks.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, Seen};

    #[test]
    fn an_account_of_two_lives() {
        let seen = Seen::parse("begin\n0\n1 40\nbegin\ngarbage 12\ntorn 5\nend\n");
        let blocks = vec![Block { number: 0, head: None }, Block { number: 1, head: Some(0x40) }];
        let garbage = vec!["12".to_owned()];
        assert_eq!(seen, Seen { lives: 2, blocks, garbage, torn: Some(5), ended: true });
    }
}
