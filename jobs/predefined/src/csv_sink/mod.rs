//! `csv-sink`: writes values to a CSV file.
//!
//! ```toml
//! [jobs.save]
//! use = "csv-sink"
//! args = { path = "${run}/levels.csv" }
//! inputs = ["levels"]
//! ```
//!
//! The file has a header row and one row for each compute block, as RFC 4180 says (rows end with `\r\n`). What the first
//! compute block holds gives the columns:
//!
//! | block | columns | with one input |
//! |---|---|---|
//! | a number, a text, a truth value, `null` (`json`), a line (`lines`) | the pipe's name | the same |
//! | a JSON object | `pipe.key` for each key, in the order of the block | `key` |
//! | a JSON array | `pipe.0`, `pipe.1`, ... | the same |
//! | numbers of the given `type` (`bytes`, `framed`) | the pipe's name for one, `pipe.0`, ... for more | the same |
//!
//! What has a custom codec counts as the JSON value that the codec makes of it.
//!
//! `pattern = "pipe_{pipe}_{key}"` names them otherwise, `columns` names each of them.
//!
//! Cells hold numbers as they are written in the JSON; `null` is an empty cell; an object or array inside another one is
//! its JSON text. In a later block, keys that are missing leave their cells empty; a key or a place that the first block
//! did not have, or a block of another shape, is an error.
//!
//! What comes is written as soon as no more has come, or within half a second. Without any block the file is empty, or
//! has the header alone if `columns` are given.
//!
//! If the job is started again, each life goes on behind what is in the file, and
//! needs the same columns. A job that may be started again writes after
//! every step, so that nothing that counts as done is lost with it; that is slower.

mod cells;
mod names;
mod number;
mod table;

use std::path::PathBuf;

use pipeloom_job::{CodecName, Emit, Flow, Job, JobError, JobKind, PortList, PortSetup, PortType, Ports, Setup, Step};
use schemars::JsonSchema;
use serde::Deserialize;

pub use number::NumberType;

use crate::files::{self, Drain};
use crate::rows;
use cells::Cells;
use names::Names;
use table::{CsvError, Table};

/// The arguments of `csv-sink`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvSinkArgs {
    /// The file; `-` for standard output. If the job is started again, further rows are added to it.
    pub path: PathBuf,
    /// The header row, instead of names made from pipes and keys; one name for each column.
    pub columns: Option<Vec<String>>,
    /// The name of each column, where `{pipe}` stands for the pipe and `{key}` for the key of an object or the place in a
    /// list; for single values `{key}` is empty.
    pub pattern: Option<String>,
    /// What the numbers in blocks of `bytes` and `framed` are (little-endian). Without it such pipes are refused.
    #[serde(rename = "type")]
    pub number: Option<NumberType>,
}

/// `csv-sink` by name.
pub const KIND: JobKind = JobKind {
    name: "csv-sink",
    about: "writes a CSV file, a column for each input or key",
    args: &|| schemars::schema_for!(CsvSinkArgs),
    ports: &|args| {
        let args: CsvSinkArgs = args.parse()?;
        Names::new(&args)?;
        let mut codecs = vec![CodecName::Json, CodecName::Lines];
        if args.number.is_some() {
            codecs.extend([CodecName::Bytes, CodecName::Framed]);
        }
        let blocks = files::is_standard(&args.path);
        Ok(Ports { blocks, ..Ports::new(PortList::some(PortType::values(&codecs).one_block()), PortList::none()) })
    },
    new: &|args| {
        let args = args.parse()?;
        Ok(Box::new(CsvSink {
            names: Names::new(&args)?,
            args,
            inputs: Vec::new(),
            table: None,
            found: None,
            drain: None,
        }))
    },
};

struct CsvSink {
    args: CsvSinkArgs,
    names: Names,
    inputs: Vec<PortSetup>,
    /// `None` until the first block has said what the columns are.
    table: Option<Table>,
    /// The header that stands in the file from an earlier life.
    found: Option<Vec<String>>,
    drain: Option<Drain>,
}

impl CsvSink {
    /// The text of one compute block: a row, with the header before the first one.
    fn rows(&mut self, step: &Step<'_>) -> Result<Vec<u8>, JobError> {
        let mut cells = Vec::with_capacity(self.inputs.len());
        for (input, (blocks, port)) in step.inputs.iter().zip(&self.inputs).enumerate() {
            let read = match blocks {
                [block] => Cells::read(port.codec, self.args.number, block.bytes),
                _ => Err(cells::CellsError::Count { got: blocks.len() }),
            };
            let failed = |source| CsvError::Block { block: step.number, input, pipe: port.pipe.clone(), source };
            cells.push(read.map_err(failed)?);
        }
        // With `columns` the header stands there from the beginning.
        let needs_header = self.table.is_none() && self.names.given().is_none() && self.found.is_none();
        let table = match &self.table {
            Some(table) => table,
            None => {
                let table = Table::new(&self.inputs, &cells, &self.names)?;
                table.check_found(self.found.as_deref())?;
                self.table.insert(table)
            }
        };
        let row = table.row(step.number, &self.inputs, cells)?;
        rows::text(|csv| {
            if needs_header {
                csv.write_record(table.header())?;
            }
            csv.write_record(row)
        })
    }
}

impl Job for CsvSink {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        self.inputs = setup.inputs.clone();
        let mut drain = Drain::create_lines(&self.args.path, setup)?;
        if drain.continues() {
            self.found = Some(rows::first(drain.read_again()?)?);
        } else if let Some(columns) = self.names.given() {
            drain.put(&rows::text(|csv| csv.write_record(columns))?)?;
        }
        self.drain = Some(drain);
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, _out: &mut dyn Emit) -> Result<Flow, JobError> {
        let rows = self.rows(step)?;
        self.drain.as_mut().map_or(Ok(Flow::Done), |drain| drain.step(|drain| drain.put(&rows)))
    }

    fn idle(&mut self) -> Result<(), JobError> {
        self.drain.as_mut().map_or(Ok(()), Drain::idle)
    }

    fn end(&mut self, _out: &mut dyn Emit) -> Result<(), JobError> {
        self.drain.take().map_or(Ok(()), Drain::end)
    }
}
