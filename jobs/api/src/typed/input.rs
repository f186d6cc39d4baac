//! From the blocks of one input to a value.

use serde::de::DeserializeOwned;

use super::error::InputError;
use crate::batch::{Block, Seq};
use crate::codec::{Codec, DecodeValueError};
use crate::head::Head;
use crate::job::PortSetup;

/// What a typed job takes from one input for one step: a value or [`Headed`] value of its only block, or [`Blocks`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken from one input",
    note = "a value needs `serde::Deserialize` and owns what it holds; `Blocks` takes several blocks"
)]
pub trait Input: Sized {
    /// Reads it from the blocks.
    fn take(blocks: &InputBlocks<'_>) -> Result<Self, InputError>;
}

/// What a typed job takes from one block: any value that serde can read, or the same with its head.
pub trait FromBlock: Sized {
    /// Reads it from the block.
    fn from_block(block: &Block<'_>, codec: Codec) -> Result<Self, DecodeValueError>;
}

/// A value with its block's head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Headed<T> {
    /// The head.
    pub head: Head,
    /// The value.
    pub value: T,
}

/// The values of all blocks on an input, in order: as many as its `block_count`. With heads: `Blocks<Headed<T>>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blocks<T>(pub Vec<T>);

/// The blocks of one input in a compute block, with the codec to read them.
#[derive(Clone, Copy, Debug)]
pub struct InputBlocks<'a> {
    pub(super) blocks: &'a [Block<'a>],
    pub(super) port: &'a PortSetup,
    pub(super) input: usize,
    pub(super) number: Seq,
}

impl<'a> InputBlocks<'a> {
    /// The only block.
    pub fn only(&self) -> Result<&'a Block<'a>, InputError> {
        match self.blocks {
            [only] => Ok(only),
            _ => Err(InputError::Count {
                input: self.input,
                pipe: self.port.pipe.clone(),
                block: self.number,
                got: self.blocks.len(),
            }),
        }
    }

    /// All blocks, in order.
    pub const fn all(&self) -> &'a [Block<'a>] {
        self.blocks
    }

    /// What a block of these holds.
    pub fn read<V: FromBlock>(&self, block: &Block<'_>) -> Result<V, InputError> {
        V::from_block(block, self.port.codec).map_err(|source| InputError::Value {
            input: self.input,
            pipe: self.port.pipe.clone(),
            block: self.number,
            source,
        })
    }
}

impl<T: DeserializeOwned> FromBlock for T {
    fn from_block(block: &Block<'_>, codec: Codec) -> Result<T, DecodeValueError> {
        codec.decode(block.bytes)
    }
}

impl<T: DeserializeOwned> FromBlock for Headed<T> {
    fn from_block(block: &Block<'_>, codec: Codec) -> Result<Headed<T>, DecodeValueError> {
        Ok(Headed { head: block.head, value: codec.decode(block.bytes)? })
    }
}

impl<V: FromBlock> Input for V {
    fn take(blocks: &InputBlocks<'_>) -> Result<V, InputError> {
        blocks.read(blocks.only()?)
    }
}

impl<V: FromBlock> Input for Blocks<V> {
    fn take(blocks: &InputBlocks<'_>) -> Result<Blocks<V>, InputError> {
        blocks.all().iter().map(|block| blocks.read(block)).collect::<Result<_, _>>().map(Blocks)
    }
}
