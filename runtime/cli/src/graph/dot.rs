//! The network for Graphviz.

use super::model::{Graph, NodeBody, Pipe, PipeEnd};

/// Draws the graph in the DOT language.
pub(super) fn draw(graph: &Graph) -> String {
    let mut text = format!("digraph {} {{\n", quoted(&graph.name));
    text.push_str("  rankdir = LR;\n");
    text.push_str("  node [fontname = \"sans-serif\", shape = box, style = rounded];\n");
    text.push_str("  edge [fontname = \"sans-serif\", fontsize = 10];\n");
    for (place, node) in graph.nodes.iter().enumerate() {
        let style = match node.body {
            NodeBody::Native => "rounded",
            NodeBody::Executable => "solid",
            NodeBody::Outside => "dashed",
        };
        // The break between the lines is DOT's own escape, so it is put in after the names are quoted.
        let label = format!("{}\\n{}", escaped(&node.name), escaped(&node.what));
        text.push_str(&format!("  n{place} [label = \"{label}\", style = {style}];\n"));
    }
    for (place, pipe) in graph.pipes.iter().enumerate() {
        text.push_str(&edges(place, pipe));
    }
    text.push_str("}\n");
    text
}

fn edges(place: usize, pipe: &Pipe) -> String {
    let label = format!("{}\\n{}", escaped(&pipe.name), escaped(&pipe.codec));
    let (from, from_head) = (pipe.from.node, pipe.from.head);
    match &pipe.to[..] {
        [to] => {
            let ends = ends(from_head, *to);
            format!("  n{from} -> n{} [label = \"{label}\"{ends}{}];\n", to.node, dashed(to.back))
        }
        readers => {
            let tail = if from_head { ", dir = both, arrowtail = odiamond" } else { "" };
            let mut text = format!("  p{place} [shape = point, label = \"\"];\n");
            text.push_str(&format!(
                "  n{from} -> p{place} [label = \"{label}\", arrowhead = none{tail}{}];\n",
                dashed(pipe.is_back())
            ));
            for to in readers {
                let (ends, dashed) = (ends(false, *to), dashed(to.back));
                text.push_str(&format!("  p{place} -> n{} [label = \"\"{ends}{dashed}];\n", to.node));
            }
            text
        }
    }
}

/// Lines that lead back are dashed.
const fn dashed(back: bool) -> &'static str {
    if back { ", style = dashed" } else { "" }
}

/// Diamonds where heads are on the wire.
fn ends(from_head: bool, to: PipeEnd) -> String {
    let tail = if from_head { ", dir = both, arrowtail = odiamond" } else { "" };
    let head = if to.head { ", arrowhead = normalodiamond" } else { "" };
    format!("{tail}{head}")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// The text inside a quoted string: quotes and backslashes are escaped, and a line break is a line break.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_string() {
        assert_eq!(quoted(r#"a"; shell -> \b"#), r#""a\"; shell -> \\b""#);
    }
}
