//! Colours, fonts, texts and small shapes.

use unicode_width::UnicodeWidthStr;

use super::super::layout::Point;
use super::super::model::Role;
use crate::term::escape::printable;

pub(super) const FONT: &str = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif";
pub(super) const MONO: &str = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";
/// Text and lines on the picture's ground: contrast of at least 4.4 to white and to near-black.
pub(super) const GREY: &str = "#6f7b8a";
/// How lines that lead back are drawn.
pub(super) const BACK: &str = " stroke-dasharray=\"6 4\"";
/// Text inside nodes.
pub(super) const INK: &str = "#17212b";

/// The line and the ground of a node.
pub(super) const fn colors(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Source => ("#2c9461", "#e6f5ec"),
        Role::Connector => ("#3a72bd", "#e8f0fb"),
        Role::Sink => ("#c26f21", "#fcf0e3"),
    }
}

/// Roughly how wide a text is, in the wider of the fonts that may be there.
pub(super) fn text_width(text: &str, font_size: f64) -> f64 {
    text.width() as f64 * font_size * 0.6
}

/// The text as it may stand in XML and in a picture.
pub(super) fn escaped(text: &str) -> String {
    printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A small diamond: heads are on the wire here.
pub(super) fn diamond(at: Point) -> String {
    let Point { x, y } = at;
    let path = format!("M{:.1} {y:.1}l5 -5l5 5l-5 5z", x - 5.0);
    format!("<path d=\"{path}\" fill=\"#ffffff\" stroke=\"{GREY}\" stroke-width=\"1.6\"/>\n")
}

/// The tip of an arrow that points right (1) or left (-1).
pub(super) fn arrow(tip: Point, right: f64) -> String {
    let Point { x, y } = tip;
    let dx = -9.0 * right;
    format!("<path d=\"M{x:.1} {y:.1}l{dx} -4.5v9z\" fill=\"{GREY}\"/>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_text() {
        assert_eq!(escaped("</text><script>&\"\u{1b}"), "&lt;/text&gt;&lt;script&gt;&amp;&quot;\\u{1b}");
    }
}
