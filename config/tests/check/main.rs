//! What is said about network files, right and wrong ones, in real folders with real programs.

mod arguments;
mod connections;
mod limits;
mod mutations;
mod names;
mod options;
mod params;
mod paths;
mod pipes;
mod programs;
mod right;
mod setting;
mod values;
