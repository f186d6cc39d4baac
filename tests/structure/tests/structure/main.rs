//! What holds for the project as a whole and no compiler checks.
//!
//! ```text
//! workspace  the packages and files of the workspace
//! edges      which of our crates may use which
//! reasons    docs/dependencies.md has a reason for every dependency, and no other
//! sources    where bincode and unsafe may stand, and how long a file may be
//! documents  links lead somewhere, and blocks copied from files are up to date
//! ```

mod documents;
mod edges;
mod reasons;
mod sources;
mod workspace;
