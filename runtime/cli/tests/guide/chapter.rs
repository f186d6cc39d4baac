//! What a chapter asks its reader to write and to run, in its order.
//!
//! ````text
//! Write this into `shout.sh`:          a file: the paragraph before the block ends with its name
//!
//! ```sh
//! tr a-z A-Z
//! ```
//!
//! ```console                           a session: commands, and all that each of them says
//! $ echo hello | sh shout.sh
//! HELLO
//! ```
//! ````
//!
//! "... at the end of `FILE`:" adds to the file. A session behind `<!-- in any order -->` may show its lines in another order
//! than they will come in, as jobs run side by side.

use std::ops::Range;

const FENCE: &str = "```";
const ANY_ORDER: &str = "<!-- in any order -->";

#[derive(Debug)]
pub(crate) struct Block {
    /// The lines between its fences, from 0.
    pub(crate) lines: Range<usize>,
    pub(crate) what: What,
}

#[derive(Debug, PartialEq)]
pub(crate) enum What {
    File { name: String, is_added: bool, content: String },
    Session { calls: Vec<Call>, in_any_order: bool },
}

/// A command and what it says.
#[derive(Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) command: String,
    pub(crate) says: String,
}

/// The blocks of a chapter, or the first that is of no kind.
pub(crate) fn blocks(text: &str) -> Result<Vec<Block>, String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        if let Some(language) = line.strip_prefix(FENCE) {
            let inside = at + 1;
            let end = lines[inside..].iter().position(|line| *line == FENCE);
            let end = inside + end.ok_or_else(|| format!("line {inside}: a block without an end"))?;
            let what = what(language, paragraph_before(&lines[..at]), &lines[inside..end]);
            blocks.push(Block { lines: inside..end, what: what.map_err(|error| format!("line {inside}: {error}"))? });
            at = end;
        } else if line.starts_with("    ") || line.contains(FENCE) || line.starts_with("~~~") {
            return Err(format!("line {}: a block stands between lines of ``` at their beginning", at + 1));
        }
        at += 1;
    }
    Ok(blocks)
}

fn what(language: &str, before: String, lines: &[&str]) -> Result<What, String> {
    if language == "console" {
        return Ok(What::Session { calls: calls(lines)?, in_any_order: before.ends_with(ANY_ORDER) });
    }
    let name = before.strip_suffix("`:").and_then(|before| before.rsplit_once('`'));
    let name = name.filter(|(_, name)| !name.contains(' '));
    let (words, name) = name.ok_or("neither a session nor behind \"`FILE`:\", so nobody checks it")?;
    let content = lines.iter().flat_map(|line| [line, "\n"]).collect();
    Ok(What::File { name: name.to_owned(), is_added: words.ends_with("the end of "), content })
}

/// The lines above that belong together, as one.
fn paragraph_before(lines: &[&str]) -> String {
    let above = lines.iter().rev().skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
    let mut above: Vec<&str> = above.copied().collect();
    above.reverse();
    above.join(" ")
}

fn calls(lines: &[&str]) -> Result<Vec<Call>, String> {
    let mut calls: Vec<Call> = Vec::new();
    for line in lines {
        if let Some(command) = line.strip_prefix("$ ") {
            calls.push(Call { command: command.to_owned(), says: String::new() });
            continue;
        }
        let call = calls.last_mut().ok_or("a session begins with \"$ COMMAND\"")?;
        let goes_on = call.command.ends_with('\\') && call.says.is_empty();
        let (text, line) =
            if goes_on { (&mut call.command, format!("\n{line}")) } else { (&mut call.says, format!("{line}\n")) };
        text.push_str(&line);
    }
    Ok(calls)
}

/// The chapter with other blocks in place of some.
pub(crate) fn with(text: &str, replaced: &[(Range<usize>, String)]) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut wanted = String::new();
    let mut at = 0;
    for (range, block) in replaced {
        wanted.extend(lines[at..range.start].iter().flat_map(|line| [line, "\n"]));
        wanted.push_str(block);
        at = range.end;
    }
    wanted.extend(lines[at..].iter().flat_map(|line| [line, "\n"]));
    wanted
}

#[test]
fn a_chapter_is_files_and_sessions() {
    let text = "Write\n`a.txt`:\n\n```text\nA\n```\n\nAt the end of `a.txt`:\n\n```\nB\n```\n\n<!-- in any order -->\n```console\n$ cat \\\n  a.txt\nA\nB\n$ true\n```\n";
    let file = |is_added, content: &str| What::File { name: "a.txt".to_owned(), is_added, content: content.to_owned() };
    let call = |command: &str, says: &str| Call { command: command.to_owned(), says: says.to_owned() };
    let calls = vec![call("cat \\\n  a.txt", "A\nB\n"), call("true", "")];
    let found: Vec<What> = blocks(text).unwrap().into_iter().map(|block| block.what).collect();
    let session = What::Session { calls, in_any_order: true };
    assert_eq!(found, [file(false, "A\n"), file(true, "B\n"), session]);
}

#[test]
fn a_block_that_nobody_would_check_is_an_error() {
    for (text, error) in [
        ("Look:\n\n```toml\na = 1\n```\n", "line 3: neither a session"),
        ("`a.toml` is this:\n\n```toml\na = 1\n```\n", "line 3: neither a session"),
        ("It has `a = 1`:\n\n```toml\na = 1\n```\n", "line 3: neither a session"),
        ("`a.toml`:\n\n```toml\na = 1\n", "line 3: a block without an end"),
        ("Look:\n\n    a = 1\n", "line 3: a block stands between"),
        ("Look:\n\n- a\n  ```sh\n  true\n  ```\n", "line 4: a block stands between"),
        ("```console\nhello\n```\n", "line 1: a session begins with"),
    ] {
        let found = blocks(text).unwrap_err();
        assert!(found.starts_with(error), "{found}");
    }
}

#[test]
fn blocks_are_replaced_where_they_stand() {
    let text = "a\n```console\n$ b\nold\n```\nc\n";
    assert_eq!(with(text, &[(2..4, "$ b\nnew\n".to_owned())]), "a\n```console\n$ b\nnew\n```\nc\n");
}
