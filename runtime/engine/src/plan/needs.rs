//! What a plan costs the system: descriptors, processes and threads.

use pipeloom_config::{Body, Network};

use super::route::{Conduit, Leg, Plan, Route};

/// What a run needs at the same time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Needs {
    /// Open descriptors of the runtime.
    pub descriptors: u64,
    /// Processes, the warden included.
    pub processes: u64,
    /// Threads of the runtime.
    pub threads: u64,
}

/// What the runtime has open whatever the network: standard streams, the warden's socket, epoll, doorbell, watch,
/// lock, journal, the run's socket with its directory, and some room. Those who ask through it are not counted: where there
/// is no room for them, they wait.
const ALWAYS: u64 = 26;
/// For each executable, until it is started: both ends of its control socket, standard output and error. Later there are fewer: our ends, two logs and for a moment a pidfd.
const EACH_EXECUTABLE: u64 = 6;
/// For each kernel pipe: its keeper, and an end of the runtime's.
const EACH_KERNEL_PIPE: u64 = 2;
/// For memory beside a pipe, until the programs have it: the memory and its bell, for both ends.
const EACH_RING: u64 = 4;

impl Needs {
    /// What `plan` needs.
    pub fn of(network: &Network, plan: &Plan) -> Needs {
        let (mut workers, mut takers, mut executables) = (0, 0, 0);
        for (id, job) in network.jobs() {
            match &job.body {
                Body::Native(job) => {
                    workers += u64::from(plan.worker(network, id) == id);
                    takers += u64::from(job.ports.lines);
                }
                Body::Executable(_) => executables += 1,
            }
        }
        let of_pipes: u64 = plan.pipes.iter().map(|pipe| descriptors(&pipe.route)).sum();
        Needs {
            // The thread of native jobs has one doorbell, and a job that takes lines one more.
            descriptors: ALWAYS + workers + takers + EACH_EXECUTABLE * executables + of_pipes,
            processes: executables + u64::from(executables > 0),
            threads: workers + 2,
        }
    }
}

fn descriptors(route: &Route) -> u64 {
    let of = |conduit: &Conduit| match conduit {
        Conduit::Channel(_) => 0,
        Conduit::Direct(_) => EACH_KERNEL_PIPE,
        Conduit::Shared(..) => EACH_KERNEL_PIPE + EACH_RING,
    };
    let of_legs = |legs: &[Leg]| legs.iter().map(|leg| of(&leg.conduit)).sum::<u64>();
    let of_way = match route {
        Route::Legs(legs) => of_legs(legs),
        Route::Fused { .. } => 0,
        Route::Relay { from, to, .. } => of(from) + of_legs(to),
        Route::Records { to } => of_legs(to),
    };
    // Both ends of a pipe that the runtime has for itself are its own.
    of_way + 2 * route.scratch_pipes() as u64
}
