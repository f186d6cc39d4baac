//! Whether values of a type can be read from a pipe at all.

use pipeloom_job::Codec;
use pipeloom_job::codec::DecodeValueError;
use serde::de::DeserializeOwned;

use super::pipe::Untyped;

/// Blocks up to this size, in bytes, are tried with their own size.
const MAX_TRIED: usize = 1 << 20;

/// What a receiver may take from a pipe: values that serde can read, or nothing in particular.
pub trait Received: sealed::Received {}

impl<T: sealed::Received> Received for T {}

pub(super) mod sealed {
    use super::Codec;

    /// See the trait outside.
    pub trait Received {
        /// Why no block of the codec can hold such a value, if that can be told.
        fn refused(codec: Codec) -> Option<String>;
    }
}

impl<T: DeserializeOwned> sealed::Received for T {
    fn refused(codec: Codec) -> Option<String> {
        // What a type wants is seen by reading it from whatever block.
        let size = codec.block_size().filter(|size| *size <= MAX_TRIED);
        match codec.decode::<T>(&vec![0; size.unwrap_or(0)]) {
            Err(error @ DecodeValueError::Unsupported { .. }) => Some(error.to_string()),
            Err(error @ (DecodeValueError::Short { .. } | DecodeValueError::LeftOver { .. })) if size.is_some() => {
                Some(error.to_string())
            }
            _ => None,
        }
    }
}

impl sealed::Received for Untyped {
    fn refused(_codec: Codec) -> Option<String> {
        None
    }
}

/// What a job of the program's own reads from a pipe.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reads {
    /// Which of the job's inputs.
    pub(super) input: usize,
    pub(super) type_name: &'static str,
    pub(super) refused: fn(Codec) -> Option<String>,
}

impl Reads {
    pub(super) fn of<T: sealed::Received>(input: usize) -> Reads {
        Reads { input, type_name: std::any::type_name::<T>(), refused: T::refused }
    }
}
