//! Jobs and programs outside the network.

use super::super::layout::{Point, Size};
use super::super::model::{Node, NodeBody};
use super::shapes::{INK, MONO, colors, escaped, text_width};
use crate::term::escape::cut;

const HEIGHT: f64 = 48.0;
const NAME_SIZE: f64 = 15.0;
const WHAT_SIZE: f64 = 11.5;
/// Longer texts are cut.
const MAX_COLUMNS: usize = 34;

/// The room that a node needs.
pub(super) fn size(node: &Node) -> Size {
    let text = text_width(&shown(&node.name), NAME_SIZE).max(text_width(&shown(&node.what), WHAT_SIZE));
    Size { width: (text + 32.0).max(84.0), height: HEIGHT }
}

/// Draws the node with its middle at `at`.
pub(super) fn draw(node: &Node, at: Point, size: Size) -> String {
    let (line, ground) = colors(node.role);
    let (radius, extra) = match node.body {
        NodeBody::Native => (HEIGHT / 2.0, ""),
        NodeBody::Executable => (3.0, ""),
        NodeBody::Outside => (3.0, " stroke-dasharray=\"5 4\""),
    };
    let (left, top) = (at.x - size.width / 2.0, at.y - size.height / 2.0);
    let shape = format!(
        "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{radius}\" fill=\"{ground}\" \
         stroke=\"{line}\" stroke-width=\"2\"{extra}/>",
        size.width, size.height
    );
    let font = if node.body == NodeBody::Native { "" } else { &format!(" font-family=\"{MONO}\"") };
    format!(
        "{shape}\n<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"{NAME_SIZE}\" font-weight=\"600\" \
         fill=\"{INK}\">{}</text>\n<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"{WHAT_SIZE}\" \
         fill=\"{INK}\" fill-opacity=\"0.75\"{font}>{}</text>\n",
        at.y - 2.0,
        escaped(&shown(&node.name)),
        at.y + 14.5,
        escaped(&shown(&node.what)),
        x = at.x,
    )
}

fn shown(text: &str) -> std::borrow::Cow<'_, str> {
    cut(text, MAX_COLUMNS)
}
