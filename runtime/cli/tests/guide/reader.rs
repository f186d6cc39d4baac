//! One who follows a chapter in an empty folder: writes its files, types its commands, and looks whether they say what the
//! chapter shows.

use std::fs;
use std::ops::Range;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::alike::alike;
use crate::chapter::{Block, Call, What, blocks, with};
use crate::opened::Opened;
use crate::workshop;

/// Where the chapters think they are.
const HOME: &str = "/home/you";

/// A copy of the project, there.
const COPY: &str = "pipeloom";

/// The empty folder in which a chapter starts, there too.
const FOLDER: &str = "guide";

/// What is found when a chapter is followed.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) wrong: Vec<String>,
    /// Commands that do not say what is shown.
    pub(crate) differs: Vec<String>,
    /// The chapter with what the commands say now.
    pub(crate) corrected: String,
    /// The pictures that its commands have drawn, by name.
    pub(crate) pictures: Vec<(String, String)>,
}

/// Follows a chapter to its end.
pub(crate) fn follow(text: &str) -> Findings {
    let blocks = match blocks(text) {
        Ok(blocks) => blocks,
        Err(error) => return Findings { wrong: vec![error], corrected: text.to_owned(), ..Findings::default() },
    };
    let mut reader = Reader::new();
    for block in &blocks {
        reader.take(block);
    }
    reader.close(text)
}

struct Reader {
    home: TempDir,
    dir: PathBuf,
    opened: Opened,
    /// The exit code of the last command.
    status: i32,
    /// What it was, while nobody has said whether it may fail.
    failed: Option<String>,
    wrong: Vec<String>,
    differs: Vec<String>,
    replaced: Vec<(Range<usize>, String)>,
}

impl Reader {
    fn new() -> Reader {
        let home = TempDir::new().unwrap();
        symlink(workshop::root(), home.path().join(COPY)).unwrap();
        let dir = home.path().join(FOLDER);
        fs::create_dir(&dir).unwrap();
        let (wrong, differs, replaced) = (Vec::new(), Vec::new(), Vec::new());
        Reader { home, dir, opened: Opened::new(), status: 0, failed: None, wrong, differs, replaced }
    }

    fn take(&mut self, block: &Block) {
        let line = block.lines.start;
        match &block.what {
            What::File { name, is_added, content } => self.write(line, name, *is_added, content),
            What::Session { calls, in_any_order } => {
                let said: Vec<Call> = calls.iter().map(|call| self.call(call, line, *in_any_order)).collect();
                let session = said.iter().map(|call| format!("$ {}\n{}", call.command, call.says)).collect();
                self.replaced.push((block.lines.clone(), session));
            }
        }
    }

