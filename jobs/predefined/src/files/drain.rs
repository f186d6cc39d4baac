//! Writing in large pieces, without keeping anything back for long.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::time::{Duration, Instant};

use pipeloom_job::{Flow, JobError, Setup};

use super::error::FileError;
use super::place::{Place, is_standard};

/// What is gathered before it is written, in bytes.
const WRITE_BYTES: usize = 64 * 1024;

/// While blocks come, nothing is kept back for longer than this.
const HELD: Duration = Duration::from_millis(500);

/// A file or standard output. What was put in and not written yet is written when it is dropped, so that a job that
/// fails leaves behind what it had done.
pub(crate) struct Drain {
    file: File,
    place: Place,
    gathered: Vec<u8>,
    /// Somebody is looking: write after every step.
    prompt: bool,
    written: Instant,
}

impl Drain {
    /// Makes the file that an argument names, and the folders it is in; `-` is standard output.
    pub(crate) fn create(path: &Path, setup: &Setup) -> Result<Drain, FileError> {
        let (place, file) = if is_standard(path) {
            // A second descriptor, so that dropping it leaves standard output open.
            (Place::StandardOutput, io::stdout().as_fd().try_clone_to_owned().map(File::from))
        } else {
            let path = setup.resolve(path);
            let file = create(&path);
            (Place::Path(path), file)
        };
        let file = file.map_err(|error| FileError::new("create", &place, error))?;
        let prompt = file.is_terminal();
        Ok(Drain { file, place, gathered: Vec::new(), prompt, written: Instant::now() })
    }

    /// Adds bytes; those of one call are not torn apart unless they are many.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        if self.gathered.len() + bytes.len() > WRITE_BYTES {
            self.flush()?;
        }
        if bytes.len() >= WRITE_BYTES {
            return self.write(bytes);
        }
        self.gathered.extend_from_slice(bytes);
        Ok(())
    }

    /// Adds bytes and a line break.
    pub(crate) fn put_line(&mut self, line: &[u8]) -> Result<(), FileError> {
        self.put(line)?;
        self.gathered.push(b'\n');
        Ok(())
    }

    /// One step of a sink: `fill` puts in what came, and it is written if it is time. When the reader of what is
    /// written has gone, the job is at its end.
    pub(crate) fn step(&mut self, fill: impl FnOnce(&mut Drain) -> Result<(), FileError>) -> Result<Flow, JobError> {
        let result = fill(self).and_then(|()| if self.is_due() { self.flush() } else { Ok(()) });
        match result {
            Ok(()) => Ok(Flow::Again),
            Err(error) if error.is_reader_gone() => Ok(Flow::Done),
            Err(error) => Err(error.into()),
        }
    }

    /// The end of a sink: all that was put in is written.
    pub(crate) fn end(mut self) -> Result<(), JobError> {
        match self.flush() {
            Err(error) if !error.is_reader_gone() => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Whether it is time to write what was gathered.
    fn is_due(&self) -> bool {
        self.prompt || self.written.elapsed() >= HELD
    }

    /// Writes what was gathered.
    fn flush(&mut self) -> Result<(), FileError> {
        let gathered = std::mem::take(&mut self.gathered);
        self.write(&gathered)?;
        self.gathered = gathered;
        self.gathered.clear();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.written = Instant::now();
        self.file.write_all(bytes).map_err(|error| FileError::new("write", &self.place, error))
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        // A job that came to its end has flushed and heard of errors; one that failed has its own error to tell.
        let _ = self.flush();
    }
}

fn create(path: &Path) -> io::Result<File> {
    // Opening a FIFO would wait for its reader, where nobody could stop the job.
    if fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo()) {
        return Err(io::Error::other("it is a FIFO; a pipe with external = \"reader\" can write to one"));
    }
    match File::create(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(path.parent().unwrap_or(path))?;
            File::create(path)
        }
        result => result,
    }
}
