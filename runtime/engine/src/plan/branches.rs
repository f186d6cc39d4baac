//! Which pipes lie on branches that part and meet again.
//!
//! Seen without directions, such pipes lie on a circle: taking one away leaves its ends connected. So they are the
//! edges that are no bridges, found by one walk in depth (Tarjan 1974, "A note on finding the bridges of a graph").

use pipeloom_config::{Network, PipeId};

/// Where branches meet again.
#[derive(Debug)]
pub(super) struct Branches {
    /// For each pipe, whether it lies on such branches.
    pub(super) meet: Vec<bool>,
    /// For each job the group of those that are joined by such pipes, if it is in one. Groups are counted from 0.
    pub(super) groups: Vec<Option<usize>>,
}

/// Finds the branches of a network that meet again.
pub(super) fn branches(network: &Network) -> Branches {
    let mut edges = Vec::new();
    for (id, pipe) in network.pipes() {
        for reader in &pipe.readers {
            if let Some(writer) = pipe.writer {
                edges.push((id, writer.job.index(), reader.job.index()));
            }
        }
    }
    let bridges = bridges(network.jobs().len(), &edges);
    let mut meet = vec![false; network.pipes().len()];
    let mut neighbours = vec![Vec::new(); network.jobs().len()];
    for ((id, from, to), _) in edges.into_iter().zip(bridges).filter(|(_, bridge)| !bridge) {
        meet[id.index()] = true;
        neighbours[from].push(to);
        neighbours[to].push(from);
    }
    Branches { meet, groups: groups(&neighbours) }
}

/// For each vertex that has neighbours, which of the connected groups it is in.
fn groups(neighbours: &[Vec<usize>]) -> Vec<Option<usize>> {
    let (mut groups, mut count) = (vec![None; neighbours.len()], 0);
    for root in (0..neighbours.len()).filter(|&vertex| !neighbours[vertex].is_empty()) {
        let mut left = vec![root];
        count += usize::from(groups[root].is_none());
        while let Some(vertex) = left.pop() {
            if groups[vertex].is_none() {
                groups[vertex] = Some(count - 1);
                left.extend(&neighbours[vertex]);
            }
        }
    }
    groups
}

/// Where the walk stands at one vertex.
struct Visit {
    vertex: usize,
    came_by: Option<usize>,
    next: usize,
}

fn bridges(vertices: usize, edges: &[(PipeId, usize, usize)]) -> Vec<bool> {
    let mut neighbours = vec![Vec::new(); vertices];
    for (edge, &(_, from, to)) in edges.iter().enumerate() {
        neighbours[from].push((edge, to));
        neighbours[to].push((edge, from));
    }
    let mut bridge = vec![false; edges.len()];
    let mut entered = vec![usize::MAX; vertices];
    let mut lowest = vec![usize::MAX; vertices];
    let mut clock = 0;
    for root in 0..vertices {
        if entered[root] != usize::MAX {
            continue;
        }
        (entered[root], lowest[root], clock) = (clock, clock, clock + 1);
        let mut way = vec![Visit { vertex: root, came_by: None, next: 0 }];
        while let Some(visit) = way.last_mut() {
            let vertex = visit.vertex;
            if let Some(&(edge, to)) = neighbours[vertex].get(visit.next) {
                visit.next += 1;
                if Some(edge) == visit.came_by {
                    continue;
                }
                if entered[to] == usize::MAX {
                    (entered[to], lowest[to], clock) = (clock, clock, clock + 1);
                    way.push(Visit { vertex: to, came_by: Some(edge), next: 0 });
                } else {
                    lowest[vertex] = lowest[vertex].min(entered[to]);
                }
                continue;
            }
            let came_by = visit.came_by;
            way.pop();
            if let (Some(parent), Some(edge)) = (way.last(), came_by) {
                lowest[parent.vertex] = lowest[parent.vertex].min(lowest[vertex]);
                bridge[edge] = lowest[vertex] > entered[parent.vertex];
            }
        }
    }
    bridge
}
