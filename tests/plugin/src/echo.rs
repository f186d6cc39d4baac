//! `echo`: every block of every input, again.

use pipeloom_job::{
    ArgsError, Emit, Flow, Job, JobError, Kind, NoArgs, Port, PortList, PortType, Ports, Report, Step, Steps,
};

pub(crate) struct Echo {
    blocks: u64,
}

impl Kind for Echo {
    const NAME: &'static str = "echo";
    const ABOUT: &'static str = "sends on every block of every input";
    type Args = NoArgs;

    fn ports(_args: &NoArgs) -> Result<Ports, ArgsError> {
        let any = || PortType::any();
        Ok(Ports { steps: Steps::Free, ..Ports::new(PortList::some(any()), PortList::one(any())) })
    }

    fn make(_args: NoArgs) -> Result<Box<dyn Job>, ArgsError> {
        Ok(Box::new(Echo { blocks: 0 }))
    }
}

impl Job for Echo {
    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        for block in step.inputs.iter().copied().flatten() {
            out.emit(Port(0), block)?;
            self.blocks += 1;
        }
        Ok(Flow::Again)
    }

    fn end(&mut self, out: &mut dyn Emit) -> Result<(), JobError> {
        out.report(Report::Metrics([("echoed".to_owned(), self.blocks as f64)].into()));
        Ok(())
    }
}
