//! Jobs.

use std::sync::Arc;

use pipeloom_job::typed::{Connector, ConnectorJob, Sink, SinkJob, Source, SourceJob};
use pipeloom_job::{Job, JobKind, PortList, PortType, Ports, Steps};
use serde::Serialize;

use super::feeds::Feeds;
use super::feeds::sealed::Fed;
use super::fit::{Reads, Received};
use super::keys::keys;
use super::pipe::{Described, Pipe};
use super::table::Table;
use crate::file::{
    IsolationName, OnFailureName, PassName, RestartName, RestartScopeName, SignalName, StepsName, WhenFull,
};
use crate::kind::{HostEnd, Kind, OwnJob};

/// A job of a network that is built. The methods set what the job's table in a file says, under the same names.
#[derive(Clone, Debug)]
pub struct JobBuilder {
    pub(super) name: String,
    pub(super) kind: Option<Kind>,
    pub(super) table: Table,
    pub(super) inputs: Vec<Arc<Described>>,
    pub(super) outputs: Vec<Arc<Described>>,
    pub(super) reads: Vec<Reads>,
}

impl JobBuilder {
    /// A job of which only the name is said.
    pub fn new(name: impl Into<String>) -> JobBuilder {
        let (inputs, outputs, reads) = (Vec::new(), Vec::new(), Vec::new());
        JobBuilder { name: name.into(), kind: None, table: Table::default(), inputs, outputs, reads }
    }

    /// An executable: the program and its arguments.
    pub fn exec<A: AsRef<str>>(name: impl Into<String>, argv: impl IntoIterator<Item = A>) -> JobBuilder {
        let argv: Vec<String> = argv.into_iter().map(|word| word.as_ref().to_owned()).collect();
        JobBuilder::new(name).set(&["exec"], argv)
    }

    /// A job of a kind that [`crate::CheckOptions::kinds`] has, by the kind's name.
    pub fn predefined(name: impl Into<String>, kind: &str) -> JobBuilder {
        JobBuilder::new(name).set(&["use"], kind)
    }

    /// A job of a plugin: the path of its shared library, and the job's name in it.
    pub fn plugin(name: impl Into<String>, library: &str, job: &str) -> JobBuilder {
        JobBuilder::new(name).set(&["plugin"], library).set(&["job"], job)
    }

    /// A class in a Python file, as `file.py:Class`.
    pub fn python(name: impl Into<String>, class: &str) -> JobBuilder {
        JobBuilder::new(name).set(&["python"], class)
    }

    /// A job of this kind, which need not be in [`crate::CheckOptions::kinds`].
    pub fn kind(name: impl Into<String>, kind: JobKind) -> JobBuilder {
        JobBuilder::of(name, Kind::Named(kind))
    }

    /// A job of the program's own, made by `new` for each of its lives.
    pub fn native(
        name: impl Into<String>,
        ports: Ports,
        new: impl Fn() -> Box<dyn Job> + Send + Sync + 'static,
    ) -> JobBuilder {
        JobBuilder::of(name, Kind::Own(OwnJob { ports: Box::new(ports), new: Arc::new(new) }))
    }

