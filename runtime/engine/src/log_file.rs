//! A job's output, line by line: into a bounded log file, with the last lines at hand.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A log file of this size is moved aside; the one moved aside before is let go. So the newest part is always there.
const MAX_BYTES: u64 = 16 << 20;

/// How many last lines are at hand.
const LAST_LINES: usize = 10;

/// A longer line is cut into pieces of this many bytes.
const MAX_LINE_BYTES: usize = 16 * 1024;

/// A job's output on its way to a file.
///
/// Where the file cannot be written, as on a full disk, the output is read on all the same: the job does not wait for room on
/// somebody's disk. What comes later is tried again, and what is lost is counted.
pub(crate) struct LogFile {
    path: PathBuf,
    /// `None` until the first byte.
    file: Option<File>,
    /// How long the file is.
    bytes: u64,
    /// How much output is not in the file.
    lost: u64,
    line: Vec<u8>,
    last: VecDeque<String>,
}

impl LogFile {
    /// A log at `path`; the file is made when there is something to write.
    pub(crate) fn new(path: PathBuf) -> LogFile {
        LogFile { path, file: None, bytes: 0, lost: 0, line: Vec::new(), last: VecDeque::new() }
    }

    /// Writes `bytes` and hands out the lines that are now whole. The first error of the file is returned, once; the lines
    /// go on all the same.
    pub(crate) fn write(&mut self, bytes: &[u8], mut line: impl FnMut(&str)) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = MAX_LINE_BYTES - self.line.len();
            let end = rest.iter().take(room).position(|&byte| byte == b'\n');
            let take = end.map_or(rest.len().min(room), |at| at + 1);
            self.line.extend_from_slice(&rest[..take]);
            rest = &rest[take..];
            if end.is_some() || self.line.len() >= MAX_LINE_BYTES {
                self.end_line(&mut line);
            }
        }
        self.append(bytes)
    }

    /// How many bytes are not in the file, though they should be.
    pub(crate) const fn lost(&self) -> u64 {
        self.lost
    }

    /// The output is at its end: what is left is a line too.
    pub(crate) fn end(&mut self, mut line: impl FnMut(&str)) {
        if !self.line.is_empty() {
            self.end_line(&mut line);
        }
    }

    /// The log as the job's next life goes on with it: what this life said last explains nothing of that one.
    pub(crate) fn for_next_life(mut self) -> LogFile {
        self.last.clear();
        self.line.clear();
        self
    }

    /// The last lines, the newest last.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        self.last.iter().cloned().collect()
    }

    fn end_line(&mut self, line: &mut impl FnMut(&str)) {
        let text = String::from_utf8_lossy(&self.line);
        let text = text.trim_end_matches(['\n', '\r']);
        line(text);
        if self.last.len() == LAST_LINES {
            self.last.pop_front();
        }
        self.last.push_back(text.to_owned());
        self.line.clear();
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (before, is_first) = (self.bytes, self.lost == 0);
        let Err(error) = self.try_append(bytes) else { return Ok(()) };
        // Some of it may have been written before there was no room.
        let now = self.file.as_ref().and_then(|file| file.metadata().ok()).map_or(before, |found| found.len());
        self.bytes = now.max(before);
        self.lost += (bytes.len() as u64).saturating_sub(self.bytes - before);
        if is_first { Err(error) } else { Ok(()) }
    }

    fn try_append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.bytes > 0 && self.bytes + bytes.len() as u64 > MAX_BYTES {
            std::fs::rename(&self.path, aside(&self.path))?;
            (self.file, self.bytes) = (None, 0);
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let file = OpenOptions::new().create(true).append(true).open(&self.path)?;
                self.bytes = file.metadata()?.len();
                none.insert(file)
            }
        };
        file.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

fn aside(path: &Path) -> PathBuf {
    path.with_extension("old.log")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_whole_however_they_came_in() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = LogFile::new(dir.path().join("a.log"));
        let mut lines = Vec::new();
        for piece in ["one\ntw", "o\n", "\nfour"] {
            log.write(piece.as_bytes(), |line| lines.push(line.to_owned())).unwrap();
        }
        log.end(|line| lines.push(line.to_owned()));
        assert_eq!(lines, ["one", "two", "", "four"]);
        assert_eq!(log.last_lines(), lines);
        assert_eq!(std::fs::read_to_string(dir.path().join("a.log")).unwrap(), "one\ntwo\n\nfour");
    }

    #[test]
    fn the_file_is_bounded_and_keeps_the_newest() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        let mut log = LogFile::new(path.clone());
        let line = [vec![b'x'; 1023], vec![b'\n']].concat().repeat(1024);
        for _ in 0..50 {
            log.write(&line, |_| {}).unwrap();
        }
        log.write(b"last\n", |_| {}).unwrap();
        let size = |path: &Path| std::fs::metadata(path).unwrap().len();
        assert!(size(&path) + size(&aside(&path)) <= 2 * MAX_BYTES);
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("last\n"));
    }

    #[test]
    fn what_a_full_disk_does_not_take_is_counted_and_told_once() {
        // Fault 66. /dev/full refuses every write with ENOSPC.
        let mut log = LogFile::new(PathBuf::from("/dev/full"));
        let error = log.write(b"one\n", |_| {}).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        log.write(b"two\nthr", |_| {}).unwrap();
        log.end(|_| {});
        assert_eq!((log.lost(), log.last_lines()), (11, ["one", "two", "thr"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn a_log_goes_on_when_there_is_room_again() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("logs");
        let mut log = LogFile::new(folder.join("a.log"));
        log.write(b"lost\n", |_| {}).unwrap_err();
        std::fs::create_dir(&folder).unwrap();
        log.write(b"kept\n", |_| {}).unwrap();
        assert_eq!((log.lost(), std::fs::read_to_string(folder.join("a.log")).unwrap().as_str()), (5, "kept\n"));
    }

    #[test]
    fn the_next_life_goes_on_in_the_file_and_has_last_lines_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = LogFile::new(dir.path().join("a.log"));
        log.write(b"disk on fire\nit bur", |_| {}).unwrap();
        let mut log = log.for_next_life();
        assert_eq!(log.last_lines(), [""; 0]);
        log.write(b"all is well\n", |_| {}).unwrap();
        assert_eq!(log.last_lines(), ["all is well"]);
        let text = std::fs::read_to_string(dir.path().join("a.log")).unwrap();
        assert_eq!(text, "disk on fire\nit burall is well\n");
    }

    #[test]
    fn an_endless_line_is_cut() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = LogFile::new(dir.path().join("a.log"));
        let mut pieces = 0;
        log.write(&vec![b'x'; 10 * MAX_LINE_BYTES], |_| pieces += 1).unwrap();
        assert_eq!(pieces, 10);
    }
}
