//! Writing in large pieces, without keeping anything back for long.

use std::fs::{self, File, Metadata};
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::path::Path;
use std::time::{Duration, Instant};

use pipeloom_job::{Flow, JobError, Setup, Stopped};

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
    /// Somebody is looking, or what a step has taken counts as done: write after every step.
    prompt: bool,
    /// There was something in the file, behind which this one goes on.
    continues: bool,
    /// The length of a file that is written through, which has every step whole or not at all.
    whole: Option<u64>,
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
            let file = if setup.continues { go_on(&path) } else { create(&path) };
            (Place::Path(path), file)
        };
        let file = file.map_err(|error| FileError::new("create", &place, error))?;
        let prompt = file.is_terminal() || setup.write_through;
        let length = file.metadata().ok().filter(Metadata::is_file).map(|found| found.len());
        let length = length.filter(|_| matches!(place, Place::Path(_)));
        let continues = setup.continues && length.is_some_and(|length| length > 0);
        let whole = length.filter(|_| setup.write_through);
        Ok(Drain { file, place, gathered: Vec::new(), prompt, continues, whole, written: Instant::now() })
    }

    /// The same for lines. If the last line there is not whole, because the job was killed while it wrote it, it goes: what it was
    /// made of was not done, and comes again.
    pub(crate) fn create_lines(path: &Path, setup: &Setup) -> Result<Drain, FileError> {
        let mut drain = Drain::create(path, setup)?;
        if drain.continues {
            let length =
                cut_torn_line(&drain.file).map_err(|error| FileError::new("go on with", &drain.place, error))?;
            drain.continues = length > 0;
            drain.whole = drain.whole.map(|_| length);
        }
        Ok(drain)
    }

    /// Whether there was something in the file, behind which this one goes on.
    pub(crate) const fn continues(&self) -> bool {
        self.continues
    }

    /// The file from its beginning.
    pub(crate) fn read_again(&self) -> Result<File, FileError> {
        let opened = match &self.place {
            Place::Path(path) => File::open(path),
            Place::StandardInput | Place::StandardOutput => Err(io::ErrorKind::Unsupported.into()),
        };
        opened.map_err(|error| FileError::new("read", &self.place, error))
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

    /// A sink that is about to wait: what was put in is written, as nobody knows when more comes. When the reader of what is
    /// written has gone, the job is not needed any more.
    pub(crate) fn idle(&mut self) -> Result<(), JobError> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        match self.flush() {
            Err(error) if error.is_reader_gone() => Err(Stopped.into()),
            result => Ok(result?),
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
        let result = self.file.write_all(bytes);
        if let Some(whole) = &mut self.whole {
            match &result {
                Ok(()) => *whole += bytes.len() as u64,
                // The blocks of this step will come again. If the rest cannot be cut off, it stays, and nothing is lost.
                Err(_) => drop(self.file.set_len(*whole)),
            }
        }
        result.map_err(|error| FileError::new("write", &self.place, error))
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        // A job that came to its end has flushed and heard of errors; one that failed has its own error to tell.
        let _ = self.flush();
    }
}

/// The file as another life has left it, to be written at its end; a new one if there is none.
fn go_on(path: &Path) -> io::Result<File> {
    if !fs::metadata(path).is_ok_and(|found| found.is_file()) {
        return create(path);
    }
    File::options().read(true).append(true).open(path)
}

/// Cuts off what is behind the last line break, and gives the length of what is left.
fn cut_torn_line(file: &File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut piece = vec![0; WRITE_BYTES];
    while end > 0 {
        let start = end.saturating_sub(WRITE_BYTES as u64);
        let piece = &mut piece[..(end - start) as usize];
        file.read_exact_at(piece, start)?;
        if let Some(place) = piece.iter().rposition(|&byte| byte == b'\n') {
            let length = start + place as u64 + 1;
            return file.set_len(length).map(|()| length);
        }
        end = start;
    }
    file.set_len(0).map(|()| 0)
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