    /// A source of the program's own, which sends its values to `output`. Its outputs are numbered by themselves, and its step
    /// may wait.
    pub fn source<S: Source + 'static>(
        name: impl Into<String>,
        new: impl Fn() -> S + Send + Sync + 'static,
        output: &Pipe<S::Out>,
    ) -> JobBuilder {
        let ports = Ports::new(PortList::none(), PortList::some(PortType::any()));
        let ports = Ports { steps: Steps::Free, blocks: true, ..ports };
        JobBuilder::native(name, ports, move || SourceJob::boxed(new())).output(output)
    }

    /// A connector of the program's own, from `inputs` to `output`. It sends one value for each step on each output, unless
    /// [`JobBuilder::with_ports`] says otherwise.
    pub fn connector<C: Connector + 'static>(
        name: impl Into<String>,
        new: impl Fn() -> C + Send + Sync + 'static,
        inputs: impl Feeds<C::In>,
        output: &Pipe<C::Out>,
    ) -> JobBuilder {
        let fed = inputs.fed();
        let ports = Ports::new(ports_at(&fed), PortList::some(PortType::any()));
        JobBuilder::native(name, ports, move || ConnectorJob::boxed(new())).fed(fed).output(output)
    }

    /// A sink of the program's own, which takes what comes on `inputs`.
    pub fn sink<S: Sink + 'static>(
        name: impl Into<String>,
        new: impl Fn() -> S + Send + Sync + 'static,
        inputs: impl Feeds<S::In>,
    ) -> JobBuilder {
        let fed = inputs.fed();
        let ports = Ports { blocks: true, ..Ports::new(ports_at(&fed), PortList::none()) };
        JobBuilder::native(name, ports, move || SinkJob::boxed(new())).fed(fed)
    }

    /// A source whose values the program sends while the network runs.
    pub fn sender<T>(name: impl Into<String>, output: &Pipe<T>) -> JobBuilder {
        JobBuilder::of(name, Kind::Host(HostEnd::Sender(output.described.value))).output(output)
    }

    /// A sink whose values the program receives while the network runs.
    pub fn receiver<T: Received>(name: impl Into<String>, input: &Pipe<T>) -> JobBuilder {
        let mut job = JobBuilder::of(name, Kind::Host(HostEnd::Receiver(input.described.value))).input(input);
        job.reads.push(Reads::of::<T>(0));
        job
    }

    fn of(name: impl Into<String>, kind: Kind) -> JobBuilder {
        let mut job = JobBuilder::predefined(name, kind.name());
        job.kind = Some(kind);
        job
    }

    fn fed(mut self, fed: Vec<Fed>) -> JobBuilder {
        for fed in fed {
            self.reads.push((fed.reads)(self.inputs.len()));
            self.inputs.push(fed.pipe);
        }
        self
    }

    /// Changes what the network is told about a job of the program's own; on other jobs it changes nothing.
    #[must_use]
    pub fn with_ports(mut self, change: impl FnOnce(&mut Ports)) -> JobBuilder {
        if let Some(Kind::Own(job)) = &mut self.kind {
            change(&mut job.ports);
        }
        self
    }

    /// Adds a pipe that the job reads.
    #[must_use]
    pub fn input<T>(mut self, pipe: &Pipe<T>) -> JobBuilder {
        self.inputs.push(pipe.described.clone());
        self
    }

    /// Adds a pipe that the job writes.
    #[must_use]
    pub fn output<T>(mut self, pipe: &Pipe<T>) -> JobBuilder {
        self.outputs.push(pipe.described.clone());
        self
    }

    /// Sets any key of the job's table; a longer path leads into tables inside it. The check says what no key is.
    #[must_use]
    pub fn set(mut self, path: &[&str], value: impl Serialize) -> JobBuilder {
        self.table.set(path, value);
        self
    }

    /// Adds an argument of a predefined job.
    #[must_use]
    pub fn arg(self, name: &str, value: impl Serialize) -> JobBuilder {
        self.set(&["args", name], value)
    }

    /// Adds an environment variable of an executable.
    #[must_use]
    pub fn env(self, name: &str, value: &str) -> JobBuilder {
        self.set(&["env", name], value)
    }

    keys! { "job's table", KEYS,
        args = "args": impl Serialize;
        pass = "pass": PassName;
        input_flag = "input_flag": &str;
        output_flag = "output_flag": &str;
        head = "head": bool;
        kit = "kit": bool;
        isolation = "isolation": IsolationName;
        interpreter = "interpreter": &str;
        steps = "steps": StepsName;
        dependencies = "dependencies": &[&str];
        env_clear = "env_clear": bool;
        cwd = "cwd": &str;
        max_queue = "max_queue": u32;
        when_full = "when_full": WhenFull;
        on_failure = "on_failure": OnFailureName;
        restart = "restart"."policy": RestartName;
        backoff_seconds = "restart"."backoff_seconds": f64;
        backoff_max_seconds = "restart"."backoff_max_seconds": f64;
        stable_seconds = "restart"."stable_seconds": f64;
        max_restarts = "restart"."max_restarts": u32;
        restart_window_seconds = "restart"."window_seconds": f64;
        restart_scope = "restart"."scope": RestartScopeName;
        start_timeout_seconds = "start_timeout_seconds": f64;
        heartbeat_seconds = "heartbeat_seconds": f64;
        stall_seconds = "stall_seconds": f64;
        stop_signal = "stop"."signal": SignalName;
        grace_seconds = "stop"."grace_seconds": f64;
        drain_seconds = "stop"."drain_seconds": f64;
        linger_seconds = "stop"."linger_seconds": impl Serialize;
        limit_memory_bytes = "limits"."memory_bytes": u64;
        limit_cpu_seconds = "limits"."cpu_seconds": u64;
        limit_open_files = "limits"."open_files": u64;
        limit_file_bytes = "limits"."file_bytes": u64;
        limit_processes = "limits"."processes": u64;
        ends_run = "ends_run": bool;
        thread = "thread": bool;
        log_times = "log_times": bool;
        groups = "groups": &[&str];
        node = "node": &str;
        local = "local": bool;
    }
}

fn ports_at(fed: &[Fed]) -> PortList {
    PortList { fixed: fed.iter().map(|fed| fed.port.clone()).collect(), rest: None }
}

#[cfg(test)]
#[test]
fn every_key_of_the_file_has_a_method() {
    let others: &[&[&str]] =
        &[&["exec"], &["use"], &["plugin"], &["job"], &["python"], &["inputs"], &["outputs"], &["env"]];
    super::tests::assert_all_keys("JobTable", JobBuilder::KEYS, others);
}
