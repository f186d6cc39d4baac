//! Compares Pipeloom with bare programs that do the same work, in interleaved rounds, and prints a table of ratios.
//!
//! `row` and `rows` say what is measured and which goal stands beside it, `goals` which of them are the project's goals; `bare`,
//! `ours`, `mixed`, `kit`, `recovery` and `peers` turn a row into programs to start; `launch` and `group` run them and take the time;
//! `rounds` interleaves and takes medians; `table`, `json` and `picture` show, `outputs` and `page` write to files.
//! `instructions` counts the runtime's instructions for each block instead.

mod appear;
mod args;
mod bare;
mod care;
mod error;
mod goals;
mod group;
mod instructions;
mod json;
mod kit;
mod launch;
mod machine;
mod measured;
mod mixed;
mod network;
mod ours;
mod outputs;
mod page;
mod peers;
mod picture;
mod pin;
mod plugin;
mod recovery;
mod rounds;
mod row;
mod rows;
mod stats;
mod table;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

use crate::{
    args::{Args, Places},
    error::in_full,
    instructions::CountError,
    measured::Measured,
    outputs::OutputError,
    rounds::Outcome,
};

/// Why nothing can be shown.
#[derive(Debug, thiserror::Error)]
enum CompareError {
    #[error("failed to find the programs")]
    Places(#[source] io::Error),
    #[error("failed to print what was measured")]
    Print(#[source] io::Error),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Count(#[from] CountError),
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => pipeloom_bench::flags::exit_code("compare", Err::<(), _>(in_full(&error))),
    }
}

/// Does what was asked for; false if a program failed.
fn run(args: &Args) -> Result<bool, CompareError> {
    let places = args.places().map_err(CompareError::Places)?;
    if args.instructions {
        return Ok(instructions::count(args, &places).map(|()| true)?);
    }
    let seed = args.seed();
    let (measured, all_ran) = compare(args, seed, &places).map_err(CompareError::Print)?;
    outputs::write(args, seed, &measured)?;
    Ok(all_ran)
}

/// Measures all rows asked for, and shows each when it is done; false if a program failed in one of them.
fn compare(args: &Args, seed: u64, places: &Places) -> io::Result<(Vec<Measured>, bool)> {
    let mut stdout = io::stdout();
    if !args.json {
        table::title(&mut stdout, args, seed)?;
    }
    let mut measured: Vec<_> =
        args.rows(seed).into_iter().map(|row| Measured { row, outcome: Outcome::default() }).collect();
    let mut all_ran = true;
    for run in 1..=args.runs() {
        for Measured { row, outcome } in &mut measured {
            let failed_before = outcome.failures.len();
            outcome.measure(row, places, args.rounds());
            for failure in &outcome.failures[failed_before..] {
                all_ran = false;
                writeln!(io::stderr(), "compare: {}: {failure}", row.id)?;
            }
            match run == args.runs() {
                true if args.json => json::line(&mut stdout, row, outcome)?,
                true => table::line(&mut stdout, row, outcome)?,
                false => writeln!(io::stderr(), "compare: {}: run {run} of {} is done", row.id, args.runs())?,
            }
            stdout.flush()?;
        }
    }
    if !args.json {
        writeln!(stdout)?;
        table::peers(&mut stdout, &measured)?;
        writeln!(stdout)?;
        goals::table(&mut stdout, &measured)?;
    }
    Ok((measured, all_ran))
}
