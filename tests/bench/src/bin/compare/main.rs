//! Compares Pipeloom with bare programs that do the same work, in interleaved rounds, and prints a table of ratios.
//!
//! `row` and `rows` say what is measured and which goal stands beside it; `bare`, `ours`, `kit`, `recovery`, `peers` and `dora` turn
//! a row into programs to start; `launch` and `group` run them and take the time; `rounds` interleaves and takes medians; `table` and
//! `json` print.

mod appear;
mod args;
mod bare;
mod care;
mod dora;
mod error;
mod group;
mod json;
mod kit;
mod launch;
mod network;
mod ours;
mod peers;
mod pin;
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

use crate::{args::Args, rounds::Outcome};

fn main() -> ExitCode {
    match compare(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => pipeloom_bench::flags::exit_code("compare", Err::<(), _>(error)),
    }
}

/// Measures all rows asked for; false if a program failed in one of them.
fn compare(args: &Args) -> io::Result<bool> {
    let mut stdout = io::stdout();
    let places = args.places()?;
    let seed = args.seed();
    if !args.json {
        table::title(&mut stdout, args, seed)?;
    }
    let mut all_ran = true;
    for row in args.rows(seed) {
        let outcome = Outcome::measure(&row, &places, args.rounds());
        for failure in &outcome.failures {
            all_ran = false;
            writeln!(io::stderr(), "compare: {}: {failure}", row.id)?;
        }
        if args.json {
            json::line(&mut stdout, &row, &outcome)?;
        } else {
            table::line(&mut stdout, &row, &outcome)?;
        }
        stdout.flush()?;
    }
    Ok(all_ran)
}
