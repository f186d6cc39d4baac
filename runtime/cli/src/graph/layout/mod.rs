//! Where things stand in the picture: layers from left to right, by `dagre`.
//!
//! A pipe with several readers gets a small node of its own, where it parts: so there is one line with one label from
//! its writer, and the lines to its readers part at one point.

mod ends;

use dagre::graph::{Graph as Dagre, GraphOptions};
use dagre::layout::types::LabelPos;
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, RankDir};

use super::model::Graph;

/// A point of the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// How wide and high something is.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Where everything stands.
pub(super) struct Layout {
    pub(super) size: Size,
    /// The middle of each node.
    pub(super) nodes: Vec<Point>,
    pub(super) pipes: Vec<PipeLayout>,
}

/// Where one pipe runs.
pub(super) struct PipeLayout {
    /// The middle of its label.
    pub(super) label: Point,
    /// From the writer to the reader or to where the pipe parts.
    pub(super) trunk: Vec<Point>,
    /// From where it parts to each reader; empty with one reader.
    pub(super) branches: Vec<Vec<Point>>,
}

/// Lays out `graph`, whose nodes and labels have these sizes.
pub(super) fn lay_out(graph: &Graph, nodes: &[Size], labels: &[Size]) -> Layout {
    let options = GraphOptions { directed: true, multigraph: true, compound: false };
    let mut dagre: Dagre<NodeLabel, EdgeLabel> = Dagre::with_options(options);
    for (place, size) in nodes.iter().enumerate() {
        dagre.set_node(node_id(place), Some(box_of(*size)));
    }
    for (place, (pipe, label)) in graph.pipes.iter().zip(labels).enumerate() {
        let from = node_id(pipe.from.node);
        let label = EdgeLabel {
            width: label.width,
            height: label.height,
            labelpos: LabelPos::Center,
            // The line from the writer is kept straight rather than those to the readers.
            weight: 4,
            ..EdgeLabel::default()
        };
        match &pipe.to[..] {
            [to] => {
                dagre.set_edge(from, node_id(to.node), Some(label), Some(&pipe_id(place)));
            }
            readers => {
                dagre.set_node(pipe_id(place), Some(box_of(Size { width: 6.0, height: 6.0 })));
                dagre.set_edge(from, pipe_id(place), Some(label), Some(&pipe_id(place)));
                for (branch, to) in readers.iter().enumerate() {
                    let name = branch_id(place, branch);
                    dagre.set_edge(pipe_id(place), node_id(to.node), Some(EdgeLabel::default()), Some(&name));
                }
            }
        }
    }
    let options =
        LayoutOptions { rankdir: RankDir::LR, nodesep: 26.0, edgesep: 18.0, ranksep: 44.0, ..LayoutOptions::default() };
    dagre::layout(&mut dagre, Some(options));
    read(graph, nodes, labels, &dagre)
}

fn read(graph: &Graph, sizes: &[Size], labels: &[Size], dagre: &Dagre<NodeLabel, EdgeLabel>) -> Layout {
    let middle = |id: &str| {
        let node = dagre.node(id);
        Point { x: node.and_then(|node| node.x).unwrap_or(0.0), y: node.and_then(|node| node.y).unwrap_or(0.0) }
    };
    let inner = |from: &str, to: &str, name: &str| -> Vec<Point> {
        let points = dagre.edge(from, to, Some(name)).map(|edge| &edge.points[..]).unwrap_or_default();
        let inner = points.get(1..points.len().saturating_sub(1)).unwrap_or_default();
        inner.iter().map(|point| Point { x: point.x, y: point.y }).collect()
    };
    let nodes: Vec<Point> = (0..graph.nodes.len()).map(|place| middle(&node_id(place))).collect();
    let mut pipes = Vec::new();
    for (place, (pipe, label_size)) in graph.pipes.iter().zip(labels).enumerate() {
        let (from, name) = (node_id(pipe.from.node), pipe_id(place));
        let (end_id, end) = match &pipe.to[..] {
            [to] => (node_id(to.node), nodes[to.node]),
            _ => (name.clone(), middle(&name)),
        };
        let edge = dagre.edge(&from, &end_id, Some(&name));
        let label = edge.and_then(|edge| Some(Point { x: edge.x?, y: edge.y? })).unwrap_or(end);
        let inner_trunk = level_at(label, label_size.width, inner(&from, &end_id, &name));
        let trunk = [nodes[pipe.from.node]].into_iter().chain(inner_trunk).chain([end]).collect();
        let readers = if pipe.to.len() == 1 { &[] } else { &pipe.to[..] };
        let branches = readers.iter().enumerate().map(|(branch, to)| {
            let inner = inner(&name, &node_id(to.node), &branch_id(place, branch));
            [end].into_iter().chain(inner).chain([nodes[to.node]]).collect()
        });
        pipes.push(PipeLayout { label, trunk, branches: branches.collect() });
    }
    ends::attach(graph, sizes, &nodes, &mut pipes);
    for pipe in &mut pipes {
        pipe.label = centred(pipe.label, &pipe.trunk);
    }
    let size = extent(&nodes, sizes, &pipes);
    Layout { size, nodes, pipes }
}

/// The points with a level piece where the label stands, so that the line does not run through it.
fn level_at(label: Point, width: f64, points: Vec<Point>) -> Vec<Point> {
    let is_at_label = |point: &Point| (point.x - label.x).abs() < 0.5 && (point.y - label.y).abs() < 0.5;
    let split = |point: Point| match is_at_label(&point) {
        true => vec![Point { x: point.x - width / 2.0, ..point }, Point { x: point.x + width / 2.0, ..point }],
        false => vec![point],
    };
    points.into_iter().flat_map(split).collect()
}

/// On a level line, whose layers may be wider than its ends, the label stands in the middle of what is seen of it.
fn centred(label: Point, trunk: &[Point]) -> Point {
    let is_level = trunk.iter().all(|point| (point.y - label.y).abs() < 0.5);
    match (trunk.first(), trunk.last()) {
        (Some(start), Some(end)) if is_level => Point { x: (start.x + end.x) / 2.0, ..label },
        _ => label,
    }
}

/// The right and lower edge of everything.
fn extent(nodes: &[Point], sizes: &[Size], pipes: &[PipeLayout]) -> Size {
    let corners = nodes.iter().zip(sizes).map(|(at, size)| (at.x + size.width / 2.0, at.y + size.height / 2.0));
    let ways = pipes.iter().flat_map(|pipe| pipe.branches.iter().chain([&pipe.trunk]).flatten());
    let (width, height) = corners
        .chain(ways.map(|point| (point.x, point.y)))
        .fold((0.0_f64, 0.0_f64), |(width, height), (x, y)| (width.max(x), height.max(y)));
    Size { width, height }
}

fn box_of(size: Size) -> NodeLabel {
    NodeLabel { width: size.width, height: size.height, ..NodeLabel::default() }
}

fn node_id(place: usize) -> String {
    format!("n{place}")
}

fn pipe_id(place: usize) -> String {
    format!("p{place}")
}

fn branch_id(place: usize, branch: usize) -> String {
    format!("p{place}b{branch}")
}
