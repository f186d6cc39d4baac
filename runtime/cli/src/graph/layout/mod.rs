//! Where things stand in the picture: layers from left to right, by `dagre`.
//!
//! A pipe with several readers gets a small node of its own, where it parts: so there is one line with one label from
//! its writer, and the lines to its readers part at one point.
//!
//! What leads back is given to `dagre` the other way round, so that it sees no cycles, and is turned again afterwards.

mod ends;

use dagre::graph::{Graph as Dagre, GraphOptions};
use dagre::layout::types::LabelPos;
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, RankDir};

use super::model::{Graph, Pipe};

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
        let trunk_back = trunk_leads_back(pipe);
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
                let (from, to) = forward(from, node_id(to.node), trunk_back);
                dagre.set_edge(from, to, Some(label), Some(&pipe_id(place)));
            }
            readers => {
                dagre.set_node(pipe_id(place), Some(box_of(Size { width: 6.0, height: 6.0 })));
                let (from, to) = forward(from, pipe_id(place), trunk_back);
                dagre.set_edge(from, to, Some(label), Some(&pipe_id(place)));
                for (branch, to) in readers.iter().enumerate() {
                    let (from, to) = forward(pipe_id(place), node_id(to.node), to.back);
                    dagre.set_edge(from, to, Some(EdgeLabel::default()), Some(&branch_id(place, branch)));
                }
            }
        }
    }
    let options =
        LayoutOptions { rankdir: RankDir::LR, nodesep: 26.0, edgesep: 18.0, ranksep: 44.0, ..LayoutOptions::default() };
    dagre::layout(&mut dagre, Some(options));
    read(graph, nodes, labels, &dagre)
}

/// Whether the line from the pipe's writer to its reader, or to where it parts, leads back.
fn trunk_leads_back(pipe: &Pipe) -> bool {
    match &pipe.to[..] {
        [to] => to.back,
        readers => readers.iter().all(|to| to.back && to.node != pipe.from.node),
    }
}

/// The ends of a line from left to right.
fn forward<T>(from: T, to: T, back: bool) -> (T, T) {
    if back { (to, from) } else { (from, to) }
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
        let trunk_back = trunk_leads_back(pipe);
        let (left, right) = forward(&from, &end_id, trunk_back);
        let edge = dagre.edge(left, right, Some(&name));
        let label = edge.and_then(|edge| Some(Point { x: edge.x?, y: edge.y? })).unwrap_or(end);
        let inner_trunk = level_at(label, label_size.width, inner(left, right, &name));
        let inner_trunk = turned(inner_trunk, trunk_back);
        let trunk = [nodes[pipe.from.node]].into_iter().chain(inner_trunk).chain([end]).collect();
        let readers = if pipe.to.len() == 1 { &[] } else { &pipe.to[..] };
        let branches = readers.iter().enumerate().map(|(branch, to)| {
            let reader = node_id(to.node);
            let (left, right) = forward(&name, &reader, to.back);
            let inner = turned(inner(left, right, &branch_id(place, branch)), to.back);
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

fn turned(mut points: Vec<Point>, back: bool) -> Vec<Point> {
    if back {
        points.reverse();
    }
    points
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
