//! The lines of moments around executables whose times are logged; see [`crate::flow::moment_line`].

use std::collections::HashMap;

use crossbeam_channel::{Receiver, Sender, unbounded};
use pipeloom_config::{End, JobId, Network, PipeSpec};
use pipeloom_os::doorbell::Doorbell;

use crate::flow::{
    BirthTeller, Gauge, HandOver, HeadReceiver, Hold, MomentReceiver, MomentSender, Seen, Watched, birth, moment_line,
};

/// All lines of a network, each end waiting to be taken by whoever has that end of a pipe.
#[derive(Default)]
pub(super) struct TimeLines {
    inputs: HashMap<(JobId, usize), MomentSender>,
    outputs: HashMap<(JobId, usize), MomentSender>,
    jobs: HashMap<JobId, Around>,
    /// For those that may be started again: their lines are laid for each life.
    lives: HashMap<JobId, LifeTimes>,
}

/// What is around one executable.
struct Around {
    hold: Hold,
    is_sink: bool,
    /// Its lives, for its records.
    watched: Option<Receiver<Watched>>,
}

/// What lays the lines for each life of an executable that may be started again. Dropped, it says that there is no other life.
pub(crate) struct LifeTimes {
    inputs: Vec<Gauge>,
    outputs: Vec<Gauge>,
    lives: Sender<Watched>,
}

/// The near ends of the lines of one life.
pub(crate) struct LifeLines {
    pub(crate) birth: BirthTeller,
    pub(crate) inputs: Vec<MomentSender>,
    pub(crate) outputs: Vec<MomentSender>,
}

impl LifeTimes {
    /// A life is about to begin. `marks` are what is known of what it is given, and `bell` is rung for the times.
    pub(crate) fn begin(&self, marks: Vec<HeadReceiver>, bell: &Doorbell) -> LifeLines {
        let lay = |gauges: &[Gauge]| -> (Vec<MomentSender>, Vec<MomentReceiver>) {
            gauges.iter().map(|gauge| moment_line(gauge, bell)).unzip()
        };
        let ((inputs, taken), (outputs, given)) = (lay(&self.inputs), lay(&self.outputs));
        let (teller, birth) = birth(bell);
        // Nobody reads the times any more: then nobody misses them.
        let _ = self.lives.send(Watched { birth, seen: Seen { marks, inputs: taken, outputs: given } });
        bell.ring();
        LifeLines { birth: teller, inputs, outputs }
    }
}

impl TimeLines {
    /// Lays a line from each input and each output of every executable whose times are logged.
    pub(super) fn lay(network: &Network) -> TimeLines {
        let mut lines = TimeLines::default();
        for (id, job) in network.jobs().filter(|(_, job)| job.executable().is_some()) {
            let Some(times) = job.times else { continue };
            let gauges = |count: usize| -> Vec<Gauge> { (0..count).map(|_| Gauge::default()).collect() };
            let (inputs, outputs) = (gauges(job.inputs.len()), gauges(job.outputs.len()));
            let hold = Hold::new(inputs.iter().chain(&outputs).cloned(), network[times].queue.blocks);
            let (sender, watched) = unbounded();
            lines.jobs.insert(id, Around { hold, is_sink: outputs.is_empty(), watched: Some(watched) });
            lines.lives.insert(id, LifeTimes { inputs, outputs, lives: sender });
        }
        lines
    }

    /// Begins the only life of an executable, and gives who is to tell of its beginning.
    pub(super) fn begin(&mut self, job: JobId, marks: Vec<HeadReceiver>, bell: &Doorbell) -> Option<BirthTeller> {
        let LifeLines { birth, inputs, outputs } = self.lives.remove(&job)?.begin(marks, bell);
        self.inputs.extend(inputs.into_iter().enumerate().map(|(port, line)| ((job, port), line)));
        self.outputs.extend(outputs.into_iter().enumerate().map(|(port, line)| ((job, port), line)));
        Some(birth)
    }

    /// What holds a pipe that the runtime forwards: what comes out of a program is not read while too much is untold, and where
    /// nothing comes out, what goes in is not.
    pub(super) fn holds(&self, pipe: &PipeSpec) -> Vec<Hold> {
        let of = |end: &End| self.jobs.get(&end.job);
        let writer = pipe.writer.iter().filter_map(of);
        let sinks = pipe.readers.iter().filter_map(of).filter(|around| around.is_sink);
        writer.chain(sinks).map(|around| around.hold.clone()).collect()
    }

    /// The line that begins at this input, for its writer.
    pub(super) fn hand_over(&mut self, reader: End, pipe: &PipeSpec) -> Option<HandOver> {
        self.inputs.remove(&(reader.job, reader.port)).map(|line| HandOver::new(line, pipe.block_count))
    }

    /// The line that begins at this output, for its reader.
    pub(super) fn output(&mut self, writer: End) -> Option<MomentSender> {
        self.outputs.remove(&(writer.job, writer.port))
    }

    /// The lives of a job, for its records, and what keeps it back for them.
    pub(super) fn of_job(&mut self, job: JobId) -> Option<(Receiver<Watched>, Hold)> {
        let around = self.jobs.get_mut(&job)?;
        Some((around.watched.take()?, around.hold.clone()))
    }

    /// What lays the lines of those that may be started again.
    pub(super) fn of_lives(self) -> HashMap<JobId, LifeTimes> {
        self.lives
    }
}
