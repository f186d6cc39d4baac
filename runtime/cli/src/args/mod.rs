//! Flags and subcommands.

mod examples;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, ColorChoice, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use values::{pair, time};

/// Runs networks of programs: jobs in any language, joined by named pipes, described in one TOML file.
#[derive(Parser, Debug)]
#[command(name = "pipeloom", version, max_term_width = 100, after_help = examples::ALL)]
pub(crate) struct Args {
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run a network here and now
    #[command(after_help = examples::RUN)]
    Run(RunArgs),
    /// Send lines to a job of a run that goes on
    #[command(after_help = examples::SEND)]
    Send(SendArgs),
    /// Remove what runs have left that were killed, or lost with the machine
    #[command(after_help = examples::SWEEP)]
    Sweep(SweepArgs),
    /// Try one job of a network alone, or one pipe
    #[command(after_help = examples::TRY)]
    Try(TryArgs),
    /// Say what is wrong with a network file, without running it
    #[command(after_help = examples::CHECK)]
    Check(CheckArgs),
    /// Draw the network
    #[command(after_help = examples::GRAPH)]
    Graph(GraphArgs),
    /// List the predefined jobs, or those of a plugin, with their arguments and ports
    #[command(after_help = examples::JOBS)]
    Jobs(JobsArgs),
    /// List the codecs that pipes can have
    #[command(after_help = examples::CODECS)]
    Codecs(CodecsArgs),
    /// Write a project of another system as a network file
    #[command(after_help = examples::IMPORT)]
    Import(ImportArgs),
    /// Make a folder with a network, or with a job of your own
    #[command(after_help = examples::NEW)]
    New(NewArgs),
    /// Print the JSON Schema of the network file
    #[command(after_help = examples::SCHEMA)]
    Schema,
    /// Print completions for a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions(CompletionsArgs),
}

/// The network file where none is named.
pub(crate) const NETWORK: &str = "network.toml";

/// Which network, and what is put into it.
#[derive(ClapArgs, Debug)]
pub(crate) struct NetworkArgs {
    /// The network file
    #[arg(value_name = "NETWORK", default_value = NETWORK)]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) puts: Puts,
}

/// What is put into a network.
#[derive(ClapArgs, Debug)]
pub(crate) struct Puts {
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

    /// Go on with a run that was killed or did not end well: its id, the beginning of it, or its directory. The network is the one
    /// that was run; what waits on disk comes first
    #[arg(long, value_name = "RUN", conflicts_with_all = ["file", "params", "sets", "run_dir"])]
    pub(crate) resume: Option<String>,

    /// Stop the run after this time: 90, 90s, 5m, 2h
    #[arg(long, value_name = "TIME", value_parser = time)]
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
pub(crate) struct SendArgs {
    /// The run: its id, the beginning of it (if no other run that goes on has the same), or its directory
    #[arg(value_name = "RUN")]
    pub(crate) run: String,

    /// The job; its kind must be one that takes lines, such as `interactive`
    #[arg(value_name = "JOB")]
    pub(crate) job: String,

    /// The lines, each as one argument; without any, those of standard input
    #[arg(value_name = "LINE", allow_negative_numbers = true)]
    pub(crate) lines: Vec<String>,

    /// There are no more lines after these; without LINE, standard input is not read
    #[arg(long)]
    pub(crate) end: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct SweepArgs {
    /// Only what the runs with these directories have left; without it, all in the folder of runs and all with processes
    #[arg(value_name = "DIR")]
    pub(crate) dirs: Vec<PathBuf>,

    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Print one JSON object for each thing that is left
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct TryArgs {
    /// The network file
    #[arg(value_name = "NETWORK", default_value = NETWORK)]
    pub(crate) file: PathBuf,

    /// The job; only its own program need be there
    #[arg(value_name = "JOB")]
    pub(crate) job: Option<String>,

    /// Show what values become on this pipe, and back, instead of trying a job
    #[arg(long, value_names = ["PIPE", "VALUE"], num_args = 1.., allow_negative_numbers = true,
          conflicts_with_all = ["job", "blocks", "inputs", "steps", "run_dir"])]
    pub(crate) pipe: Vec<String>,

