//! What a program waits for, as far as /proc tells.

use super::{
    Pid,
    proc::{descendants, stat_of, threads, wchan_of},
};

/// What a program that does nothing waits for: all threads of its process, and of those that descend from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rest {
    /// Somebody reads a pipe that is empty.
    pub reads: bool,
    /// Somebody writes a pipe that is full.
    pub writes: bool,
    /// Somebody waits for any of several descriptors.
    pub polls: bool,
    /// Of somebody the kernel does not tell what it sleeps in.
    pub is_unknown: bool,
    /// The processor time that all have used, in the kernel's ticks.
    pub ticks: u64,
}

impl Rest {
    /// Looks at a program; `None` if somebody works, or waits for something that no pipe brings, or the program is gone.
    pub fn of(pid: Pid) -> Option<Rest> {
        let mut rest = Rest::default();
        for pid in [pid].into_iter().chain(descendants(pid)) {
            for thread in threads(pid) {
                rest.add(&thread)?;
            }
        }
        (rest.reads || rest.writes || rest.polls || rest.is_unknown).then_some(rest)
    }

    /// Adds a thread, by its directory.
    fn add(&mut self, thread: &str) -> Option<()> {
        let Some((state, ticks)) = stat_of(thread) else { return Some(()) };
        self.ticks += ticks;
        match state {
            // It has ended.
            'Z' | 'X' => Some(()),
            'S' => self.add_sleeper(wchan_of(thread).as_deref()),
            _ => None,
        }
    }

    /// Adds one that sleeps in this function of the kernel.
    fn add_sleeper(&mut self, place: Option<&str>) -> Option<()> {
        let Some(place) = place else {
            self.is_unknown = true;
            return Some(());
        };
        let is_any = |names: &[&str]| names.iter().any(|name| place.contains(name));
        if is_any(&["pipe_read"]) {
            self.reads = true;
        } else if is_any(&["pipe_write"]) {
            self.writes = true;
        } else if is_any(&["poll", "do_select"]) {
            self.polls = true;
        } else if !is_any(&["futex", "do_wait", "sigsuspend", "sigtimedwait"]) {
            return None;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is made of threads that sleep in these functions.
    fn rest(places: &[&str]) -> Option<(bool, bool, bool)> {
        let mut rest = Rest::default();
        places.iter().try_for_each(|place| rest.add_sleeper(Some(place)))?;
        Some((rest.reads, rest.writes, rest.polls))
    }

    #[test]
    fn it_is_known_what_programs_sleep_in() {
        assert_eq!(rest(&["anon_pipe_read", "futex_do_wait"]), Some((true, false, false)));
        assert_eq!(rest(&["do_wait", "pipe_write"]), Some((false, true, false)));
        assert_eq!(rest(&["ep_poll"]), Some((false, false, true)));
        assert_eq!(rest(&["poll_schedule_timeout.constprop.0"]), Some((false, false, true)));
        assert_eq!(rest(&["do_wait", "hrtimer_nanosleep"]), None);
        assert_eq!(rest(&["pipe_read", "unix_stream_read_generic"]), None);
    }

    #[test]
    fn who_works_does_not_rest() {
        assert_eq!(Rest::of(Pid::this()), None);
    }
}
