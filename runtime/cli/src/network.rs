//! From a file's path to a checked network.

use pipeloom_config::{CheckOptions, Network, Text, check};
use pipeloom_events::ExitStatus;

use crate::args::NetworkArgs;
use crate::fail;

/// Loads and checks the network that the arguments name; says what is wrong with it.
pub(crate) fn load(args: &NetworkArgs, json: bool) -> Result<Network, ExitStatus> {
    let text = Text::load(&args.file).map_err(|problems| show(&problems, json))?;
    let options = CheckOptions {
        kinds: pipeloom_predefined::KINDS,
        params: args.params.clone(),
        sets: args.sets.clone(),
        path_env: std::env::var_os("PATH"),
    };
    check(text, &options).map_err(|problems| show(&problems, json))
}

fn show(problems: &pipeloom_config::Problems, json: bool) -> ExitStatus {
    let _ = json;
    fail(ExitStatus::Usage, &problems.to_string())
}
