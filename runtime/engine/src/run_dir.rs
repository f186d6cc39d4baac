//! The directory of one run: what it was, what happened, what its jobs left.

use std::env;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use pipeloom_events::Record;
use pipeloom_events::request::SOCKET_NAME;
use pipeloom_os::fifo::OuterFifo;

use crate::resume::Origin;

/// The directory of one run.
///
/// ```text
/// network.toml   the network file as run
/// origin.json    where that was, and what was put into it, for `pipeloom run --resume`
/// events.jsonl   what happened, one JSON object per line
/// logs/          JOB.stdout.log and JOB.stderr.log
/// jobs/JOB/      the working directory of a job with dependencies
/// spool/         PIPE@JOB/: blocks that wait for a reader, on disk
/// spill/         PIPE@JOB/: what has grown too long for memory, while it waits
/// window/        PIPE@JOB/: blocks that a reader was given and has not done, where they are too many for the memory
/// socket         where the run is asked for something, while it is there
/// outer-fifos    the FIFOs made where the file says, while they are there
/// ```
///
/// While the run goes on its runtime holds a lock (flock) on `events.jsonl`; so others can tell that it does.
///
/// Whatever jobs write under `${run}` lies beside these.
#[derive(Clone, Debug)]
pub struct RunDir {
    path: PathBuf,
    /// How often the run was begun, this time included.
    attempt: u32,
}

/// The name of the folder of all spools.
pub(crate) const SPOOLS: &str = "spool";

/// The name of the folder of what readers were given and have not done.
pub(crate) const WINDOWS: &str = "window";

/// The name of the file with the network.
pub(crate) const NETWORK: &str = "network.toml";

/// The name of the file that says where the network comes from.
pub(crate) const ORIGIN: &str = "origin.json";

/// The name of the file with the events.
pub(crate) const EVENTS: &str = "events.jsonl";

/// The name of the folder for what has grown too long for memory.
pub(crate) const SPILL: &str = "spill";

/// The name of the file with the outer FIFOs.
pub(crate) const OUTER_FIFOS: &str = "outer-fifos";

/// The folder in which each run has a directory named by its id, as the XDG base directory specification has it; `None` for
/// a process without a home.
pub fn runs_folder() -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
    state.map(|state| state.join("pipeloom/runs"))
}

/// Why a run's directory cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RunDirError {
    /// It is there and has something in it.
    #[error("the run directory {} is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// It belongs to another user, who could change what jobs run and what they leave.
    #[error("the run directory {} belongs to another user", .0.display())]
    NotOurs(PathBuf),
    /// Another runtime works the run.
    #[error("the run in {} goes on already", .0.display())]
    InUse(PathBuf),
    /// It cannot be made or written.
    #[error("the run directory {}: {source}", path.display())]
    Io {
        /// What was being made.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
}

impl RunDir {
    /// Makes the directory at `path` (mode 0700) with what every run has. One that is there must be ours and empty, and is
    /// closed to others.
    ///
    /// # Errors
    /// If it cannot be made, is another user's or is not empty.
    pub fn create(path: &Path, network_file: &str) -> Result<RunDir, RunDirError> {
        let is_new = make_new_folder(path)?;
        let path = fs::canonicalize(path).map_err(failed(path))?;
        check_is_ours(&path)?;
        if !is_new && fs::read_dir(&path).map_err(failed(&path))?.next().is_some() {
            return Err(RunDirError::NotEmpty(path));
        }
        fs::set_permissions(&path, Permissions::from_mode(0o700)).map_err(failed(&path))?;
        let dir = RunDir { path, attempt: 1 };
        make_folder(&dir.logs())?;
        let file = dir.path.join(NETWORK);
        fs::write(&file, network_file).map_err(failed(&file))?;
        Ok(dir)
    }

    /// The directory of a run that was begun before, at `path`; this is its next `attempt`. It must be ours.
    pub(crate) fn open(path: &Path, attempt: u32) -> Result<RunDir, RunDirError> {
        let path = fs::canonicalize(path).map_err(failed(path))?;
        check_is_ours(&path)?;
        let dir = RunDir { path, attempt };
        make_folder(&dir.logs())?;
        Ok(dir)
    }

    /// Keeps where the network comes from.
    pub(crate) fn keep_origin(&self, origin: &Origin) -> Result<(), RunDirError> {
        let file = self.path.join(ORIGIN);
        let text = serde_json::to_vec(origin).map_err(io::Error::from);
        text.and_then(|text| fs::write(&file, text)).map_err(failed(&file))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How often the run was begun, this time included.
    pub(crate) const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The folder of the logs.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// The working directory that a job with dependencies gets.
    pub fn job(&self, job: &str) -> PathBuf {
        self.path.join("jobs").join(job)
    }

    /// The socket's place.
    pub fn socket(&self) -> PathBuf {
        self.path.join(SOCKET_NAME)
    }

    /// Where the events are written.
    pub fn events(&self) -> PathBuf {
        self.path.join(EVENTS)
    }

    fn outer_fifos(&self) -> PathBuf {
        self.path.join(OUTER_FIFOS)
    }
}

/// Makes the run's own folder, with all above it; whether it was not there before.
fn make_new_folder(path: &Path) -> Result<bool, RunDirError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => Ok(true),
        Err(_) => make_folder(path).map(|()| false),
    }
}

