//! The heads that came with a compute block.

use crate::batch::Block;
use crate::head::Head;
use crate::step::Step;

/// All heads of a compute block: for each input, one for each of its blocks. A source has none.
#[derive(Clone, Copy, Debug)]
pub struct InHeads<'a> {
    /// Kept as it is: to take its parts for each step would cost as much as a short step.
    step: Option<&'a Step<'a>>,
    or: Head,
}

impl<'a> InHeads<'a> {
    #[inline]
    pub(super) const fn of(step: &'a Step<'a>) -> InHeads<'a> {
        InHeads { step: Some(step), or: step.head }
    }

    /// No heads, reduced to an empty one.
    #[inline]
    pub(super) const fn none(empty: Head) -> InHeads<'a> {
        InHeads { step: None, or: empty }
    }

    /// Bits set in any head: the reduced head, unless the job says otherwise.
    #[inline]
    pub const fn or(&self) -> Head {
        self.or
    }

    #[inline]
    fn blocks(&self) -> &'a [&'a [Block<'a>]] {
        self.step.map_or(&[], |step| step.inputs)
    }

    /// The number of inputs.
    #[inline]
    pub fn inputs(&self) -> usize {
        self.blocks().len()
    }

    /// The heads on input `input`, counted from 0, in the order of the blocks; none if there is no such input.
    #[inline]
    pub fn on(&self, input: usize) -> impl ExactSizeIterator<Item = Head> + DoubleEndedIterator + use<'a> {
        self.blocks().get(input).copied().unwrap_or_default().iter().map(|block| block.head)
    }

    /// The heads on all inputs, one input after the other.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = Head> + use<'a> {
        self.blocks().iter().copied().flatten().map(|block| block.head)
    }
}
