//! Makes a table of the figures that the suite has left: `fault-table FOLDER [DOCUMENT]`.
//!
//! It is printed as text. In the document it is put, as Markdown, between the lines `<!-- figures -->` and `<!-- end -->`, with
//! the day and the machine. The exit code is 1 if a case has failed, or one was not tried.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::thread::available_parallelism;

use jiff::Zoned;
use pipeloom_faults::catalogue::entries;
use pipeloom_faults::figures::Table;

/// Between these the table stands.
const MARKS: (&str, &str) = ("<!-- figures -->\n", "<!-- end -->");

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let folder = arguments.next().ok_or("usage: fault-table FOLDER [DOCUMENT]")?;
    let table = Table::read(Path::new(&folder))?.with_cases(cases());
    io::stdout().write_all(table.text().as_bytes())?;
    if let Some(document) = arguments.next() {
        let text = fs::read_to_string(&document)?;
        let (before, rest) = text.split_once(MARKS.0).ok_or("the document has no place for figures")?;
        let (_, after) = rest.split_once(MARKS.1).ok_or("the place for figures has no end")?;
        let told = format!("{}\n\n{}\n", taken()?, table.markdown());
        fs::write(&document, [before, MARKS.0, &told, MARKS.1, after].concat())?;
    }
    Ok(if table.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The cases of this suite, as the tables of its README name them.
fn cases() -> Vec<String> {
    let tests = entries(include_str!("../../README.md")).into_iter().flat_map(|entry| entry.tests);
    tests.filter(|(file, _)| file.starts_with("tests/faults/tests/")).map(|(_, name)| name).collect()
}

/// When and where: the day, the kernel, the processor.
fn taken() -> io::Result<String> {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let cores = available_parallelism()?;
    let today = Zoned::now().date();
    Ok(format!("Taken on {today}, with Linux {} on {cores} cores, by `just soak`.", kernel.trim_end()))
}
