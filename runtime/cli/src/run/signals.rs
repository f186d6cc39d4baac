//! Ctrl-C and its like, as messages.

use std::os::fd::AsFd;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};
use pipeloom_os::doorbell::{Doorbell, Interest, wait};
use pipeloom_os::process::Signal;
use pipeloom_os::signals::{SignalWatch, outlive_file_size_limit};

use super::start::StartError;

/// Takes the signals that ask this process to end or to halt. To be called before other threads are started.
pub(super) fn watch() -> Result<Receiver<Signal>, StartError> {
    outlive_file_size_limit()?;
    let watch = SignalWatch::new(&[Signal::INT, Signal::TERM, Signal::HUP, Signal::TSTP])?;
    let bell = Doorbell::new()?;
    let (sender, signals) = unbounded();
    let thread = thread::Builder::new().name("signals".to_owned());
    // It waits for ever and ends with the process.
    thread.spawn(move || forward(watch, &bell, &sender)).map_err(StartError::Thread)?;
    Ok(signals)
}

fn forward(mut watch: SignalWatch, bell: &Doorbell, sender: &Sender<Signal>) {
    loop {
        match watch.next_signal() {
            Ok(Some(signal)) => {
                if sender.send(signal).is_err() {
                    return;
                }
            }
            Ok(None) => {
                let waited = wait(bell, &mut [Interest::readable(watch.as_fd())], None);
                if let Err(error) = waited {
                    return log::warn!("signals are not seen any more: {error}");
                }
            }
            Err(error) => return log::warn!("signals are not seen any more: {error}"),
        }
    }
}
