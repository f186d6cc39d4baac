//! How much of the machine a thread of this process takes, or another process.

use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use sysinfo::{MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// The system is asked no more often.
pub const EVERY: Duration = Duration::from_millis(100);

/// What a thread or a process takes.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Load {
    /// Its processor time, 100 for one processor; `None` before it is known.
    pub cpu_percent: Option<f64>,
    /// The part of the machine's memory that the process holds; `None` where it is not known.
    pub memory_percent: Option<f64>,
}

/// What a thread takes, asked for by the thread itself, or what a process takes.
pub struct Meter {
    whose: Whose,
    /// `None` where the system does not tell. The processor time of a thread it does not know.
    system: Option<System>,
    asked: Option<Asked>,
    load: Load,
}

#[derive(Clone, Copy)]
enum Whose {
    ThisThread,
    Process(Pid),
}

#[derive(Clone, Copy)]
struct Asked {
    at: Instant,
    /// The processor time that it had had until then.
    used: Option<Duration>,
}

impl Default for Meter {
    fn default() -> Meter {
        Meter::new(Whose::ThisThread)
    }
}

impl Meter {
    /// A meter for a process.
    pub fn of_process(pid: crate::process::Pid) -> Meter {
        Meter::new(Whose::Process(Pid::from_u32(pid.as_raw().cast_unsigned())))
    }

    fn new(whose: Whose) -> Meter {
        Meter { whose, system: System::new().ok(), asked: None, load: Load::default() }
    }

    /// What the calling thread takes, or the meter's process, as of at most [`EVERY`] ago. A meter is for one thread. A process
    /// that is gone has taken what it took when it was last seen.
    pub fn load(&mut self, now: Instant) -> Load {
        let before = self.asked;
        if before.is_some_and(|before| now.saturating_duration_since(before.at) < EVERY) {
            return self.load;
        }
        let process = self.system.as_mut().and_then(|system| process(system, self.whose, before.is_none()));
        let used = match self.whose {
            Whose::ThisThread => used_by_this_thread(),
            Whose::Process(_) => process.map(|process| process.used),
        };
        self.asked = Some(Asked { at: now, used });
        if matches!(self.whose, Whose::Process(_)) && process.is_none() {
            return self.load;
        }
        self.load = Load {
            cpu_percent: before.and_then(|before| {
                let passed = now.saturating_duration_since(before.at);
                Some(used?.saturating_sub(before.used?).div_duration_f64(passed) * 100.0)
            }),
            memory_percent: process.map(|process| process.memory_percent),
        };
        self.load
    }
}

/// What the system tells of a process.
#[derive(Clone, Copy)]
struct Told {
    used: Duration,
    memory_percent: f64,
}

fn process(system: &mut System, whose: Whose, is_first: bool) -> Option<Told> {
    let memory = ProcessRefreshKind::nothing().with_memory();
    let (pid, what) = match whose {
        Whose::ThisThread => (Pid::from_u32(std::process::id()), memory),
        Whose::Process(pid) => (pid, memory.with_cpu()),
    };
    if is_first {
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    }
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
    let (process, total) = (system.process(pid)?, system.total_memory());
    // One that has ended and is not reaped holds nothing.
    let held = Some(process.memory()).filter(|held| *held > 0 && total > 0)?;
    let used = Duration::from_millis(process.accumulated_cpu_time());
    Some(Told { used, memory_percent: held as f64 * 100.0 / total as f64 })
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
    fn a_process_that_works_takes_time_and_one_that_is_gone_keeps_its_last_load() {
        let (this, start) = (crate::process::Pid::this(), Instant::now());
        let mut meter = Meter::of_process(this);
        let first = meter.load(start);
        assert_eq!(first.cpu_percent, None);
        assert!(first.memory_percent.is_some_and(|percent| percent > 0.0 && percent < 100.0), "{first:?}");
        let used = used_by_this_thread().unwrap();
        while used_by_this_thread().unwrap() < used + EVERY {}
        let busy = meter.load(start + Duration::from_secs(100));
        assert!(busy.cpu_percent.is_some_and(|percent| percent > 0.0), "{busy:?}");
        // No process has this number.
        meter.whose = Whose::Process(Pid::from_u32(i32::MAX.cast_unsigned()));
        assert_eq!(meter.load(start + Duration::from_secs(200)), busy);
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
