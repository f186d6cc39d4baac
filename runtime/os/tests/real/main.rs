//! Tests with real processes and FIFOs, one file for each thing promised.
#![cfg(test)]

mod cgroup;
mod common;
mod fifo;
mod keeper;
mod limits;
mod pause;
mod spawn;
mod villains;
mod warden;
