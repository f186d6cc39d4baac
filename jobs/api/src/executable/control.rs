//! The way to the run for reports.

use std::fs::File;
use std::io::Write;

use super::descriptors::take;
use crate::control::Report;

/// The control channel; without one (outside a run), reports are left out.
#[derive(Debug, Default)]
pub(super) struct Control {
    channel: Option<File>,
}

impl Control {
    /// The channel under the number in `PIPELOOM_CONTROL`.
    pub(super) fn open(number: Option<&str>) -> Control {
        let number = number.and_then(|number| number.parse().ok());
        Control { channel: number.and_then(|number| take(number).ok()).map(File::from) }
    }

    /// The same channel, once more.
    pub(super) fn again(&self) -> Control {
        Control { channel: self.channel.as_ref().and_then(|channel| channel.try_clone().ok()) }
    }

    pub(super) fn report(&mut self, what: &Report) {
        if let Some(channel) = &mut self.channel
            // In one piece: others may speak on the same channel.
            && channel.write_all(what.to_line().as_bytes()).is_err()
        {
            // The run does not listen any more, which is no reason to stop.
            self.channel = None;
        }
    }
}
