//! Writes all that libFuzzer begins with: `fuzz-seeds TARGET FOLDER` puts the seeds of a target into `FOLDER/TARGET`, and
//! the pieces of which its inputs are made into `FOLDER/TARGET.dict`.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use pipeloom_fuzz_targets::{TARGETS, Target, seeds};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), Some(folder)) = (arguments.next(), arguments.next()) else {
        return say("TARGET FOLDER are needed");
    };
    let Some(target) = Target::named(&name) else {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        return say(&format!("the targets are {}", names.join(", ")));
    };
    match write(target, Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => say(&format!("{folder}: {error}")),
    }
}

fn write(target: Target, folder: &Path) -> io::Result<()> {
    let inputs = folder.join(target.name);
    fs::create_dir_all(&inputs)?;
    for seed in seeds::of(target)? {
        fs::write(inputs.join(&seed.name), &seed.bytes)?;
    }
    let escaped = |word: &&str| word.bytes().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
    let words: String = target.words.iter().map(|word| format!("\"{}\"\n", escaped(word))).collect();
    // libFuzzer refuses a file with nothing in it.
    fs::write(folder.join(format!("{}.dict", target.name)), format!("# {}\n{words}", target.name))
}

fn say(what: &str) -> ExitCode {
    // If nobody listens there is nobody to be told.
    let _ = writeln!(io::stderr(), "fuzz-seeds: {what}");
    ExitCode::FAILURE
}
