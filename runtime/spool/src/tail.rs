//! The end of the last segment: what is written of it, and what waits to be.

use std::fs::File;

use crate::error::SpoolError;
use crate::files::Files;
use crate::record::Record;
use crate::segment::{self, HEADER_BYTES, Header};

/// How many bytes may wait to be written.
const BUFFER_BYTES: usize = 256 * 1024;

/// The segment that is written to, or none yet.
pub(crate) struct Tail {
    /// `None` until something is written.
    file: Option<File>,
    /// How much of the file is valid.
    valid: u64,
    /// Whether the file's name may be lost in a power cut.
    is_new: bool,
    /// Room for a header, then records that are not written.
    buffer: Vec<u8>,
    /// Something is written and not synced.
    is_dirty: bool,
    /// A segment that could not be synced.
    unsynced: Option<u64>,
}

impl Tail {
    /// Of no segment.
    pub(crate) fn new() -> Tail {
        let buffer = vec![0; HEADER_BYTES];
        Tail { file: None, valid: 0, is_new: false, buffer, is_dirty: false, unsynced: None }
    }

    /// Goes on behind so many bytes of a file.
    pub(crate) fn go_on(&mut self, file: File, valid: u64) {
        (self.file, self.valid) = (Some(file), valid);
    }

    /// What comes next is for another segment. What waits is forgotten.
    pub(crate) fn let_go(&mut self) {
        (self.file, self.valid) = (None, 0);
        self.buffer.truncate(HEADER_BYTES);
    }

    /// Whether the segment has a file.
    pub(crate) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// The records that wait.
    pub(crate) fn waiting(&self) -> &[u8] {
        &self.buffer[HEADER_BYTES..]
    }

    /// Whether something is not synced, written or not.
    pub(crate) fn is_dirty(&self) -> bool {
        self.is_dirty || !self.waiting().is_empty()
    }

    /// Whether a record of so many bytes has to wait until others are written.
    pub(crate) fn is_full_for(&self, size: usize) -> bool {
        !self.waiting().is_empty() && self.waiting().len() + size > BUFFER_BYTES
    }

    pub(crate) fn push(&mut self, record: &Record<'_>) {
        record.encode(&mut self.buffer);
    }

    /// Writes what waits, at once. After an error nothing of it is in the file, and it waits on.
    pub(crate) fn write(&mut self, files: &Files, header: Header) -> Result<(), SpoolError> {
        if self.waiting().is_empty() {
            return Ok(());
        }
        let name = segment::name(header.first);
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                self.is_new = true;
                none.insert(files.create(&name)?)
            }
        };
        self.buffer[..HEADER_BYTES].copy_from_slice(&header.encode());
        let bytes = if self.valid == 0 { &self.buffer[..] } else { &self.buffer[HEADER_BYTES..] };
        self.is_dirty = true;
        if let Err(error) = files.write(&name, file, bytes, self.valid) {
            // If not even this can be done, the next write goes over it, and recovery would find where it begins.
            let _ = files.cut(&name, file, self.valid);
            return Err(error);
        }
        self.valid += bytes.len() as u64;
        self.buffer.truncate(HEADER_BYTES);
        self.buffer.shrink_to(2 * BUFFER_BYTES);
        Ok(())
    }

    /// Syncs what is written of the segment. What could not be synced once never counts as synced again: the system may have
    /// dropped it and would say that all is well.
    pub(crate) fn sync(&mut self, files: &Files, segment: u64) -> Result<(), SpoolError> {
        if let Some(unsynced) = self.unsynced {
            return Err(SpoolError::NotSynced { path: files.path(&segment::name(unsynced)) });
        }
        if let Some(file) = self.file.as_ref().filter(|_| self.is_dirty) {
            let synced = files.sync(&segment::name(segment), file);
            let synced = synced.and_then(|()| if self.is_new { files.sync_names() } else { Ok(()) });
            self.unsynced = synced.is_err().then_some(segment);
            synced?;
            self.is_new = false;
        }
        self.is_dirty = false;
        Ok(())
    }
}
