//! A network with its plan, before anything of it is made.

use pipeloom_config::Network;
use pipeloom_os::warden::Warden;

use crate::Options;
use crate::engine::{Handle, StartError, start_planned};
use crate::plan::{Needs, Plan, plan};

/// A network of which is known how its pipes will be realised. For who wants to know what a run needs before it is started:
/// [`crate::start`] does both at once.
#[derive(Debug)]
pub struct Planned {
    network: Network,
    plan: Plan,
}

impl Planned {
    /// Plans a run of `network`.
    pub fn new(network: Network) -> Planned {
        let plan = plan(&network);
        Planned { network, plan }
    }

    /// What the run will need of the system.
    pub fn needs(&self) -> Needs {
        Needs::of(&self.network, &self.plan)
    }

    /// Whether the run will have programs, and so a warden.
    pub fn has_programs(&self) -> bool {
        self.needs().processes > 0
    }

    /// Starts the run.
    ///
    /// # Errors
    /// If something that the run needs cannot be had; nothing has been started then.
    pub fn start(self, options: Options) -> Result<Handle, StartError> {
        start_planned(self.network, self.plan, None, options)
    }

    /// Starts the run with this warden, in place of a program that would have to become one.
    ///
    /// # Errors
    /// If something that the run needs cannot be had; nothing has been started then.
    pub fn start_under(self, warden: Warden, options: Options) -> Result<Handle, StartError> {
        start_planned(self.network, self.plan, Some(warden), options)
    }
}
