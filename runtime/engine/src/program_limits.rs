//! The limits of executables: as the kernel is told of them, and as people are.

use pipeloom_config::{Limit, Limits};
use pipeloom_os::OsError;
use pipeloom_os::limits::Limited;
use pipeloom_os::process::{Exit, Signal};

/// What the kernel is told.
pub(crate) fn for_kernel(limits: &Limits) -> Vec<(Limited, u64)> {
    limits.iter().map(|(limit, most)| (limited(limit), most)).collect()
}

/// A warning for each limit that is higher than the runtime may give.
pub(crate) fn lowered(limits: &Limits) -> Result<Vec<String>, OsError> {
    let mut warnings = Vec::new();
    for (limit, most) in limits.iter() {
        let hard = limited(limit).hard_limit()?;
        if most > hard {
            let name = limit.as_str();
            warnings.push(format!("{name} = {most} is more than the runtime may give; it gets {hard} (ulimit -H -a)"));
        }
    }
    Ok(warnings)
}

/// How a program with these limits failed. Which limit it was is said only where the kernel has said so.
pub(crate) fn failure(exit: Exit, limits: &Limits) -> String {
    let allowed = |limit: Limit| limits.get(limit).map(|most| format!("{} = {most}", limit.as_str()));
    let reason = match exit {
        Exit::Signal { signal: Signal::XCPU, .. } => {
            allowed(Limit::CpuSeconds).map(|allowed| format!("it used more than {allowed}"))
        }
        Exit::Signal { signal: Signal::XFSZ, .. } => {
            allowed(Limit::FileBytes).map(|allowed| format!("it wrote a file longer than {allowed}"))
        }
        _ => None,
    };
    match reason {
        Some(reason) => format!("{exit}: {reason}"),
        None if limits.is_empty() => exit.to_string(),
        None => format!("{exit}; its limits: {limits}"),
    }
}

const fn limited(limit: Limit) -> Limited {
    match limit {
        Limit::MemoryBytes => Limited::Memory,
        Limit::CpuSeconds => Limited::ProcessorTime,
        Limit::OpenFiles => Limited::OpenFiles,
        Limit::FileBytes => Limited::FileSize,
        Limit::Processes => Limited::Processes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, job};

    /// The limits of a job with this table of them.
    fn limits(table: &str) -> Limits {
        let network = Sample::new().program("it", &[], &[]).with(&format!("limits = {{ {table} }}")).network();
        network[job(&network, "it")].executable().unwrap().limits.clone()
    }

    #[test]
    fn only_a_limit_that_the_kernel_names_is_named() {
        let killed = |signal| Exit::Signal { signal, core: false };
        let all = limits("cpu_seconds = 60, file_bytes = 1000, memory_bytes = 1048576");
        let told = |exit| failure(exit, &all);
        assert_eq!(told(killed(Signal::XCPU)), "killed by SIGXCPU: it used more than cpu_seconds = 60");
        assert_eq!(told(killed(Signal::XFSZ)), "killed by SIGXFSZ: it wrote a file longer than file_bytes = 1000");
        let beside = "its limits: memory_bytes = 1048576, cpu_seconds = 60, file_bytes = 1000";
        assert_eq!(told(killed(Signal::KILL)), format!("killed by SIGKILL; {beside}"));
        assert_eq!(told(Exit::Code(1)), format!("exit status 1; {beside}"));
        // The limit may be the caller's.
        let other = limits("open_files = 64");
        assert_eq!(failure(killed(Signal::XCPU), &other), "killed by SIGXCPU; its limits: open_files = 64");
        assert_eq!(failure(Exit::Code(1), &Limits::default()), "exit status 1");
    }

    #[test]
    fn a_limit_above_our_own_is_warned_of() {
        let ours = Limited::OpenFiles.hard_limit().unwrap();
        assert_eq!(lowered(&limits(&format!("open_files = {ours}"))).unwrap(), [""; 0]);
        let more = lowered(&limits(&format!("open_files = {}, cpu_seconds = 1", ours + 1))).unwrap();
        let expected =
            format!("open_files = {} is more than the runtime may give; it gets {ours} (ulimit -H -a)", ours + 1);
        assert_eq!(more, [expected]);
    }
}