fn check_is_ours(path: &Path) -> Result<(), RunDirError> {
    let ours = fs::metadata("/proc/self").map_err(failed(path))?.uid();
    if fs::metadata(path).map_err(failed(path))?.uid() != ours {
        return Err(RunDirError::NotOurs(path.to_owned()));
    }
    Ok(())
}

/// Makes a folder of the run's own, if it is not there, with all above it.
pub(crate) fn make_folder(path: &Path) -> Result<(), RunDirError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed(path))
}

fn failed(path: &Path) -> impl Fn(io::Error) -> RunDirError {
    let path = path.to_owned();
    move |source| RunDirError::Io { path: path.clone(), source }
}

/// The run's events on their way to a file. It holds whole lines only; what cannot be written, as on a full disk, is counted,
/// and later events are tried again.
pub(crate) struct Journal {
    file: File,
    /// How long the whole lines are together.
    bytes: u64,
    lost: u64,
}

impl Journal {
    pub(crate) fn create(dir: &RunDir) -> Result<Journal, RunDirError> {
        let path = dir.events();
        let opened = OpenOptions::new().create_new(true).append(true).open(&path);
        let file = opened.map_err(|source| RunDirError::Io { path, source })?;
        // It is still empty, so whoever looks for what crashes have left lets it go in a moment, and touches nothing.
        if let Err(error) = file.lock() {
            log::debug!("nobody will know by a lock that this run goes on: {error}");
        }
        Ok(Journal { file, bytes: 0, lost: 0 })
    }

    /// The journal of a run that was there before, to go on with. Whoever has it does so alone.
    pub(crate) fn resume(dir: &RunDir) -> Result<Journal, RunDirError> {
        let path = dir.events();
        let failed = failed(&path);
        let opened = OpenOptions::new().append(true).open(&path);
        let file = opened.map_err(&failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(RunDirError::InUse(dir.path.clone())),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let bytes = file.metadata().map_err(&failed)?.len();
        Ok(Journal { file, bytes, lost: 0 })
    }

    /// Writes one event. The first error is returned, once.
    pub(crate) fn write(&mut self, record: &Record) -> io::Result<()> {
        let Err(error) = self.try_to_write(record) else { return Ok(()) };
        self.lost += 1;
        // Half a line would spoil the next one. If this fails too, nothing of it was written.
        let _ = self.file.set_len(self.bytes);
        if self.lost == 1 { Err(error) } else { Ok(()) }
    }

    /// How many events are not in the file.
    pub(crate) const fn lost(&self) -> u64 {
        self.lost
    }

    fn try_to_write(&mut self, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.bytes += line.len() as u64;
        Ok(())
    }
}

/// The note of which outer FIFOs there are, for the case that neither the runtime nor its warden can remove them. It goes when it
/// is dropped.
pub(crate) struct OuterNote {
    path: PathBuf,
}

impl OuterNote {
    /// Notes these; nothing if there are none.
    pub(crate) fn write(dir: &RunDir, fifos: &[OuterFifo]) -> io::Result<Option<OuterNote>> {
        if fifos.is_empty() {
            return Ok(None);
        }
        let marks = fifos.iter().map(OuterFifo::mark).collect::<Result<Vec<_>, _>>().map_err(io::Error::from)?;
        let note = OuterNote { path: dir.outer_fifos() };
        let mut file = File::create_new(&note.path)?;
        file.write_all(&serde_json::to_vec(&marks)?)?;
        // It is for the worst case, after which nothing is there that was only about to be written.
        file.sync_all()?;
        Ok(Some(note))
    }
}

impl Drop for OuterNote {
    fn drop(&mut self) {
        // What it names has gone before it, so that it does no harm.
        let _ = fs::remove_file(&self.path);
    }
}

/// Copies a job's dependencies into its working directory `to`: the content of each folder, or the file itself.
///
/// The run's directory may lie in a folder that is copied; neither it nor the working directory is copied into itself.
pub(crate) fn copy_dependencies(dependencies: &[PathBuf], to: &Path, run_dir: &RunDir) -> Result<(), RunDirError> {
    let failed = |path: &Path, source| RunDirError::Io { path: path.to_owned(), source };
    fs::create_dir_all(to).map_err(|source| failed(to, source))?;
    let skipped = [identity(run_dir.path()), identity(to)].into_iter().collect::<io::Result<Vec<_>>>();
    let skipped = skipped.map_err(|source| failed(to, source))?;
    dependencies.iter().try_for_each(|from| copy(from, to, &skipped).map_err(|source| failed(from, source)))
}

/// Which folder it is, whatever its path: device and number.
type Identity = (u64, u64);

fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|found| (found.dev(), found.ino()))
}

fn copy(from: &Path, to: &Path, skipped: &[Identity]) -> io::Result<()> {
    if from.is_dir() {
        return copy_content(from, to, skipped);
    }
    let name = from.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    fs::copy(from, to.join(name)).map(drop)
}

/// Links are copied as links, so that nothing outside the folder is followed.
fn copy_content(from: &Path, to: &Path, skipped: &[Identity]) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if !skipped.contains(&identity(&entry.path())?) {
                fs::create_dir_all(&target)?;
                copy_content(&entry.path(), &target, skipped)?;
            }
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path())?, &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
