//! Waits for a path that another program makes.

use std::{os::fd::AsFd, path::Path, time::Duration};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::inotify::{AddWatchFlags, InitFlags, Inotify},
};

use crate::error::BenchError;

/// No start takes this long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until something is at `path`, in a folder that is there already.
///
/// # Errors
/// Nothing new came into the folder for ten seconds.
pub(crate) fn wait_for(path: &Path) -> Result<(), BenchError> {
    let failed = |source| BenchError::System { call: "watch a folder", source };
    let changes = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK).map_err(failed)?;
    changes.add_watch(path.parent().unwrap_or(path), AddWatchFlags::IN_CREATE).map_err(failed)?;
    // Looked at after the watch is there, so that nothing is made unseen in between.
    while !path.exists() {
        let mut readable = [PollFd::new(changes.as_fd(), PollFlags::POLLIN)];
        let timeout = PollTimeout::try_from(PATIENCE).unwrap_or(PollTimeout::MAX);
        if poll(&mut readable, timeout).map_err(failed)? == 0 {
            return Err(BenchError::NeverMade { path: path.to_owned() });
        }
        changes.read_events().map_err(failed)?;
    }
    Ok(())
}
