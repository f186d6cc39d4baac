//! What is said about network files, right and wrong ones, in real folders with real programs.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its setting has failed")]

mod allowed;
mod alone;
mod arguments;
mod class_codecs;
mod classes;
mod codecs;
mod connections;
mod cycles;
mod deliveries;
mod full;
mod health;
mod job_limits;
mod limits;
mod mutations;
mod names;
mod options;
mod params;
mod paths;
mod pipes;
mod plugins;
mod programs;
mod restarts;
mod right;
mod setting;
mod shared;
mod taking;
mod times;
mod values;