    /// Give an input a block; may be repeated
    #[arg(long = "block", value_name = "PIPE=VALUE", value_parser = pair)]
    pub(crate) blocks: Vec<(String, String)>,

    /// Give an input the lines of a file (`-` for standard input), a block each; they come before those of --block
    #[arg(long = "input", value_name = "PIPE=FILE", value_parser = pair)]
    pub(crate) inputs: Vec<(String, String)>,

    /// End after so many blocks of each output, or compute blocks of a sink
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) steps: Option<u64>,

    /// Print each block and each event of the job as one line of JSON on standard output
    #[arg(long)]
    pub(crate) json: bool,

    /// Print as one line of JSON what program the job is and what it is told of its pipes, and do not run it
    #[arg(long, conflicts_with_all = ["pipe", "blocks", "inputs", "steps"])]
    pub(crate) describe: bool,

    /// Make the run's directory here and keep it; it must be new or empty
    #[arg(long, value_name = "DIR")]
    pub(crate) run_dir: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) puts: Puts,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,

    /// Also say how each pipe is realised and why, and what the run needs
    #[arg(long)]
    pub(crate) explain: bool,

    /// Print the answer as JSON: one object for each problem, or one for a network that is fine
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct GraphArgs {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,

    /// How it is drawn
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,

    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// How a network is drawn.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub(crate) enum Format {
    /// A tree for the terminal
    Text,
    /// A picture
    Svg,
    /// For Graphviz
    Dot,
    /// For Markdown
    Mermaid,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct JobsArgs {
    /// Only this job, with all that is to be known of it
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// The jobs of this plugin, a shared library, instead of the predefined ones
    #[arg(long, value_name = "LIBRARY")]
    pub(crate) plugin: Option<PathBuf>,

    /// Print one JSON object for each job, with the JSON Schema of its arguments
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct CodecsArgs {
    /// Print one JSON object for each codec
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct ImportArgs {
    /// What the project was written for
    #[arg(value_name = "SYSTEM")]
    pub(crate) system: System,

    /// The project: a `config.py`, which is read and not run, or a network in XML
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Write to this file instead of standard output; paths in it are relative to its folder
    #[arg(short, long, value_name = "NETWORK")]
    pub(crate) output: Option<PathBuf>,

    /// Write the file even if it is there already
    #[arg(long, requires = "output")]
    pub(crate) force: bool,

    /// The interpreter for the project's jobs in Python, which also reads it; python3 without it
    #[arg(long, value_name = "PYTHON")]
    pub(crate) interpreter: Option<PathBuf>,
}

/// A system whose projects can be read.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub(crate) enum System {
    /// The framework MARVELO
    Marvelo,
}

#[derive(ClapArgs, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub(crate) struct NewArgs {
    #[command(subcommand)]
    pub(crate) command: Option<NewCommand>,

    /// The folder of a new network, which gets its name; it must be new or empty
    #[arg(value_name = "NAME", required = true)]
    pub(crate) path: Option<PathBuf>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum NewCommand {
    /// Make a folder with a job, its test and a network that uses it
    #[command(after_help = examples::NEW_JOB)]
    Job(NewJobArgs),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct NewJobArgs {
    /// The folder of the new job, which gets its name; it must be new or empty
    #[arg(value_name = "NAME")]
    pub(crate) path: PathBuf,

    /// The language that the job is written in
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) lang: Language,

    /// Take Pipeloom's packages from this checkout of its source, where the registries do not have them
    #[arg(long, value_name = "DIR")]
    pub(crate) source: Option<PathBuf>,
}

/// What a new job is written in.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub(crate) enum Language {
    /// A plugin, which runs inside the runtime
    Rust,
    /// A program of its own in Rust
    RustExecutable,
    /// A class
    Python,
    /// A program with the kit for C
    C,
    /// A script without a kit
    Shell,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}
