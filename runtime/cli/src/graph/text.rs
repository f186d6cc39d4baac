//! The network as a tree for the terminal.
//!
//! Below each job stand the jobs that read its pipes. A job that reads several pipes stands below each (`↑`), but what
//! comes after it is shown once; so is a pipe that leads back to it (`↺`). What would stand too far to the right (`↓`) follows in a tree of its own.

use std::collections::VecDeque;

use unicode_width::UnicodeWidthStr;

use super::model::{Graph, Node, NodeBody, Pipe, PipeEnd};
use crate::term::color::{FAINT, GOOD, STRONG, paint};
use crate::term::escape::printable;

/// So many jobs in a row stand in one tree.
const MAX_DEPTH: usize = 20;

/// One line: the tree on the left, what is to be said of it on the right.
struct Line {
    tree: String,
    width: usize,
    about: String,
}

/// Draws the tree.
pub(super) fn draw(graph: &Graph) -> String {
    let mut is_read_by = vec![false; graph.nodes.len()];
    let ends = graph.pipes.iter().flat_map(|pipe| &pipe.to);
    ends.filter(|end| !end.back).for_each(|end| is_read_by[end.node] = true);
    let roots = (0..graph.nodes.len()).filter(|place| !is_read_by[*place]).collect();
    let mut tree =
        Tree { graph, written: graph.written(), seen: vec![false; graph.nodes.len()], roots, lines: Vec::new() };
    while let Some(root) = tree.roots.pop_front() {
        tree.root(root);
    }
    let widest = tree.lines.iter().map(|line| line.width).max().unwrap_or(0);
    let mut text = paint(STRONG, printable(&graph.name));
    if let Some(description) = &graph.description {
        text.push_str(&format!(": {}", printable(description)));
    }
    text.push_str("\n\n");
    for line in &tree.lines {
        let space = widest - line.width;
        text.push_str(&format!("{}{:space$}   {}\n", line.tree, "", paint(FAINT, &line.about)));
    }
    text
}

struct Tree<'a> {
    graph: &'a Graph,
    /// For each node, the pipes it writes.
    written: Vec<Vec<&'a Pipe>>,
    seen: Vec<bool>,
    /// What is to stand on the left.
    roots: VecDeque<usize>,
    lines: Vec<Line>,
}

impl Tree<'_> {
    fn root(&mut self, place: usize) {
        self.line("", "", place, &about(&self.graph.nodes[place]));
        self.below(place, "", 0);
    }

    /// The readers of what the node at `place` writes.
    fn below(&mut self, place: usize, indent: &str, depth: usize) {
        self.seen[place] = true;
        let graph = self.graph;
        let pipes = std::mem::take(&mut self.written[place]);
        let ways: Vec<(&Pipe, &PipeEnd)> =
            pipes.iter().flat_map(|pipe| pipe.to.iter().map(move |end| (*pipe, end))).collect();
        for (at, (pipe, end)) in ways.iter().enumerate() {
            let is_last = at + 1 == ways.len();
            let (branch, bar) = if is_last { ("└─", "   ") } else { ("├─", "│  ") };
            let way = format!("{indent}{branch} {} ▶ ", printable(&pipe.name));
            let heads = if pipe.from.head || end.head { ", heads" } else { "" };
            if end.back {
                self.line(&way, "↺ ", end.node, &format!("{}{heads}; leads back", pipe.codec));
                continue;
            }
            if self.seen[end.node] {
                self.line(&way, "↑ ", end.node, &format!("{}{heads}", pipe.codec));
                continue;
            }
            if depth == MAX_DEPTH {
                self.seen[end.node] = true;
                self.roots.push_back(end.node);
                self.line(&way, "↓ ", end.node, &format!("{}{heads}", pipe.codec));
                continue;
            }
            let about = format!("{}; {}{heads}", about(&graph.nodes[end.node]), pipe.codec);
            self.line(&way, "", end.node, &about);
            self.below(end.node, &format!("{indent}{bar}"), depth + 1);
        }
    }

    fn line(&mut self, way: &str, mark: &str, place: usize, about: &str) {
        let name = printable(&self.graph.nodes[place].name);
        let style = if mark.is_empty() { GOOD } else { FAINT };
        let tree = format!("{way}{}", paint(style, format_args!("{mark}{name}")));
        let width = way.width() + mark.width() + name.width();
        self.lines.push(Line { tree, width, about: about.to_owned() });
    }
}

fn about(node: &Node) -> String {
    let role = node.role.as_str();
    let what = printable(&node.what);
    match node.body {
        NodeBody::Native => format!("native {role} {what}"),
        NodeBody::Executable => format!("{role} {what}"),
        NodeBody::Outside => format!("at {what}"),
    }
}
