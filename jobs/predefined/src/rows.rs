//! Rows of CSV files.

use std::io::Read;

use pipeloom_job::JobError;

/// The text of whole rows, so that no row is torn apart in the file; they end as RFC 4180 says.
pub(crate) fn text(write: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>) -> Result<Vec<u8>, JobError> {
    // Most rows are short.
    const ROW_BYTES: usize = 256;
    let mut csv = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .has_headers(false)
        .buffer_capacity(ROW_BYTES)
        .from_writer(Vec::new());
    write(&mut csv).map_err(JobError::failed)?;
    csv.into_inner().map_err(|error| JobError::failed(error.into_error()))
}

/// The first row of a file, cell by cell.
pub(crate) fn first(file: impl Read) -> Result<Vec<String>, JobError> {
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(file);
    let mut row = csv::StringRecord::new();
    rows.read_record(&mut row).map_err(JobError::failed)?;
    Ok(row.iter().map(str::to_owned).collect())
}
