//! From a file's path to a checked network.

use std::path::Path;

use pipeloom_config::{CheckOptions, Network, Problems, Runs, Text, check};
use pipeloom_engine::resume::{Origin, Resumable};
use pipeloom_events::ExitStatus;
use pipeloom_job::JobKind;

use crate::args::{NETWORK, NetworkArgs, Puts};
use crate::codecs;
use crate::term::{color, out, size};

/// Loads and checks the network that the arguments name; says what is wrong with it, with `json` on standard output.
pub(crate) fn load(args: &NetworkArgs, json: bool) -> Result<Network, ExitStatus> {
    load_for(Runs::All, &args.file, &args.puts, json)
}

/// The same for the network in `file`, of which `runs` will be run.
pub(crate) fn load_for(runs: Runs, file: &Path, puts: &Puts, json: bool) -> Result<Network, ExitStatus> {
    let text = load_text(file, json)?;
    check_text(text, runs, &puts.params, &puts.sets, json)
}

/// The network of a run that is gone on with, as it was then.
pub(crate) fn load_again(resumed: &Resumable, json: bool) -> Result<Network, ExitStatus> {
    let Origin { file, params, sets, .. } = &resumed.origin;
    let text = Text { path: file.clone(), text: resumed.network.clone() };
    check_text(text, Runs::All, params, sets, json)
}

/// What is to be known to read the network in `file` again; none if its path is no text.
pub(crate) fn origin(file: &Path, puts: &Puts) -> Option<Origin> {
    let file = std::path::absolute(file).ok().filter(|file| file.to_str().is_some())?;
    Some(Origin::new(file, puts.params.clone(), puts.sets.clone()))
}

fn load_text(file: &Path, json: bool) -> Result<Text, ExitStatus> {
    Text::load(file).map_err(|problems| {
        let status = show(&problems, json);
        let inside = file.join(NETWORK);
        if !json && inside.is_file() {
            out::say(format_args!("help: the network file in it is {}", inside.display()));
        }
        status
    })
}

fn check_text(
    text: Text,
    runs: Runs,
    params: &[(String, String)],
    sets: &[(String, String)],
    json: bool,
) -> Result<Network, ExitStatus> {
    let codecs = codecs::custom();
    let options = CheckOptions {
        kinds: pipeloom_predefined::KINDS,
        plugins: Some(load_plugin),
        host: std::env::current_exe().ok(),
        python: Some(pipeloom_python::describe),
        codecs: &codecs,
        params: params.to_vec(),
        sets: sets.to_vec(),
        path_env: std::env::var_os("PATH"),
        runs,
    };
    check(text, &options).map_err(|problems| show(&problems, json))
}

fn load_plugin(path: &Path) -> Result<&'static [JobKind], String> {
    pipeloom_plugins::load(path).map_err(|error| error.to_string())
}

/// Says what is perhaps not what was meant.
pub(crate) fn say_notes(network: &Network) {
    let notes = network.notes();
    if !notes.is_empty() {
        let (columns, _) = size::size();
        out::say_raw(&notes.render(color::on_stderr(), columns));
    }
}

/// Says what is wrong.
pub(crate) fn show(problems: &Problems, json: bool) -> ExitStatus {
    if json {
        let lines: String = problems.json().map(|problem| format!("{problem}\n")).collect();
        out::answer(&lines);
    } else {
        let (columns, _) = size::size();
        out::say_raw(&problems.render(color::on_stderr(), columns));
    }
    ExitStatus::Usage
}
