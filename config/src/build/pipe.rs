//! Pipes that know the type of their values.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;

use super::keys::keys;
use super::table::Table;
use crate::file::{AckName, ConduitName, DeliveryName, DropName, ExternalName, SpoolSyncName, WhenFull};
use crate::kind::ValueType;

/// A pipe whose values are of type `T`. It is a description: clones stand for the same pipe, and a network has the pipes
/// that its jobs have at their ends.
///
/// The methods set what the pipe's table in a file says, under the same names; `asynchronous` is `async` there. What is not
/// said has the file's defaults.
///
/// ```
/// use pipeloom_config::build::Pipe;
/// use pipeloom_config::file::WhenFull;
///
/// let levels = Pipe::<f64>::new("levels").codec("json").max_queue(16).when_full(WhenFull::DropOldest);
/// assert_eq!(levels.name(), "levels");
/// ```
pub struct Pipe<T> {
    pub(super) described: Arc<Described>,
    value: PhantomData<fn() -> T>,
}

/// The type of pipes about whose values nothing is known, as between two programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Untyped {}

/// What is said about a pipe.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Described {
    pub(super) name: String,
    pub(super) value: Option<ValueType>,
    pub(super) table: Table,
}

impl Pipe<Untyped> {
    /// A pipe about whose values nothing is known.
    pub fn untyped(name: impl Into<String>) -> Pipe<Untyped> {
        Pipe::of(name.into(), None)
    }
}

impl<T: 'static> Pipe<T> {
    /// A pipe for values of type `T`.
    pub fn new(name: impl Into<String>) -> Pipe<T> {
        Pipe::of(name.into(), Some(ValueType::of::<T>()))
    }
}

impl<T> Pipe<T> {
    fn of(name: String, value: Option<ValueType>) -> Pipe<T> {
        let described = Arc::new(Described { name, value, table: Table::default() });
        Pipe { described, value: PhantomData }
    }

    /// The pipe's name.
    pub fn name(&self) -> &str {
        &self.described.name
    }

    /// Sets any key of the pipe's table; a longer path leads into tables inside it. The check says what no key is.
    #[must_use]
    pub fn set(mut self, path: &[&str], value: impl Serialize) -> Pipe<T> {
        Arc::make_mut(&mut self.described).table.set(path, value);
        self
    }

    /// Makes the pipe one that readers never wait for, with all defaults (`optional = {}`).
    #[must_use]
    pub fn optional(self) -> Pipe<T> {
        self.set(&["optional"], toml::Table::new())
    }

    keys! { "pipe's table", KEYS,
        codec = "codec": &str;
        block_size = "block_size": u32;
        max_queue = "max_queue": u32;
        max_block_bytes = "max_block_bytes": u32;
        capacity_bytes = "capacity_bytes": u32;
        conduit = "conduit": ConduitName;
        path = "path": &str;
        external = "external": ExternalName;
        block_count = "block_count": u32;
        asynchronous = "async": bool;
        optional_default = "optional"."default": impl Serialize;
        optional_store = "optional"."store": bool;
        optional_buffer = "optional"."buffer": u32;
        optional_drop = "optional"."drop": DropName;
        dummy = "dummy": &str;
        dummy_value = "dummy"."value": impl Serialize;
        when_full = "when_full": WhenFull;
        spool_max_bytes = "spool"."max_bytes": u64;
        spool_sync = "spool"."sync": SpoolSyncName;
        delivery = "delivery": DeliveryName;
        ack = "ack": AckName;
        window_bytes = "window_bytes": u64;
        cycle = "cycle": bool;
        writers = "writers": &[&str];
        readers = "readers": &[&str];
    }
}

impl<T> Clone for Pipe<T> {
    fn clone(&self) -> Pipe<T> {
        Pipe { described: self.described.clone(), value: PhantomData }
    }
}

impl<T> fmt::Debug for Pipe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pipe").field(&self.described).finish()
    }
}

/// What names a pipe of values of type `T`: the [`Pipe`] itself, or its name where the type is said in another way.
pub trait PipeName<T> {
    /// The pipe's name.
    fn pipe_name(&self) -> &str;
}

impl<T> PipeName<T> for &Pipe<T> {
    fn pipe_name(&self) -> &str {
        self.name()
    }
}

impl<T> PipeName<T> for &str {
    fn pipe_name(&self) -> &str {
        self
    }
}

#[cfg(test)]
#[test]
fn every_key_of_the_file_has_a_method() {
    super::tests::assert_all_keys("PipeTable", Pipe::<()>::KEYS, &[]);
}
