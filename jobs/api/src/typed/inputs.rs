//! From a compute block to values.

use super::error::InputError;
use super::heads::InHeads;
use super::input::{Input, InputBlocks};
use crate::batch::Seq;
use crate::head::Head;
use crate::job::PortSetup;
use crate::step::Step;

/// What a typed job takes from a compute block: what [`Input`] says (from input 0), [`Zip`], [`Every`] or [`First`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken from a job's inputs",
    note = "a value needs `serde::Deserialize` and owns what it holds",
    note = "`Zip`, `Every` and `First` take several inputs, `Blocks` takes several blocks of one"
)]
pub trait Inputs: Sized {
    /// Reads the value from what has arrived.
    fn take(arrived: &Arrived<'_>) -> Result<Self, InputError>;
}

/// A compute block with the codecs to read it.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    step: &'a Step<'a>,
    ports: &'a [PortSetup],
}

impl<'a> Arrived<'a> {
    pub(super) const fn new(step: &'a Step<'a>, ports: &'a [PortSetup]) -> Arrived<'a> {
        Arrived { step, ports }
    }

    /// The number of inputs.
    pub const fn inputs(&self) -> usize {
        self.step.inputs.len()
    }

    /// The compute block's number.
    pub const fn number(&self) -> Seq {
        self.step.number
    }

    /// Bitwise or over the heads of all blocks.
    pub const fn head(&self) -> Head {
        self.step.head
    }

    /// The heads of all blocks.
    pub const fn heads(&self) -> InHeads<'a> {
        InHeads::of(self.step)
    }

    /// What arrived on input `input`, counted from 0.
    pub fn on<V: Input>(&self, input: usize) -> Result<V, InputError> {
        match (self.step.inputs.get(input), self.ports.get(input)) {
            (Some(blocks), Some(port)) => V::take(&InputBlocks { blocks, port, input, number: self.step.number }),
            _ => Err(InputError::Missing { input }),
        }
    }

    /// What arrived on each input from `input` on.
    pub fn from<V: Input>(&self, input: usize) -> Result<Vec<V>, InputError> {
        (input..self.inputs()).map(|input| self.on(input)).collect()
    }
}

impl<V: Input> Inputs for V {
    fn take(arrived: &Arrived<'_>) -> Result<V, InputError> {
        arrived.on(0)
    }
}

/// What 2 to 4 inputs bring, each of its own type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Zip<T>(pub T);

macro_rules! zip {
    ($($type:ident $input:literal),*) => {
        impl<$($type: Input),*> Inputs for Zip<($($type,)*)> {
            fn take(arrived: &Arrived<'_>) -> Result<Self, InputError> {
                Ok(Zip(($(arrived.on::<$type>($input)?,)*)))
            }
        }
    };
}

zip!(A 0, B 1);
zip!(A 0, B 1, C 2);
zip!(A 0, B 1, C 2, D 3);

/// What each input brings, however many there are, all of one type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Every<V>(pub Vec<V>);

impl<V: Input> Inputs for Every<V> {
    fn take(arrived: &Arrived<'_>) -> Result<Self, InputError> {
        arrived.from(0).map(Every)
    }
}

/// What input 0 brings, and then each of the others, however many there are, all of one type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct First<A, V>(pub A, pub Vec<V>);

impl<A: Input, V: Input> Inputs for First<A, V> {
    fn take(arrived: &Arrived<'_>) -> Result<Self, InputError> {
        Ok(First(arrived.on(0)?, arrived.from(1)?))
    }
}
