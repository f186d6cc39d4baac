//! Where lines meet nodes: on their left and right sides, spread out so that they do not lie on each other.

use super::super::model::Graph;
use super::{PipeLayout, Point, Size};

/// From one line to the next at the same side.
const GAP: f64 = 12.0;

/// One end of a line at a node.
struct End {
    node: usize,
    pipe: usize,
    /// Which branch; `None` for the trunk.
    branch: Option<usize>,
    /// How high its next point is: lines that come from above are attached above.
    next_y: f64,
}

/// Moves the ends of all lines from the middle of nodes to their sides.
pub(super) fn attach(graph: &Graph, sizes: &[Size], nodes: &[Point], pipes: &mut [PipeLayout]) {
    let mut leaving = Vec::new();
    let mut reaching = Vec::new();
    for (place, (pipe, layout)) in graph.pipes.iter().zip(&*pipes).enumerate() {
        let next_y = layout.trunk.get(1).map_or(0.0, |point| point.y);
        leaving.push(End { node: pipe.from.node, pipe: place, branch: None, next_y });
        let ways: Vec<&Vec<Point>> =
            if pipe.to.len() == 1 { vec![&layout.trunk] } else { layout.branches.iter().collect() };
        for (at, (to, way)) in pipe.to.iter().zip(ways).enumerate() {
            let next_y = way.iter().rev().nth(1).map_or(0.0, |point| point.y);
            let branch = (pipe.to.len() > 1).then_some(at);
            reaching.push(End { node: to.node, pipe: place, branch, next_y });
        }
    }
    for (end, dy) in spread(leaving, sizes) {
        let (node, size) = (nodes[end.node], sizes[end.node]);
        if let Some(start) = pipes[end.pipe].trunk.first_mut() {
            *start = Point { x: node.x + size.width / 2.0, y: node.y + dy };
        }
    }
    for (end, dy) in spread(reaching, sizes) {
        let (node, size) = (nodes[end.node], sizes[end.node]);
        let layout = &mut pipes[end.pipe];
        let way = match end.branch {
            Some(branch) => &mut layout.branches[branch],
            None => &mut layout.trunk,
        };
        if let Some(tip) = way.last_mut() {
            *tip = Point { x: node.x - size.width / 2.0, y: node.y + dy };
        }
    }
}

/// How far from the middle of its side each end is attached.
fn spread(mut ends: Vec<End>, sizes: &[Size]) -> Vec<(End, f64)> {
    ends.sort_by(|a, b| a.node.cmp(&b.node).then(a.next_y.total_cmp(&b.next_y)));
    let counts: Vec<usize> = ends.chunk_by(|a, b| a.node == b.node).map(<[End]>::len).collect();
    let offsets = counts.iter().flat_map(|count| (0..*count).map(move |at| (at, *count)));
    let attached = ends.into_iter().zip(offsets).map(|(end, (at, count))| {
        // Rounded corners take a part of the side.
        let gap = GAP.min(sizes[end.node].height * 0.6 / count as f64);
        let dy = (at as f64 - (count as f64 - 1.0) / 2.0) * gap;
        (end, dy)
    });
    attached.collect()
}
