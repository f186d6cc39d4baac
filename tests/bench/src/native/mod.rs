//! Native jobs that do what `bare-source` and `bare-sink` do: the library of this crate is a plugin with both.

mod fill;
mod sum;

pipeloom_job::export_jobs! { fill::Fill, sum::Sum }
