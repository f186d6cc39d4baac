//! `pipeloom run`.

use std::os::fd::AsFd;
use std::path::PathBuf;
use std::thread;

use pipeloom_engine::{Options, Summary};
use pipeloom_events::{ExitStatus, Outcome, RunId};
use pipeloom_os::process::Signal;
use pipeloom_os::signals::SignalWatch;

use crate::args::RunArgs;
use crate::{fail, network};

pub(crate) fn run(args: &RunArgs) -> ExitStatus {
    let network = match network::load(&args.network, args.json) {
        Ok(network) => network,
        Err(status) => return status,
    };
    let signals = SignalWatch::new(&[Signal::INT, Signal::TERM, Signal::HUP]);
    let run = RunId::now();
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return fail(ExitStatus::Internal, &format!("the path of this program: {error}")),
    };
    let options = Options {
        run,
        run_dir: args.run_dir.clone().unwrap_or_else(|| state_dir().join("runs").join(run.to_string())),
        warden: (program, Vec::new()),
        time_limit: args.time_limit,
        lines: args.verbose,
    };
    let handle = match pipeloom_engine::start(network, options) {
        Ok(handle) => handle,
        Err(error) => return fail(ExitStatus::Usage, &error.to_string()),
    };
    let stopper = handle.stopper();
    if let Ok(mut signals) = signals {
        thread::spawn(move || {
            let mut first = true;
            while wait_for_signal(&mut signals) {
                if std::mem::take(&mut first) { stopper.stop() } else { stopper.kill() }
            }
        });
    }
    for record in handle.events() {
        if args.json {
            if let Ok(line) = serde_json::to_string(&record) {
                anstream::println!("{line}");
            }
        } else if !args.quiet {
            anstream::eprintln!("{:?}", record.event);
        }
    }
    conclude(&handle.wait())
}

fn wait_for_signal(signals: &mut SignalWatch) -> bool {
    let Ok(bell) = pipeloom_os::doorbell::Doorbell::new() else { return false };
    loop {
        match signals.next_signal() {
            Ok(Some(_)) => return true,
            Ok(None) => {
                let mut interests = [pipeloom_os::doorbell::Interest::readable(signals.as_fd())];
                if pipeloom_os::doorbell::wait(&bell, &mut interests, None).is_err() {
                    return false;
                }
            }
            Err(_) => return false,
        }
    }
}

fn conclude(summary: &Summary) -> ExitStatus {
    if let Some((job, cause)) = summary.first_failure() {
        anstream::eprintln!("error: job {job} failed: {}", cause.message);
        for line in &cause.last_lines {
            anstream::eprintln!("    {line}");
        }
    }
    match summary.outcome {
        Outcome::Finished => ExitStatus::Success,
        Outcome::Failed => ExitStatus::JobFailed,
        Outcome::TimeLimit => ExitStatus::TimeLimit,
        Outcome::Interrupted => ExitStatus::Interrupted,
        Outcome::Internal => ExitStatus::Internal,
    }
}

fn state_dir() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".local/state");
    std::env::var_os("XDG_STATE_HOME").map_or_else(home, PathBuf::from).join("pipeloom")
}
