//! Flags and subcommands.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand};

/// Runs networks of programs.
#[derive(Parser, Debug)]
#[command(name = "pipeloom", version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run a network here and now
    Run(RunArgs),
    /// Say what is wrong with a network file, without running it
    Check(CheckArgs),
}

/// Which network, and what is put into it.
#[derive(ClapArgs, Debug)]
pub(crate) struct NetworkArgs {
    /// The network file
    #[arg(value_name = "NETWORK", default_value = "network.toml")]
    pub(crate) file: PathBuf,

    /// Give a parameter of the network a value
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) params: Vec<(String, String)>,

    /// Put a value into the file, for example jobs.save.args.path=x.csv
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) sets: Vec<(String, String)>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,

    /// Stop the run after this time: 90, 90s, 5m, 2h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) time_limit: Option<Duration>,

    /// Make the run's directory here instead of under the state directory; it must be new or empty
    #[arg(long, value_name = "DIR")]
    pub(crate) run_dir: Option<PathBuf>,

    /// Print each event as one line of JSON on standard output
    #[arg(long)]
    pub(crate) json: bool,

    /// Show what the jobs print, each line behind its job's name
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// Say nothing unless something goes wrong
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,

    /// Also say how each pipe is realised and why, and what the run needs
    #[arg(long)]
    pub(crate) explain: bool,

    /// Print problems as JSON, one object per line
    #[arg(long)]
    pub(crate) json: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn duration(text: &str) -> Result<Duration, String> {
    let (number, factor) = match text.char_indices().next_back() {
        Some((at, 's')) => (&text[..at], 1.0),
        Some((at, 'm')) => (&text[..at], 60.0),
        Some((at, 'h')) => (&text[..at], 3600.0),
        _ => (text, 1.0),
    };
    let seconds: f64 = number.trim().parse().map_err(|_| "expected a time such as 90s, 5m or 2h")?;
    Duration::try_from_secs_f64(seconds * factor).map_err(|error| error.to_string())
}