    fn write(&mut self, line: usize, name: &str, is_added: bool, content: &str) {
        let file = self.dir.join(name);
        if !self.opened.leave(&file) {
            self.wrong.push(format!("line {line}: nobody has opened {name} before it is written anew"));
        }
        let before = if is_added { fs::read_to_string(&file).unwrap_or_default() } else { String::new() };
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, before + content).unwrap();
        self.opened.watch(&file);
    }

    /// Types a command; the same one with what it says, or as it is shown if that is alike.
    fn call(&mut self, call: &Call, line: usize, in_any_order: bool) -> Call {
        let command = call.command.clone();
        let asks_for_status = command == "echo $?";
        self.failed.take().filter(|_| !asks_for_status).into_iter().for_each(|failed| self.wrong.push(failed));
        let said = self.run(&command);
        if self.status != 0 {
            let shown = "if it should, let `echo $?` follow";
            self.failed = Some(format!("line {line}: `{command}` fails with {}; {shown}:\n{said}", self.status));
        }
        if alike(&call.says, &said, in_any_order) {
            return Call { command, says: call.says.clone() };
        }
        self.differs.push(format!("line {line}: `{command}` shows\n{}and says\n{said}", call.says));
        Call { command, says: said }
    }

    /// Runs a command as the next one in the same terminal.
    fn run(&mut self, command: &str) -> String {
        if self.dir.join("Cargo.toml").exists() && !self.dir.join("target").exists() {
            workshop::prepare_package(&self.dir);
        }
        let place = self.home.path().join(".place");
        let script = format!(
            "exec 2>&1\n(exit {})\n{command}\nstatus=$?\npwd > '{}'\nexit $status",
            self.status,
            place.display()
        );
        let mut shell = workshop::shell(self.home.path(), &self.dir, &script);
        for name in ["XDG_STATE_HOME", "XDG_CACHE_HOME", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "RUST_LOG"] {
            shell.env_remove(name);
        }
        shell.env("HOME", self.home.path()).env("LC_ALL", "C.UTF-8");
        let done = shell.output().unwrap();
        self.status = done.status.code().unwrap_or(-1);
        self.dir = fs::read_to_string(&place).map_or_else(|_| self.dir.clone(), |dir| PathBuf::from(dir.trim_end()));
        self.as_shown(&String::from_utf8_lossy(&done.stdout))
    }

    /// What a command says, with the folders of the chapters.
    fn as_shown(&self, said: &str) -> String {
        let copy = workshop::root();
        let said = said.replace(&*self.home.path().to_string_lossy(), HOME).replace("\r\n", "\n");
        said.replace(&*copy.to_string_lossy(), &format!("{HOME}/{COPY}"))
    }

    fn close(mut self, text: &str) -> Findings {
        self.wrong.extend(self.failed.take());
        let pictures = pictures(self.home.path());
        let packages: Vec<PathBuf> = files(self.home.path(), "Cargo.toml");
        for package in packages {
            // What was built of it will never be at this place again.
            self.dir = package.parent().unwrap().to_owned();
            let name = self.dir.file_name().unwrap().to_string_lossy().into_owned();
            self.run(&format!("cargo clean --quiet --package {name}"));
        }
        let unopened = self.opened.unopened();
        self.wrong.extend(unopened.iter().map(|file| format!("no command opens {}", file.display())));
        let corrected = with(text, &self.replaced);
        Findings { wrong: self.wrong, differs: self.differs, corrected, pictures }
    }
}

/// The pictures below a folder, with their names.
fn pictures(dir: &Path) -> Vec<(String, String)> {
    let named = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).unwrap())
    };
    files(dir, ".svg").into_iter().map(named).collect()
}

/// The files below a folder whose names end so.
fn files(dir: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let below = entries.flat_map(|entry| match entry.file_type().unwrap() {
        kind if kind.is_dir() => files(&entry.path(), end),
        kind if kind.is_file() && entry.file_name().to_string_lossy().ends_with(end) => vec![entry.path()],
        _ => Vec::new(),
    });
    below.collect()
}

#[test]
fn a_chapter_that_says_what_happens_is_right() {
    let text = "In `a.txt`:\n\n```text\nA\n```\n\n```console\n$ mkdir b && cd b\n$ pwd; cat ../a.txt\n/home/you/guide/b\nA\n$ false\n$ echo $?\n1\n```\n";
    let found = follow(text);
    assert!(found.wrong.is_empty() && found.differs.is_empty(), "{found:?}");
    assert_eq!(found.corrected, text);
}

#[test]
fn what_is_shown_and_not_said_is_found_and_corrected() {
    let found = follow("```console\n$ echo a\nb\n```\n");
    assert_eq!(found.differs, ["line 1: `echo a` shows\nb\nand says\na\n"]);
    assert_eq!(found.corrected, "```console\n$ echo a\na\n```\n");
}

#[test]
fn a_command_that_fails_unseen_is_found() {
    for text in ["```console\n$ false\n$ true\n```\n", "```console\n$ false\n```\n"] {
        let found = follow(text);
        assert_eq!(found.wrong, ["line 1: `false` fails with 1; if it should, let `echo $?` follow:\n"]);
    }
}

#[test]
fn a_file_that_no_command_opens_is_found() {
    let file = |name| format!("In `{name}`:\n\n```text\nA\n```\n\n");
    let session = "```console\n$ cat a.txt\nA\n```\n";
    let found = follow(&format!("{}{}{session}", file("a.txt"), file("b.txt")));
    assert!(matches!(&found.wrong[..], [wrong] if wrong.ends_with("b.txt")), "{:?}", found.wrong);
    let found = follow(&format!("{}{}{session}", file("a.txt"), file("a.txt")));
    assert!(matches!(&found.wrong[..], [wrong] if wrong.contains("nobody has opened a.txt")), "{:?}", found.wrong);
}
