//! The kits for executables.
//!
//! ```text
//! wire      blocks stand on a pipe as the file of wire vectors says, for every kit and the runtime
//! steps     compute blocks, heads and the end of streams, one program over FIFOs
//! done      which compute blocks are done
//! flow      several pipes at once, large blocks, reading and writing in any order
//! ending    SIGTERM, readers that go, and all that fails
//! networks  programs of all kits in real networks
//! shared    two of them, and memory beside the pipe
//! direct    two of them with nobody in between, compared with a relay
//! ```

mod direct;
mod done;
mod ending;
mod flow;
mod heart;
mod networks;
mod shared;
mod steps;
mod wire;
