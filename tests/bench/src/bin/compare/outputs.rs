//! What is left when all has been measured: tables, pictures, and documents that are filled.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use crate::{
    args::Args,
    goals, json,
    machine::Machine,
    measured::Measured,
    page::{self, PageError},
    picture::{self, PictureError},
    table,
};

/// The pictures on the page of figures, in the folder into which its recipe copies them.
const PICTURES: &str = "\
![Throughput of three executables over the size of blocks](performance/throughput.svg)

![Latency of a block](performance/latency.svg)

![Throughput of long chains](performance/stages.svg)

";

/// Why something could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    #[error("failed to write {path}")]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("failed to learn what this machine is")]
    Machine(#[source] io::Error),
    #[error(transparent)]
    Picture(#[from] PictureError),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error("failed to put a table together")]
    Table(#[from] io::Error),
}

/// Writes all that was asked for.
///
/// # Errors
/// A file or a document cannot be written.
pub(crate) fn write(args: &Args, seed: u64, measured: &[Measured]) -> Result<(), OutputError> {
    let machine = Machine::this().map_err(OutputError::Machine)?;
    let sheet = Sheet { args, seed, machine, measured };
    if let Some(folder) = &args.out {
        let failed = |source| OutputError::Write { path: folder.clone(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        create(&folder.join("table.md"), |out| sheet.whole(out))?;
        create(&folder.join("table.json"), |out| json::whole(out, &sheet.machine, measured))?;
        picture::all(folder, measured)?;
    }
    if args.fill.is_empty() {
        return Ok(());
    }
    let (mut goals, mut figures) = (Vec::new(), Vec::new());
    sheet.goals(&mut goals)?;
    write!(figures, "{PICTURES}")?;
    sheet.whole(&mut figures)?;
    let [goals, figures] = [goals, figures].map(|text| String::from_utf8_lossy(&text).into_owned());
    for document in &args.fill {
        page::fill(document, &[("goals", &goals), ("figures", &figures)])?;
    }
    Ok(())
}

/// What the tables are made of.
struct Sheet<'a> {
    args: &'a Args,
    seed: u64,
    machine: Machine,
    measured: &'a [Measured],
}

impl Sheet<'_> {
    /// When and where, and the goals.
    fn goals(&self, out: &mut impl Write) -> io::Result<()> {
        let runs = match self.args.runs() {
            1 => "one run".to_owned(),
            runs => format!("{runs} runs"),
        };
        writeln!(out, "{}, by `just bench`: {runs} of {} rounds.\n", self.machine, self.args.rounds())?;
        goals::table(out, self.measured)
    }

    /// All tables, the goals first.
    fn whole(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "### Goals\n")?;
        self.goals(out)?;
        writeln!(out, "\n### Rows\n")?;
        table::title(out, self.args, self.seed)?;
        self.measured.iter().try_for_each(|Measured { row, outcome }| table::line(out, row, outcome))?;
        writeln!(out, "\n### Peers\n")?;
        table::peers(out, self.measured)
    }
}

fn create(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), OutputError> {
    let written = File::create(path).map(BufWriter::new).and_then(|mut file| {
        write(&mut file)?;
        file.flush()
    });
    written.map_err(|source| OutputError::Write { path: path.to_owned(), source })
}
