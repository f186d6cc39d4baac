//! Which pipes lie on branches that part and meet again.
//!
//! Seen without directions, such pipes lie on a circle: taking one away leaves its ends connected. So they are the
//! edges that are no bridges, found by one walk in depth (Tarjan 1974, "A note on finding the bridges of a graph").

use pipeloom_config::{Network, PipeId};

/// For each pipe, whether it lies on branches that meet again.
pub(super) fn pipes_that_meet_again(network: &Network) -> Vec<bool> {
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
    for ((id, ..), bridge) in edges.into_iter().zip(bridges) {
        meet[id.index()] |= !bridge;
    }
    meet
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
