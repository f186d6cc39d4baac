//! Documents agree with the files that they speak of.
//!
//! `PIPELOOM_REGENERATE=1 cargo test -p pipeloom-structure` writes anew what is copied from files.

use std::fs;
use std::path::Path;

use crate::workspace::{Workspace, assert_none};

/// `<!-- copy of PATH -->` stands before a fenced block that repeats a file.
const COPY_MARK: (&str, &str) = ("<!-- copy of ", " -->");

#[test]
fn links_between_documents_lead_somewhere() {
    let workspace = Workspace::load();
    let mut wrong = Vec::new();
    for file in workspace.files(&["md"]) {
        let text = workspace.read(&file);
        let folder = workspace.root().join(file.parent().unwrap());
        let leads_somewhere = |link: &&str| {
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { workspace.root().join(&file) } else { folder.join(path) };
            target.exists() && (heading.is_empty() || headings(&workspace.read(&target)).any(|found| found == heading))
        };
        let dead = local_links(&text).filter(|link| !leads_somewhere(link));
        wrong.extend(dead.map(|link| format!("{}: {link}", file.display())));
    }
    assert_none(&wrong);
}

#[test]
fn blocks_copied_from_files_are_up_to_date() {
    let workspace = Workspace::load();
    let mut wrong = Vec::new();
    for document in workspace.files(&["md"]) {
        let text = workspace.read(&document);
        let wanted = with_copies(&text, |source| workspace.read(Path::new(source)));
        if text == wanted {
            continue;
        }
        if std::env::var_os("PIPELOOM_REGENERATE").is_some() {
            fs::write(workspace.root().join(document), wanted).unwrap();
        } else {
            let advice = "PIPELOOM_REGENERATE=1 cargo test -p pipeloom-structure";
            wrong.push(format!("{}: a block is not what its file says: {advice}", document.display()));
        }
    }
    assert_none(&wrong);
}

/// Targets of links and pictures that are files, headings in them, or headings of the same document.
fn local_links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

/// The headings of a document as links name them: in small letters, with `-` for spaces and without signs.
fn headings(text: &str) -> impl Iterator<Item = String> {
    let outside_of_blocks = text.split("\n```").step_by(2).flat_map(str::lines);
    let headings = outside_of_blocks.filter(|line| line.starts_with('#'));
    let slug = |c: char| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c => c.is_alphanumeric().then(|| c.to_ascii_lowercase()),
    };
    headings.map(move |line| line.trim_start_matches('#').trim().chars().filter_map(slug).collect())
}

/// The text with the content of the named files in the blocks that repeat them.
fn with_copies(text: &str, read: impl Fn(&str) -> String) -> String {
    let mut pieces = text.split(COPY_MARK.0);
    let mut wanted = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (source, rest) = piece.split_once(COPY_MARK.1).expect("the mark of a copy has an end");
        let (before, rest) = rest.split_once("```").expect("a fenced block follows the mark of a copy");
        let (language, rest) = rest.split_once('\n').expect("the fence stands in a line of its own");
        let (_, after) = rest.split_once("```").expect("the block has an end");
        let copy = read(source);
        wanted += &format!("{}{source}{}{before}```{language}\n{copy}```{after}", COPY_MARK.0, COPY_MARK.1);
    }
    wanted
}

#[test]
fn headings_are_named_as_in_links() {
    let text = "# A `[job]`, here\n\n```sh\n# no heading\n```\n\n## What is x_1-2?\n";
    assert!(headings(text).eq(["a-job-here", "what-is-x_1-2"]));
}

#[test]
fn a_copy_is_put_between_its_fences() {
    let text = "a\n<!-- copy of x -->\n```toml\nold\n```\nb\n";
    let wanted = "a\n<!-- copy of x -->\n```toml\nnew\n```\nb\n";
    assert_eq!(with_copies(text, |_| "new\n".to_owned()), wanted);
}
