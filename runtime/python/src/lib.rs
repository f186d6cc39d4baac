//! Jobs in Python: the kit that they are written against, and what can be asked of their classes.
//!
//! The kit (`jobs/python`) is part of this program, so that a network with a `python` job needs nothing but an interpreter.
//!
//! ```text
//! kit        the kit's files in a folder that an interpreter can import from
//! describe   what a class takes, told by the interpreter without running the job
//! import     projects of other systems as network files
//! pickle     the codec between Python jobs, of which the runtime knows only the frames
//! ```

mod describe;
mod import;
mod kit;
mod pickle;

pub use describe::describe;
pub use import::import;
pub use pickle::PICKLE;
