//! Runs the fuzz targets with any compiler: the corpus, and what is near it, for some seconds each.
//!
//! It does not see which code an input reaches, so it finds less than `just fuzz`. An input on which something does not hold
//! is left as a file; if the process itself ends, it is the file of the input that was being tried.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use pipeloom_fuzz_targets::{TARGETS, Target, mutate, seeds};

/// Tries inputs near the corpus on the fuzz targets.
#[derive(Parser)]
struct Arguments {
    /// How long, for each target.
    #[arg(default_value_t = 60)]
    seconds: u64,
    /// Only this target; may be repeated.
    #[arg(long = "target", value_name = "NAME", value_parser = target)]
    targets: Vec<Target>,
    /// Begins with the input of this number. Without it, with another one each time.
    #[arg(long)]
    seed: Option<u64>,
    /// Tries this file alone, on each target.
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Where inputs are left.
    #[arg(long, value_name = "FOLDER", default_value = "target/fuzz")]
    folder: PathBuf,
}

fn target(name: &str) -> Result<Target, String> {
    let names = || TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
    Target::named(name).ok_or_else(|| format!("the targets are {}", names()))
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // If nobody listens there is nobody to be told.
            let _ = writeln!(io::stderr(), "fuzz-stable: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all held.
fn run(arguments: &Arguments) -> io::Result<bool> {
    let all = if arguments.targets.is_empty() { TARGETS } else { &arguments.targets };
    fs::create_dir_all(&arguments.folder)?;
    let mut holds = true;
    for target in all {
        holds &= match &arguments.input {
            Some(file) => tell(target.attempt(&fs::read(file)?).map_err(|error| format!("{}: {error}", target.name)))?,
            None => try_near(*target, arguments)?,
        };
    }
    Ok(holds)
}

fn try_near(target: Target, arguments: &Arguments) -> io::Result<bool> {
    let seeds = seeds::of(target)?;
    let first = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    let running = arguments.folder.join(format!("{}.running", target.name));
    let file = File::create(&running)?;
    let until = Instant::now() + Duration::from_secs(arguments.seconds);
    let mut tried = 0;
    while Instant::now() < until {
        let number = first.wrapping_add(tried);
        let input = mutate::near(&seeds, target.words, number);
        // Never emptied: file systems take their time for that.
        file.write_all_at(&input, 0)?;
        file.set_len(input.len() as u64)?;
        if let Err(error) = target.attempt(&input) {
            let kept = arguments.folder.join(format!("{}-{number}", target.name));
            fs::rename(&running, &kept)?;
            let name = target.name;
            return tell(Err(format!("{name}: {error}\nwith --seed {number}; the input is in {}", kept.display())));
        }
        tried += 1;
    }
    fs::remove_file(&running)?;
    writeln!(io::stdout(), "{}: {tried} inputs, --seed {first}", target.name)?;
    Ok(true)
}

fn tell(held: Result<(), String>) -> io::Result<bool> {
    if let Err(error) = &held {
        writeln!(io::stderr(), "{error}")?;
    }
    Ok(held.is_ok())
}
