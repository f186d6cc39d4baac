//! Whole runs, each a test. Those about a fault that must be survived say which one, by its number in the catalogue.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod blocks;
mod branches;
mod codecs;
mod cycles;
mod death;
mod deliveries;
mod disk_full;
mod ending;
mod environment;
mod examples;
mod flow;
mod heads;
mod health;
mod isolation;
mod job_test;
mod limits;
mod lives;
mod marvelo;
mod optional;
mod outside;
mod paced;
mod passing;
mod pausing;
mod plugins;
mod policies;
mod python;
mod python_codecs;
mod refused;
mod resources;
mod restarts;
mod scopes;
mod sinks;
mod spools;
mod steps;
mod stopping;
mod sweep;
mod talking;
mod terminal;
mod times;
mod times_and_pace;
mod times_of_lives;
mod times_of_programs;
mod trying;
mod unneeded;
