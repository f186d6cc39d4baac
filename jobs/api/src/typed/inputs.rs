//! From a compute block to a value.

use serde::de::DeserializeOwned;

use super::error::InputError;
use crate::batch::Seq;
use crate::head::Head;
use crate::job::PortSetup;
use crate::step::Step;

/// What a typed job takes from a compute block: any value that serde can read (from input 0), [`Zip`] or [`Every`].
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

    /// The reduced head: bitwise or over the heads of all blocks.
    pub const fn head(&self) -> Head {
        self.step.head
    }

    /// The value of the only block on input `input`, counted from 0.
    pub fn one<T: DeserializeOwned>(&self, input: usize) -> Result<T, InputError> {
        let (Some(blocks), Some(port)) = (self.step.inputs.get(input), self.ports.get(input)) else {
            return Err(InputError::Missing { input });
        };
        let (pipe, block) = (|| port.pipe.clone(), self.step.number);
        match blocks {
            [only] => {
                port.codec.decode(only.bytes).map_err(|source| InputError::Value { input, pipe: pipe(), block, source })
            }
            _ => Err(InputError::Count { input, pipe: pipe(), block, got: blocks.len() }),
        }
    }
}

impl<T: DeserializeOwned> Inputs for T {
    fn take(arrived: &Arrived<'_>) -> Result<T, InputError> {
        arrived.one(0)
    }
}

/// One value from each of 2 to 4 inputs, each of its own type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Zip<T>(pub T);

macro_rules! zip {
    ($($type:ident $input:literal),*) => {
        impl<$($type: DeserializeOwned),*> Inputs for Zip<($($type,)*)> {
            fn take(arrived: &Arrived<'_>) -> Result<Self, InputError> {
                Ok(Zip(($(arrived.one::<$type>($input)?,)*)))
            }
        }
    };
}

zip!(A 0, B 1);
zip!(A 0, B 1, C 2);
zip!(A 0, B 1, C 2, D 3);

/// One value from each input, however many there are, all of one type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Every<T>(pub Vec<T>);

impl<T: DeserializeOwned> Inputs for Every<T> {
    fn take(arrived: &Arrived<'_>) -> Result<Self, InputError> {
        (0..arrived.inputs()).map(|input| arrived.one(input)).collect::<Result<_, _>>().map(Every)
    }
}
