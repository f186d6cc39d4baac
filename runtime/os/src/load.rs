//! How much of the machine a thread of this process takes.

use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use sysinfo::{MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// The system is asked no more often.
pub const EVERY: Duration = Duration::from_millis(100);

/// What a thread takes.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Load {
    /// The thread's processor time, 100 for one processor; `None` before it is known.
    pub cpu_percent: Option<f64>,
    /// The part of the machine's memory that its process holds; `None` where it is not known.
    pub memory_percent: Option<f64>,
}

/// What one thread takes, asked for by the thread itself.
pub struct Meter {
    /// For the memory; `None` where the system does not tell. The processor time of a thread it does not know.
    system: Option<System>,
    asked: Option<Asked>,
    load: Load,
}

#[derive(Clone, Copy)]
struct Asked {
    at: Instant,
    /// The processor time that the thread had had until then.
    used: Option<Duration>,
}

impl Default for Meter {
    fn default() -> Meter {
        Meter { system: System::new().ok(), asked: None, load: Load::default() }
    }
}

impl Meter {
    /// What the calling thread takes, as of at most [`EVERY`] ago. A meter is for one thread.
    pub fn load(&mut self, now: Instant) -> Load {
        let before = self.asked;
        if before.is_some_and(|before| now.saturating_duration_since(before.at) < EVERY) {
            return self.load;
        }
        let used = used_by_this_thread();
        self.asked = Some(Asked { at: now, used });
        self.load = Load {
            cpu_percent: before.and_then(|before| {
                let passed = now.saturating_duration_since(before.at);
                Some(used?.saturating_sub(before.used?).div_duration_f64(passed) * 100.0)
            }),
            memory_percent: self.system.as_mut().and_then(|system| memory_percent(system, before.is_none())),
        };
        self.load
    }
}

fn memory_percent(system: &mut System, is_first: bool) -> Option<f64> {
    let this = Pid::from_u32(std::process::id());
    if is_first {
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    }
    let what = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[this]), true, what);
    let (held, total) = (system.process(this)?.memory(), system.total_memory());
    (total > 0).then(|| held as f64 * 100.0 / total as f64)
}

fn used_by_this_thread() -> Option<Duration> {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).ok().map(Duration::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_works_takes_time_and_one_that_waits_does_not() {
        let (mut meter, start) = (Meter::default(), Instant::now());
        let first = meter.load(start);
        assert_eq!(first.cpu_percent, None);
        assert!(first.memory_percent.is_some_and(|percent| percent > 0.0 && percent < 100.0), "{first:?}");
        let used = used_by_this_thread().unwrap();
        while used_by_this_thread().unwrap() < used + EVERY {}
        // As if it had taken a hundred seconds more, all of them waiting.
        let worked = start.elapsed();
        let busy = meter.load(start + worked).cpu_percent.unwrap();
        let idle = meter.load(start + worked + Duration::from_secs(100)).cpu_percent.unwrap();
        assert!(busy > idle && busy <= 101.0, "{busy} and {idle}");
        assert!(idle < 1.0, "{idle}");
    }

    #[test]
    fn the_system_is_not_asked_for_every_block() {
        let (mut meter, now) = (Meter::default(), Instant::now());
        let asked = |meter: &Meter| meter.asked.map(|asked| asked.at);
        meter.load(now);
        meter.load(now + EVERY / 2);
        assert_eq!(asked(&meter), Some(now));
        meter.load(now + EVERY);
        assert_eq!(asked(&meter), Some(now + EVERY));
    }
}
