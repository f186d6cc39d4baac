//! A program that runs a network inside itself: it sends numbers, `awk` adds them up, a job of the program's own judges each
//! sum, and the program receives what it says.

use std::error::Error;
use std::io::{Write, stdout};
use std::process::ExitCode;

use pipeloom_config::build::{JobBuilder, NetworkBuilder, Pipe};
use pipeloom_config::file::PassName;
use pipeloom_engine::{Options, enter_warden, start};
use pipeloom_job::typed::{Connector, Output};
use pipeloom_job::{Flow, JobError};

/// Says how large a number is.
struct Judge {
    limit: u64,
}

impl Connector for Judge {
    type In = u64;
    type Out = String;

    fn step(&mut self, sum: u64, out: &mut Output<'_, String>) -> Result<Flow, JobError> {
        let size = if sum > self.limit { "large" } else { "small" };
        out.send(&format!("{sum} is {size}"))?;
        Ok(Flow::Again)
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    // The process that looks after a run's programs is this program once more.
    if let Some(code) = enter_warden() {
        return Ok(code);
    }
    let numbers = Pipe::<u64>::new("numbers").codec("lines");
    let sums = Pipe::<u64>::new("sums").codec("lines");
    let words = Pipe::<String>::new("words");
    let add = JobBuilder::exec("add", ["awk", "{ sum += $1; print sum }"]).pass(PassName::Stdio);
    let network = NetworkBuilder::new("embedded")
        .job(JobBuilder::sender("feed", &numbers))
        .job(add.input(&numbers).output(&sums))
        .job(JobBuilder::connector("judge", || Judge { limit: 20 }, &sums, &words))
        .job(JobBuilder::receiver("read", &words))
        .check_alone()?;

    let run = start(network, Options::new())?;
    let (mut sender, receiver) = (run.sender(&numbers)?, run.receiver(&words)?);
    // More than the pipes can hold would be sent by a thread, while this one receives.
    (1..8).try_for_each(|number| sender.send(&number))?;
    sender.send_last(&8)?;
    let mut said = receiver.collect::<Result<Vec<String>, _>>()?;
    said.push(format!("the run has {:?}\n", run.wait().outcome));
    stdout().write_all(said.join("\n").as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
