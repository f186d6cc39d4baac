//! Pipes.

use super::super::layout::{PipeLayout, Point, Size};
use super::super::model::Pipe;
use super::shapes::{BACK, GREY, arrow, diamond, escaped, text_width};
use crate::term::escape::cut;

const NAME_SIZE: f64 = 13.0;
const CODEC_SIZE: f64 = 11.0;
const MAX_COLUMNS: usize = 24;
/// Where a line ends before what it leads to, so that its arrow has a sharp tip.
const TIP: f64 = 7.0;
/// From a node to the diamond on the line.
const DIAMOND: f64 = 9.0;

/// The room that a pipe's label needs.
pub(super) fn label_size(pipe: &Pipe) -> Size {
    let text = text_width(&cut(&pipe.name, MAX_COLUMNS), NAME_SIZE).max(text_width(&pipe.codec, CODEC_SIZE));
    // The diamonds need some of it at the ends.
    let diamonds = if pipe.has_head() { 16.0 } else { 0.0 };
    Size { width: text + 10.0 + diamonds, height: 34.0 }
}

/// Draws a pipe: its lines, what is at their ends, and its label.
pub(super) fn draw(pipe: &Pipe, layout: &PipeLayout) -> String {
    let mut svg = String::new();
    let ends: Vec<&Vec<Point>> =
        if layout.branches.is_empty() { vec![&layout.trunk] } else { layout.branches.iter().collect() };
    if !layout.branches.is_empty() {
        svg.push_str(&curve(&layout.trunk, 0.0, pipe.is_back()));
        if let Some(Point { x, y }) = layout.trunk.last() {
            svg.push_str(&format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{GREY}\"/>\n"));
        }
    }
    for (way, end) in ends.iter().zip(&pipe.to) {
        svg.push_str(&curve(way, TIP, end.back));
        if let [.., before, tip] = way[..] {
            let right = toward(before, tip);
            svg.push_str(&arrow(tip, right));
            if end.head {
                svg.push_str(&diamond(Point { x: tip.x - right * (DIAMOND + 5.0), ..tip }));
            }
        }
    }
    if let ([start, next, ..], true) = (&layout.trunk[..], pipe.from.head) {
        svg.push_str(&diamond(Point { x: start.x + toward(*start, *next) * DIAMOND, ..*start }));
    }
    svg.push_str(&label(pipe, layout.label));
    svg
}

/// The name above the line, the codec below it.
fn label(pipe: &Pipe, at: Point) -> String {
    let text = |y: f64, size: f64, weight: u32, text: &str| {
        format!(
            "<text x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" font-size=\"{size}\" font-weight=\"{weight}\" \
             fill=\"{GREY}\">{}</text>\n",
            at.x,
            escaped(text)
        )
    };
    let name = cut(&pipe.name, MAX_COLUMNS);
    text(at.y - 6.0, NAME_SIZE, 600, &name) + &text(at.y + 14.0, CODEC_SIZE, 400, &pipe.codec)
}

/// 1 to the right, -1 to the left.
fn toward(from: Point, to: Point) -> f64 {
    if to.x < from.x { -1.0 } else { 1.0 }
}

/// A smooth line through the points, level at each, that ends `short` of the last. What leads back is dashed.
fn curve(points: &[Point], short: f64, back: bool) -> String {
    let Some((first, rest)) = points.split_first() else { return String::new() };
    let mut path = format!("M{:.1} {:.1}", first.x, first.y);
    let mut from = *first;
    for (at, point) in rest.iter().enumerate() {
        let end = if at + 1 == rest.len() { point.x - toward(from, *point) * short } else { point.x };
        if (from.y - point.y).abs() < 0.05 {
            path.push_str(&format!("H{end:.1}"));
        } else {
            let middle = (from.x + end) / 2.0;
            path.push_str(&format!("C{middle:.1} {:.1} {middle:.1} {:.1} {end:.1} {:.1}", from.y, point.y, point.y));
        }
        from = *point;
    }
    let dashes = if back { BACK } else { "" };
    format!("<path d=\"{path}\" fill=\"none\" stroke=\"{GREY}\" stroke-width=\"1.8\"{dashes}/>\n")
}
