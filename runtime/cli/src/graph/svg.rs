//! The picture: plain SVG without scripts or outside parts, to be shown on light and on dark ground.
//!
//! Nodes have their own ground, so that their text is dark on light everywhere; what stands between them is of a grey
//! that is read on both. Colour tells sources, connectors and sinks apart, and so does where they stand; round and square
//! corners tell native jobs and executables apart.

mod legend;
mod lines;
mod nodes;
mod shapes;

use super::layout::{Size, lay_out};
use super::model::Graph;
use shapes::{FONT, GREY, escaped, text_width};

const MARGIN: f64 = 24.0;
/// Room for the title, and for the description under it.
const TITLE: f64 = 30.0;
const DESCRIPTION: f64 = 22.0;
/// Room for the legend.
const LEGEND: f64 = 44.0;

/// Draws the graph.
pub(super) fn draw(graph: &Graph) -> String {
    let sizes: Vec<Size> = graph.nodes.iter().map(nodes::size).collect();
    let labels: Vec<Size> = graph.pipes.iter().map(lines::label_size).collect();
    let layout = lay_out(graph, &sizes, &labels);
    let legend = legend::Legend::of(graph);
    let (title, title_size) = title(graph);

    let width = layout.size.width.max(legend.width()).max(title_size.width) + 2.0 * MARGIN;
    let top = MARGIN + title_size.height;
    let height = top + layout.size.height + LEGEND + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"{FONT}\">\n{title}<g transform=\"translate({MARGIN} {top})\">\n"
    );
    for (pipe, way) in graph.pipes.iter().zip(&layout.pipes) {
        svg.push_str(&lines::draw(pipe, way));
    }
    for ((node, at), size) in graph.nodes.iter().zip(&layout.nodes).zip(&sizes) {
        svg.push_str(&nodes::draw(node, *at, *size));
    }
    svg.push_str(&format!("</g>\n{}</svg>\n", legend.draw(MARGIN, height - MARGIN)));
    svg
}

fn title(graph: &Graph) -> (String, Size) {
    let name = escaped(&graph.name);
    let mut svg = format!(
        "<text x=\"{MARGIN}\" y=\"{}\" font-size=\"20\" font-weight=\"600\" fill=\"{GREY}\">{name}</text>\n",
        MARGIN + 14.0
    );
    let mut size = Size { width: text_width(&graph.name, 20.0), height: TITLE };
    if let Some(description) = &graph.description {
        let (text, y) = (escaped(description), MARGIN + 36.0);
        svg.push_str(&format!("<text x=\"{MARGIN}\" y=\"{y}\" font-size=\"13\" fill=\"{GREY}\">{text}</text>\n"));
        size = Size { width: size.width.max(text_width(description, 13.0)), height: TITLE + DESCRIPTION };
    }
    (svg, size)
}
