//! Where values come from: one after another, each as JSON text.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use pipeloom_job::{JobError, Setup};
use serde_json::Value;
use serde_json::value::RawValue;

use super::DataFormat;
use super::cell::Row;

/// Why values cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum DataError {
    #[error("cannot open {}: {source}", .path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error("{} is not a file; lines-source reads from FIFOs and devices", .path.display())]
    NotAFile { path: PathBuf },
    #[error("cannot read line {line} of {}: {source}", .path.display())]
    Read { path: PathBuf, line: u64, source: io::Error },
    #[error("line {line} of {} is not JSON: {source}", .path.display())]
    Json { path: PathBuf, line: u64, source: serde_json::Error },
    #[error("cannot read {}: {source}", .path.display())]
    Csv { path: PathBuf, source: csv::Error },
    #[error("{} has two columns of the name {name:?}", .path.display())]
    SameName { path: PathBuf, name: String },
    #[error("a value cannot stand in JSON: {source}")]
    Value { source: serde_json::Error },
}

impl From<DataError> for JobError {
    fn from(error: DataError) -> JobError {
        JobError::failed(error)
    }
}

/// Values one after another, as JSON.
pub(super) type Texts = Box<dyn Iterator<Item = Result<String, DataError>> + Send>;

/// Where the values are.
pub(super) enum Values {
    /// In the network file.
    Given(Vec<Value>),
    /// In a file of their own.
    File { path: PathBuf, format: DataFormat },
}

impl Values {
    /// Makes the path absolute.
    pub(super) fn resolve(&mut self, setup: &Setup) {
        if let Values::File { path, .. } = self {
            *path = setup.resolve(path);
        }
    }

    /// All values from the first one on.
    pub(super) fn texts(&self) -> Result<Texts, DataError> {
        match self {
            Values::Given(values) => {
                let texts: Vec<_> = values.iter().map(|value| Ok(value.to_string())).collect();
                Ok(Box::new(texts.into_iter()))
            }
            Values::File { path, format: DataFormat::JsonLines } => json_lines(path),
            Values::File { path, format: DataFormat::Csv } => csv_rows(path),
        }
    }
}

/// Only files: opening or reading a FIFO would wait, where nobody could stop the job.
fn open(path: &Path) -> Result<File, DataError> {
    let failed = |source| DataError::Open { path: path.to_owned(), source };
    if !path.metadata().map_err(failed)?.is_file() {
        return Err(DataError::NotAFile { path: path.to_owned() });
    }
    File::open(path).map_err(failed)
}

fn json_lines(path: &Path) -> Result<Texts, DataError> {
    let lines = BufReader::new(open(path)?).lines();
    let path = path.to_owned();
    let value = move |(text, line): (io::Result<String>, u64)| {
        let text = text.map_err(|source| DataError::Read { path: path.clone(), line, source })?;
        if text.trim_ascii().is_empty() {
            return Ok(None);
        }
        let value: &RawValue =
            serde_json::from_str(&text).map_err(|source| DataError::Json { path: path.clone(), line, source })?;
        Ok(Some(value.get().to_owned()))
    };
    Ok(Box::new(lines.zip(1..).filter_map(move |line| value(line).transpose())))
}

fn csv_rows(path: &Path) -> Result<Texts, DataError> {
    let mut reader = csv::Reader::from_reader(open(path)?);
    let path = path.to_owned();
    let names = reader.headers().map_err(|source| DataError::Csv { path: path.clone(), source })?.clone();
    if let Some((_, name)) =
        names.iter().enumerate().find(|(place, name)| names.iter().take(*place).any(|n| n == *name))
    {
        return Err(DataError::SameName { path, name: name.to_owned() });
    }
    let text = move |cells: csv::Result<csv::StringRecord>| {
        let cells = cells.map_err(|source| DataError::Csv { path: path.clone(), source })?;
        serde_json::to_string(&Row { names: &names, cells: &cells }).map_err(|source| DataError::Value { source })
    };
    Ok(Box::new(reader.into_records().map(text)))
}
