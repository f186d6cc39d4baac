//! The guide is right: somebody who follows a chapter in an empty folder, file by file and command by command, sees what it
//! shows.
//!
//! ```text
//! chapter  the files and sessions of a chapter
//! reader   one who follows it
//! alike    whether a command says what is shown
//! opened   whether a file that is shown is used
//! ```
//!
//! `PIPELOOM_REGENERATE=1 cargo test -p pipeloom --test guide` puts what the commands say into the chapters, and the pictures
//! that they draw into `docs/guide/src/drawn`.

#![expect(clippy::unwrap_used, reason = "in a test a surprise is a failure")]

mod alike;
mod chapter;
mod opened;
mod reader;
#[path = "../workshop/mod.rs"]
mod workshop;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::PathBuf;

/// A test for each chapter.
macro_rules! chapters {
    ($($test:ident: $file:literal,)*) => {
        $(#[test]
        fn $test() {
            is_right($file);
        })*

        const CHAPTERS: &[&str] = &[$($file),*];
    };
}

chapters! {
    what_is_here: "README.md",
    the_first_network: "first-network.md",
    jobs: "jobs.md",
    a_job_in_a_shell_script: "jobs-shell.md",
    a_job_in_python: "jobs-python.md",
    a_plugin_in_rust: "jobs-rust.md",
    a_program_in_rust: "jobs-rust-program.md",
    a_job_in_c: "jobs-c.md",
    heads_and_steps: "steps.md",
    keeping_it_running: "supervision.md",
    testing: "testing.md",
    from_marvelo: "from-marvelo.md",
}

/// Where the chapters are.
fn folder() -> PathBuf {
    workshop::root().join("docs/guide/src")
}

/// Follows a chapter. The pictures in it that its commands draw are compared with those in the folder `drawn`.
#[track_caller]
fn is_right(file: &str) {
    let path = folder().join(file);
    let text = fs::read_to_string(&path).unwrap();
    if text.contains("-m pytest") && !workshop::has_pytest(file) {
        return;
    }
    let mut found = reader::follow(&text);
    let regenerate = env::var_os("PIPELOOM_REGENERATE").is_some();
    for name in text.split("](drawn/").skip(1).filter_map(|rest| rest.split_once(')')).map(|(name, _)| name) {
        let kept = folder().join("drawn").join(name);
        match found.pictures.iter().find(|(drawn, _)| drawn == name) {
            None => found.wrong.push(format!("no command draws {name}")),
            Some((_, picture)) if regenerate => fs::write(kept, picture).unwrap(),
            Some((_, picture)) if fs::read_to_string(&kept).ok().as_ref() == Some(picture) => {}
            Some(_) => found.differs.push(format!("drawn/{name} is not what the commands draw")),
        }
    }
    if regenerate {
        fs::write(path, found.corrected).unwrap();
    } else if !found.differs.is_empty() {
        found.wrong.extend(found.differs);
        found.wrong.push("PIPELOOM_REGENERATE=1 cargo test -p pipeloom --test guide corrects what is shown".to_owned());
    }
    assert!(found.wrong.is_empty(), "{file}:\n{}", found.wrong.join("\n"));
}

/// It is no chapter, but can be followed like one.
#[test]
fn the_control_channel() {
    is_right("../../control-channel.md");
}

#[test]
fn every_chapter_is_in_the_table_of_contents_and_is_tested() {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.filter(|name| name.ends_with(".md") && name != "SUMMARY.md").collect();
    let contents = fs::read_to_string(folder().join("SUMMARY.md")).unwrap();
    let listed = contents.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let listed: BTreeSet<String> = listed.map(|(file, _)| file.to_owned()).collect();
    let tested: BTreeSet<String> = CHAPTERS.iter().map(|&file| file.to_owned()).collect();
    assert_eq!(files, listed);
    assert_eq!(files, tested);
}
