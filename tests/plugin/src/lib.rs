//! A plugin for tests: jobs that work, and one that does what it should not.

mod echo;
mod gain;
mod upwards;
mod villain;

pipeloom_job::export_jobs! { gain::Gain, echo::Echo, upwards::Upwards, villain::Villain }
