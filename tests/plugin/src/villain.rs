//! `villain`: what a job in a plugin should not do.

#![expect(clippy::print_stdout, reason = "a deed")]

use std::io::Write;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, Ordering};

use pipeloom_job::{ArgsError, Emit, Flow, Job, JobError, Kind, Port, PortList, PortType, Ports, Report, Setup, Step};
use schemars::JsonSchema;
use serde::Deserialize;

/// Whether a villain in this process has failed once.
static HAS_FAILED: AtomicBool = AtomicBool::new(false);

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Deed {
    PanicInPorts,
    PanicInSetup,
    PanicInStep,
    PanicInEnd,
    PanicInDrop,
    Fail,
    FailOnce,
    EmitNowhere,
    Print,
    NeverReturn,
    Abort,
    Exit,
    Overflow,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VillainArgs {
    deed: Deed,
    /// At each block whose number can be divided by this, instead of the second block only.
    every: Option<NonZeroU64>,
}

/// It forwards its input, and does its deed at the second block, or where the deed and the arguments say.
pub(crate) struct Villain(Deed, Option<NonZeroU64>);

impl Kind for Villain {
    const NAME: &'static str = "villain";
    const ABOUT: &'static str = "does what a job should not do";
    type Args = VillainArgs;

    fn ports(args: &VillainArgs) -> Result<Ports, ArgsError> {
        assert!(args.deed != Deed::PanicInPorts, "in ports");
        Ok(Ports::new(PortList::one(PortType::any()), PortList::one(PortType::any())))
    }

    fn make(args: VillainArgs) -> Result<Box<dyn Job>, ArgsError> {
        Ok(Box::new(Villain(args.deed, args.every)))
    }
}

#[derive(Debug)]
struct Outer(std::num::ParseIntError);

impl std::fmt::Display for Outer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no number")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl Job for Villain {
    fn setup(&mut self, _setup: &Setup) -> Result<(), JobError> {
        assert!(self.0 != Deed::PanicInSetup, "in setup");
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let number = step.number.get();
        if self.1.map_or(number == 2, |every| number % every == 0) {
            match self.0 {
                Deed::PanicInStep => panic!("in step"),
                Deed::FailOnce if HAS_FAILED.swap(true, Ordering::SeqCst) => {}
                Deed::FailOnce => return Err(JobError::failed("once")),
                Deed::Fail => "x".parse::<u32>().map(drop).map_err(|error| JobError::failed(Outer(error)))?,
                Deed::EmitNowhere => out.emit(Port(7), &step.inputs[0][0])?,
                Deed::Print => {
                    println!("printed by a plugin");
                    std::io::stdout().flush().map_err(JobError::failed)?;
                }
                Deed::NeverReturn => {
                    out.report(Report::Ready);
                    loop {
                        std::thread::park();
                    }
                }
                Deed::Abort => std::process::abort(),
                #[expect(clippy::disallowed_methods, reason = "a deed")]
                Deed::Exit => std::process::exit(3),
                Deed::Overflow => drop(deep(0)),
                Deed::PanicInPorts | Deed::PanicInSetup | Deed::PanicInEnd | Deed::PanicInDrop => {}
            }
        }
        out.emit(Port(0), &step.inputs[0][0])?;
        Ok(Flow::Again)
    }

    fn end(&mut self, _out: &mut dyn Emit) -> Result<(), JobError> {
        assert!(self.0 != Deed::PanicInEnd, "in end");
        Ok(())
    }
}

impl Drop for Villain {
    fn drop(&mut self) {
        assert!(self.0 != Deed::PanicInDrop, "in drop");
    }
}

/// Uses up the stack.
#[expect(unconditional_recursion, reason = "a deed")]
fn deep(level: u64) -> u64 {
    let page = std::hint::black_box([level; 512]);
    deep(level + page[511 - (level as usize % 512)]) + page[0]
}
