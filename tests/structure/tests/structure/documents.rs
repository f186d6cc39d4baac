//! Documents agree with the files that they speak of.

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
        let dead = local_links(&text).filter(|link| !folder.join(link).exists());
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
        for (source, block) in copies(&text) {
            let original = workspace.read(Path::new(source));
            if original != block {
                wrong.push(format!("{}: replace the copy of {source} by\n{original}", document.display()));
            }
        }
    }
    assert_none(&wrong);
}

/// Targets of links and pictures that are files, without what stands behind `#`.
fn local_links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let files = targets.filter_map(|target| target.split('#').next());
    files.filter(|file| !file.is_empty() && !file.contains("://"))
}

/// Paths of files, and the blocks that are to repeat them.
fn copies(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(COPY_MARK.0).skip(1).map(|rest| {
        let (source, rest) = rest.split_once(COPY_MARK.1).expect("the mark of a copy has an end");
        let (_, rest) = rest.split_once("```").expect("a fenced block follows the mark of a copy");
        let (_, rest) = rest.split_once('\n').expect("the fence stands in a line of its own");
        let (block, _) = rest.split_once("```").expect("the block has an end");
        (source, block)
    })
}
