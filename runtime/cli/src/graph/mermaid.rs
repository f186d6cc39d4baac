//! The network for Mermaid, which Markdown viewers draw.

use super::model::{Graph, NodeBody, Pipe, Role};

/// Draws the graph as a flowchart.
pub(super) fn draw(graph: &Graph) -> String {
    let mut text = String::from("flowchart LR\n");
    for (place, node) in graph.nodes.iter().enumerate() {
        let label = format!("{}<br><small>{}</small>", escaped(&node.name), escaped(&node.what));
        let (open, close) = match node.body {
            NodeBody::Native => ("([", "])"),
            NodeBody::Executable => ("[", "]"),
            NodeBody::Outside => (">", "]"),
        };
        text.push_str(&format!("  n{place}{open}\"{label}\"{close}\n"));
    }
    for (place, pipe) in graph.pipes.iter().enumerate() {
        text.push_str(&edges(place, pipe));
    }
    for (role, color) in [(Role::Source, "#2f9e63"), (Role::Connector, "#3b76c4"), (Role::Sink, "#c9772b")] {
        let places: Vec<String> = (0..graph.nodes.len())
            .filter(|place| graph.nodes[*place].role == role)
            .map(|place| format!("n{place}"))
            .collect();
        if !places.is_empty() {
            text.push_str(&format!("  classDef {0} stroke:{color},stroke-width:2px\n", role.as_str()));
            text.push_str(&format!("  class {} {}\n", places.join(","), role.as_str()));
        }
    }
    text
}

fn edges(place: usize, pipe: &Pipe) -> String {
    let heads = if pipe.has_head() { " ◆" } else { "" };
    let label = format!("{}<br><small>{}{heads}</small>", escaped(&pipe.name), escaped(&pipe.codec));
    let from = pipe.from.node;
    match &pipe.to[..] {
        [to] if to.back => format!("  n{from} -. \"{label}\" .-> n{}\n", to.node),
        [to] => format!("  n{from} -- \"{label}\" --> n{}\n", to.node),
        readers => {
            let (start, end) = if pipe.is_back() { ("-.", ".-") } else { ("--", "---") };
            let mut text = format!("  n{from} {start} \"{label}\" {end} p{place}(( ))\n");
            for to in readers {
                let arrow = if to.back { "-.->" } else { "-->" };
                text.push_str(&format!("  p{place} {arrow} n{}\n", to.node));
            }
            text
        }
    }
}

/// The text inside a label: everything that Mermaid or HTML could read as its own becomes an entity.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '-' | '_' | '.' | ',' | '/' => safe.push(c),
            c if c.is_control() => safe.push('\u{fffd}'),
            c if c.is_alphanumeric() => safe.push(c),
            c => safe.push_str(&format!("#{};", u32::from(c))),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_label() {
        assert_eq!(escaped("a\"]; click n0"), "a#34;#93;#59; click n0");
        assert_eq!(escaped("<b>\n"), "#60;b#62;\u{fffd}");
    }
}
