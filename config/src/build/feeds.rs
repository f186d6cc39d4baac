//! Which pipes bring what a typed job takes.

use std::sync::Arc;

use pipeloom_job::PortType;
use pipeloom_job::typed::{Blocks, Every, First, Headed, Zip};
use serde::de::DeserializeOwned;

use super::fit::Reads;
use super::pipe::{Described, Pipe};

/// Pipes that bring what a typed job takes for a step.
///
/// | the job takes | the pipes |
/// |---|---|
/// | `T`, [`Headed`]`<T>`, [`Blocks`]`<T>`, `Blocks<Headed<T>>` | `&Pipe<T>` |
/// | [`Zip`]`<(A, B)>`, up to four | `(&Pipe<A>, &Pipe<B>)` |
/// | [`Every`]`<T>` | `&[&Pipe<T>]` |
/// | [`First`]`<A, T>` | `(&Pipe<A>, &[&Pipe<T>])` |
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not bring `{I}`",
    note = "`&Pipe<T>` brings `T`, `Headed<T>` and `Blocks<T>`; tuples and slices of pipes bring `Zip`, `Every` and `First`"
)]
pub trait Feeds<I>: sealed::Feeds<I> {}

impl<I, P: sealed::Feeds<I>> Feeds<I> for P {}

pub(super) mod sealed {
    use super::{Arc, Described, PortType, Reads};

    /// A pipe with what the job's port at it is like.
    pub struct Fed {
        pub(in crate::build) pipe: Arc<Described>,
        pub(in crate::build) port: PortType,
        pub(in crate::build) reads: fn(usize) -> Reads,
    }

    /// See the trait outside.
    pub trait Feeds<I> {
        /// The pipes, in the order of the inputs.
        fn fed(self) -> Vec<Fed>;
    }

    /// One pipe for one input.
    pub trait Brings<I> {
        /// The pipe.
        fn brought(self) -> Fed;
    }
}

use sealed::{Brings, Fed};

impl<T: DeserializeOwned> Brings<T> for &Pipe<T> {
    fn brought(self) -> Fed {
        Fed { pipe: self.described.clone(), port: PortType::any().one_block(), reads: Reads::of::<T> }
    }
}

impl<T: DeserializeOwned> Brings<Headed<T>> for &Pipe<T> {
    fn brought(self) -> Fed {
        Fed { pipe: self.described.clone(), port: PortType::any().one_block(), reads: Reads::of::<T> }
    }
}

impl<T: DeserializeOwned> Brings<Blocks<T>> for &Pipe<T> {
    fn brought(self) -> Fed {
        Fed { pipe: self.described.clone(), port: PortType::any(), reads: Reads::of::<T> }
    }
}

impl<T: DeserializeOwned> Brings<Blocks<Headed<T>>> for &Pipe<T> {
    fn brought(self) -> Fed {
        Fed { pipe: self.described.clone(), port: PortType::any(), reads: Reads::of::<T> }
    }
}

impl<'a, T, I> sealed::Feeds<I> for &'a Pipe<T>
where
    &'a Pipe<T>: Brings<I>,
{
    fn fed(self) -> Vec<Fed> {
        vec![self.brought()]
    }
}

macro_rules! zip {
    ($($type:ident $pipe:ident),*) => {
        impl<$($type, $pipe: Brings<$type>),*> sealed::Feeds<Zip<($($type,)*)>> for ($($pipe,)*) {
            #[expect(non_snake_case, reason = "a pipe is named as its type")]
            fn fed(self) -> Vec<Fed> {
                let ($($pipe,)*) = self;
                vec![$($pipe.brought()),*]
            }
        }
    };
}

zip!(A P, B Q);
zip!(A P, B Q, C R);
zip!(A P, B Q, C R, D S);

impl<'a, T, I> sealed::Feeds<Every<I>> for &[&'a Pipe<T>]
where
    &'a Pipe<T>: Brings<I>,
{
    fn fed(self) -> Vec<Fed> {
        self.iter().map(|pipe| pipe.brought()).collect()
    }
}

impl<'a, A, P, T, I> sealed::Feeds<First<A, I>> for (P, &[&'a Pipe<T>])
where
    P: Brings<A>,
    &'a Pipe<T>: Brings<I>,
{
    fn fed(self) -> Vec<Fed> {
        [self.0.brought()].into_iter().chain(self.1.iter().map(|pipe| pipe.brought())).collect()
    }
}
