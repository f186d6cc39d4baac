//! The record of a run whose runtime has gone.

use std::fs::{File, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

use pipeloom_events::{Event, Outcome, Record as Line, RunId};

/// The first line names the jobs, so it is longer than others; a longer one than this is none of ours.
const MAX_FIRST: u64 = 64 << 20;

/// How much of the end is read. The event of a run's end is short.
const TAIL: u64 = 64 << 10;

/// A record that is locked, as it was by the runtime.
pub(super) struct Record {
    file: File,
    first: Line,
    /// The last whole line, if it is short enough and makes sense.
    last: Option<Line>,
    /// Bytes up to the end of the last whole line.
    whole: u64,
}

impl Record {
    /// Locks the record; none if its runtime is there, or has not begun. (It takes the lock before it writes the first event.)
    pub(super) fn of_the_gone(file: File) -> io::Result<Option<Record>> {
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut text = String::new();
        BufReader::new((&file).take(MAX_FIRST)).read_line(&mut text)?;
        let Ok(first) = serde_json::from_str(&text) else { return Ok(None) };
        let (last, whole) = tail(&file)?;
        Ok(Some(Record { file, first, last, whole }))
    }

    pub(super) fn run(&self) -> RunId {
        self.first.run
    }

    /// Whether it says how the run ended.
    pub(super) fn has_end(&self) -> bool {
        self.last.as_ref().is_some_and(|last| matches!(last.event, Event::RunEnded { .. }))
    }

    /// Says that the run was interrupted. A last line that is not whole is cut off.
    pub(super) fn interrupt(&mut self) -> io::Result<()> {
        let last = self.last.as_ref().map_or(self.first.time, |last| last.time);
        let seconds = last.duration_since(self.first.time).as_secs_f64().max(0.0);
        let message = "the runtime has gone without a word: it was killed, or the machine went down".to_owned();
        let mut text = Vec::new();
        for event in [Event::Warning { job: None, message }, Event::RunEnded { outcome: Outcome::Interrupted, seconds }]
        {
            serde_json::to_writer(&mut text, &Line::now(self.run(), event))?;
            text.push(b'\n');
        }
        self.file.set_len(self.whole)?;
        self.file.write_all(&text)
    }
}

/// The last whole line, and where it ends.
fn tail(mut file: &File) -> io::Result<(Option<Line>, u64)> {
    let length = file.metadata()?.len();
    let begin = length.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(begin))?;
    let mut text = Vec::new();
    file.take(TAIL).read_to_end(&mut text)?;
    let Some(end) = text.iter().rposition(|&byte| byte == b'\n') else { return Ok((None, length)) };
    let line = text[..end].rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
    Ok((serde_json::from_slice(line).ok(), begin + end as u64 + 1))
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use tempfile::NamedTempFile;

    use super::*;

    fn started() -> Event {
        Event::RunStarted { network: "n".to_owned(), dir: "d".to_owned(), jobs: vec!["a".to_owned()] }
    }

    /// A record with these events and then this text.
    fn record(events: &[Event], rest: &str) -> (NamedTempFile, RunId) {
        let run = RunId::now();
        let mut file = NamedTempFile::new().unwrap();
        for event in events {
            writeln!(file, "{}", serde_json::to_string(&Line::now(run, event.clone())).unwrap()).unwrap();
        }
        file.write_all(rest.as_bytes()).unwrap();
        (file, run)
    }

    fn open(file: &NamedTempFile) -> File {
        OpenOptions::new().read(true).append(true).open(file.path()).unwrap()
    }

    fn lines(file: &NamedTempFile) -> Vec<Event> {
        let text = std::fs::read_to_string(file.path()).unwrap();
        text.lines().map(|line| serde_json::from_str::<Line>(line).unwrap().event).collect()
    }

    #[test]
    fn a_record_without_an_end_gets_one_behind_its_last_whole_line() {
        let (file, run) = record(&[started(), Event::Paused], r#"{"v":1,"time":"#);
        let mut gone = Record::of_the_gone(open(&file)).unwrap().unwrap();
        assert_eq!((gone.run(), gone.has_end()), (run, false));
        gone.interrupt().unwrap();
        drop(gone);
        let events = lines(&file);
        assert_eq!(events[..2], [started(), Event::Paused]);
        assert!(matches!(events[3], Event::RunEnded { outcome: Outcome::Interrupted, .. }));
        assert!(Record::of_the_gone(open(&file)).unwrap().unwrap().has_end());
    }

    #[test]
    fn a_record_that_somebody_holds_is_not_touched() {
        let (file, _) = record(&[started()], "");
        let holder = open(&file);
        holder.lock().unwrap();
        assert!(Record::of_the_gone(open(&file)).unwrap().is_none());
        drop(holder);
        assert!(Record::of_the_gone(open(&file)).unwrap().is_some());
    }

    #[test]
    fn a_run_that_has_not_begun_has_left_nothing() {
        for text in ["", "{", "something else\n"] {
            let (file, _) = record(&[], text);
            assert!(Record::of_the_gone(open(&file)).unwrap().is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_last_line_longer_than_what_is_looked_at_is_no_end() {
        let (file, _) = record(&[started()], &format!("{}\n", "x".repeat(TAIL as usize + 1)));
        let gone = Record::of_the_gone(open(&file)).unwrap().unwrap();
        assert!(!gone.has_end());
    }
}
