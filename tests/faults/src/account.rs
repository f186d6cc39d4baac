//! What sources and sinks have kept account of: see the villains `issue` and `record`.

use std::collections::BTreeSet;
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
    /// For each life that has opened the input, how many blocks had come before.
    pub begins: Vec<usize>,
    /// The blocks, in the order in which they came.
    pub blocks: Vec<Block>,
    /// Before which places among the blocks a dummy came.
    pub dummies: Vec<usize>,
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
    pub(crate) fn parse(account: &str) -> Seen {
        let mut seen = Seen::default();
        for line in account.lines() {
            let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("an account with the line {line:?}"));
            match line.split_once(' ') {
                None if line == "begin" => {
                    seen.begins.push(seen.blocks.len());
                    seen.ended = false;
                }
                None if line == "dummy" => seen.dummies.push(seen.blocks.len()),
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

    /// The numbers of the blocks that its last life was given.
    pub fn last_life(&self) -> impl Iterator<Item = u64> {
        self.numbers().skip(self.begins.last().copied().unwrap_or_default())
    }

    /// How many of the blocks had come before.
    pub fn again(&self) -> u64 {
        self.count() - self.numbers().collect::<BTreeSet<_>>().len() as u64
    }

    /// All that came, dummies among them: those have no number.
    pub fn steps(&self) -> Vec<Option<u64>> {
        let mut dummies = self.dummies.iter().peekable();
        let mut steps = Vec::with_capacity(self.blocks.len() + self.dummies.len());
        for (place, number) in self.numbers().enumerate() {
            while dummies.next_if_eq(&&place).is_some() {
                steps.push(None);
            }
            steps.push(Some(number));
        }
        steps.extend(dummies.map(|_| None));
        steps
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
        let seen = Seen::parse("begin\n0\n1 40\nbegin\ngarbage 12\ndummy\n1\ndummy\ntorn 5\nend\n");
        assert!(seen.last_life().eq([1]));
        assert_eq!(seen.again(), 1);
        assert_eq!(seen.steps(), [Some(0), Some(1), None, Some(1), None]);
        let block = |number, head| Block { number, head };
        let blocks = vec![block(0, None), block(1, Some(0x40)), block(1, None)];
        let (begins, dummies, garbage) = (vec![0, 2], vec![2, 3], vec!["12".to_owned()]);
        assert_eq!(seen, Seen { begins, blocks, dummies, garbage, torn: Some(5), ended: true });
    }
}
