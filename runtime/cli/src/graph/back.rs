//! Which ends of pipes lead back.
//!
//! A pipe with `cycle = true` may have several readers, and not all of them need to stand before its writer. What is left
//! without the ends that are marked here has no cycles, so that it can be drawn from left to right.

use super::model::Pipe;

/// Marks the ends that close a cycle, among those of the pipes that may lead back.
pub(super) fn mark(nodes: usize, pipes: &mut [Pipe], may_lead_back: &[bool]) {
    let mut ways = vec![Vec::new(); nodes];
    for (pipe, _) in pipes.iter().zip(may_lead_back).filter(|(_, back)| !**back) {
        ways[pipe.from.node].extend(pipe.to.iter().map(|end| end.node));
    }
    for (pipe, _) in pipes.iter_mut().zip(may_lead_back).filter(|(_, back)| **back) {
        let from = pipe.from.node;
        for end in &mut pipe.to {
            end.back = leads_to(&ways, end.node, from);
            if !end.back {
                ways[from].push(end.node);
            }
        }
    }
}

fn leads_to(ways: &[Vec<usize>], from: usize, to: usize) -> bool {
    let mut seen = vec![false; ways.len()];
    let mut next = vec![from];
    while let Some(node) = next.pop() {
        if node == to {
            return true;
        }
        if !std::mem::replace(&mut seen[node], true) {
            next.extend(&ways[node]);
        }
    }
    false
}
