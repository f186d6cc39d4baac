//! What colours and shapes mean: only those that are in the picture.

use super::super::layout::Point;
use super::super::model::{Graph, NodeBody, Role};
use super::shapes::{BACK, GREY, colors, diamond, text_width};

const SIZE: f64 = 11.5;
const GAP: f64 = 20.0;
const MARK: f64 = 26.0;

/// One thing that is explained.
enum Entry {
    Role(Role),
    Body(NodeBody),
    Heads,
    Back,
}

/// The line at the bottom of the picture.
pub(super) struct Legend(Vec<Entry>);

impl Legend {
    pub(super) fn of(graph: &Graph) -> Legend {
        let roles = [Role::Source, Role::Connector, Role::Sink];
        let bodies = [NodeBody::Native, NodeBody::Executable, NodeBody::Outside];
        let mut entries = Vec::new();
        entries.extend(
            roles.into_iter().filter(|role| graph.nodes.iter().any(|node| node.role == *role)).map(Entry::Role),
        );
        entries.extend(
            bodies.into_iter().filter(|body| graph.nodes.iter().any(|node| node.body == *body)).map(Entry::Body),
        );
        entries.extend(graph.pipes.iter().any(super::super::model::Pipe::has_head).then_some(Entry::Heads));
        entries.extend(graph.pipes.iter().any(|pipe| pipe.to.iter().any(|end| end.back)).then_some(Entry::Back));
        Legend(entries)
    }

    pub(super) fn width(&self) -> f64 {
        self.0.iter().map(Entry::width).sum()
    }

    /// Draws it from `x` on, on the line `y`.
    pub(super) fn draw(&self, x: f64, y: f64) -> String {
        let mut svg = String::new();
        let mut left = x;
        for entry in &self.0 {
            svg.push_str(&entry.draw(left, y));
            left += entry.width();
        }
        svg
    }
}

impl Entry {
    fn text(&self) -> &'static str {
        match self {
            Entry::Role(role) => role.as_str(),
            Entry::Body(NodeBody::Native) => "native",
            Entry::Body(NodeBody::Executable) => "executable",
            Entry::Body(NodeBody::Outside) => "outside",
            Entry::Heads => "heads on the wire",
            Entry::Back => "leads back",
        }
    }

    fn width(&self) -> f64 {
        MARK + text_width(self.text(), SIZE) + GAP
    }

    fn draw(&self, x: f64, y: f64) -> String {
        let top = y - 10.0;
        let mark = match self {
            Entry::Role(role) => {
                let (line, ground) = colors(*role);
                outline(x, top, 3.0, &format!("fill=\"{ground}\" stroke=\"{line}\""))
            }
            Entry::Body(NodeBody::Native) => outline(x, top, 6.0, &format!("fill=\"none\" stroke=\"{GREY}\"")),
            Entry::Body(NodeBody::Executable) => outline(x, top, 1.0, &format!("fill=\"none\" stroke=\"{GREY}\"")),
            Entry::Body(NodeBody::Outside) => {
                outline(x, top, 1.0, &format!("fill=\"none\" stroke=\"{GREY}\" stroke-dasharray=\"3 2\""))
            }
            Entry::Back => {
                let path = format!("M{x:.1} {:.1}h20", y - 4.0);
                format!("<path d=\"{path}\" stroke=\"{GREY}\" stroke-width=\"1.8\"{BACK}/>\n")
            }
            Entry::Heads => diamond(Point { x: x + 10.0, y: y - 4.0 }),
        };
        let text = self.text();
        format!("{mark}<text x=\"{:.1}\" y=\"{y:.1}\" font-size=\"{SIZE}\" fill=\"{GREY}\">{text}</text>\n", x + MARK)
    }
}

fn outline(x: f64, y: f64, radius: f64, paint: &str) -> String {
    format!(
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"20\" height=\"12\" rx=\"{radius}\" {paint} stroke-width=\"1.6\"/>\n"
    )
}
