//! What MARVELO's pages on jobs and pipes promise, where no other test shows it already.

mod executables;
mod joins;
mod native;
mod page;
