//! Where lines meet nodes: on their left and right sides, spread out so that they do not lie on each other.

use super::super::model::Graph;
use super::{PipeLayout, Point, Size};

/// From one line to the next at the same side.
const GAP: f64 = 12.0;

/// One end of a line at a node.
struct End {
    node: usize,
    /// Whether it is at the node's right side.
    right: bool,
    pipe: usize,
    part: Part,
    /// How high its next point is: lines that come from above are attached above.
    next_y: f64,
}

/// What of a pipe meets the node.
#[derive(Clone, Copy)]
enum Part {
    Start,
    /// The tip of the trunk.
    Tip,
    /// The tip of a branch.
    BranchTip(usize),
}

/// Moves the ends of all lines from the middle of nodes to their sides.
pub(super) fn attach(graph: &Graph, sizes: &[Size], nodes: &[Point], pipes: &mut [PipeLayout]) {
    let mut ends = Vec::new();
    for (place, (pipe, layout)) in graph.pipes.iter().zip(&*pipes).enumerate() {
        let mut end = |node: usize, next: Option<&Point>, part: Part| {
            let next = next.copied().unwrap_or(nodes[node]);
            // Without a way to tell, lines leave to the right and come from the left.
            let right = if matches!(part, Part::Start) { next.x >= nodes[node].x } else { next.x > nodes[node].x };
            ends.push(End { node, right, pipe: place, part, next_y: next.y });
        };
        end(pipe.from.node, layout.trunk.get(1), Part::Start);
        for (at, to) in pipe.to.iter().enumerate() {
            match layout.branches.get(at) {
                Some(branch) => end(to.node, branch.iter().nth_back(1), Part::BranchTip(at)),
                None => end(to.node, layout.trunk.iter().nth_back(1), Part::Tip),
            }
        }
    }
    for (end, dy) in spread(ends, sizes) {
        let (node, size) = (nodes[end.node], sizes[end.node]);
        let layout = &mut pipes[end.pipe];
        let point = match end.part {
            Part::Start => layout.trunk.first_mut(),
            Part::Tip => layout.trunk.last_mut(),
            Part::BranchTip(branch) => layout.branches[branch].last_mut(),
        };
        let dx = if end.right { size.width / 2.0 } else { -size.width / 2.0 };
        if let Some(point) = point {
            *point = Point { x: node.x + dx, y: node.y + dy };
        }
    }
}

/// How far from the middle of its side each end is attached.
fn spread(mut ends: Vec<End>, sizes: &[Size]) -> Vec<(End, f64)> {
    let side = |end: &End| (end.node, end.right);
    ends.sort_by(|a, b| side(a).cmp(&side(b)).then(a.next_y.total_cmp(&b.next_y)));
    let counts: Vec<usize> = ends.chunk_by(|a, b| side(a) == side(b)).map(<[End]>::len).collect();
    let offsets = counts.iter().flat_map(|count| (0..*count).map(move |at| (at, *count)));
    let attached = ends.into_iter().zip(offsets).map(|(end, (at, count))| {
        // Rounded corners take a part of the side.
        let gap = GAP.min(sizes[end.node].height * 0.6 / count as f64);
        let dy = (at as f64 - (count as f64 - 1.0) / 2.0) * gap;
        (end, dy)
    });
    attached.collect()
}
