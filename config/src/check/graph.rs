//! No cycles but through pipes that say so.

use crate::check::Checker;
use crate::check::wiring::{Place, Wiring};
use crate::ids::{JobId, PipeId};
use crate::problem::Problem;
use crate::span::Span;

/// The most jobs of a cycle that are named.
const MAX_SHOWN: usize = 12;

/// The most cycles that are named. Where there are more, they are most often one knot, and each is as long to tell as
/// the network.
const MAX_CYCLES: usize = 10;

/// A pipe from one job to another.
#[derive(Clone, Copy)]
struct Edge {
    to: JobId,
    pipe: PipeId,
    /// Where the reader names the pipe.
    span: Span,
}

/// What is known of a job during the search.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Unseen,
    /// On the path from the start of the search to here.
    OnPath,
    /// Everything behind it was seen.
    Done,
}

impl Checker<'_> {
    /// Says each cycle that a search from job to job along the pipes meets. Pipes with `cycle = true` may lead back.
    pub(super) fn check_cycles(&mut self, wiring: &Wiring<'_>) {
        let mut edges = vec![Vec::new(); wiring.job_names().len()];
        for (index, pipe) in wiring.pipes.iter().enumerate() {
            if pipe.is_back_edge() || self.lost.of_pipe(&pipe.name.value, &["cycle"]) {
                continue;
            }
            let edge = |reader: &Place| Edge { to: reader.end.job, pipe: PipeId(index as u32), span: reader.span };
            for writer in &pipe.writers {
                edges[writer.end.job.index()].extend(pipe.readers.iter().map(edge));
            }
        }
        let mut marks = vec![Mark::Unseen; edges.len()];
        let mut cycles = 0;
        for start in 0..edges.len() {
            if marks[start] != Mark::Unseen {
                continue;
            }
            marks[start] = Mark::OnPath;
            // A stack of our own: networks may be deeper than the thread's.
            let mut path = vec![(start, 0)];
            while let Some((job, next)) = path.last_mut() {
                let Some(edge) = edges[*job].get(*next) else {
                    marks[*job] = Mark::Done;
                    path.pop();
                    continue;
                };
                *next += 1;
                let to = edge.to.index();
                match marks[to] {
                    Mark::Unseen => {
                        marks[to] = Mark::OnPath;
                        path.push((to, 0));
                    }
                    Mark::OnPath if cycles == MAX_CYCLES => {}
                    Mark::OnPath => {
                        cycles += 1;
                        let jobs: Vec<usize> = path.iter().map(|(job, _)| *job).skip_while(|job| *job != to).collect();
                        self.say(cycle(&jobs, *edge, wiring));
                    }
                    Mark::Done => {}
                }
            }
        }
    }
}

fn cycle(jobs: &[usize], edge: Edge, wiring: &Wiring<'_>) -> Problem {
    let name = |job: &usize| wiring.job_name(JobId(*job as u32));
    let pipe = &wiring.pipes[edge.pipe.index()].name.value;
    let help = format!(
        "to let it lead back: [pipes.{pipe}] with cycle = true, optional = {{}} (or async = true) and \
         when_full = \"drop-oldest\""
    );
    if let [job] = jobs {
        return Problem::new(edge.span, format!("job `{}` reads what it writes", name(job))).help(help);
    }
    let mut names: Vec<&str> = jobs.iter().map(name).collect();
    // The path starts where a reader would look first, and the same cycle is always told the same way.
    let first = jobs.iter().enumerate().min_by_key(|(_, job)| **job).map_or(0, |(place, _)| place);
    names.rotate_left(first);
    names.push(names[0]);
    let shown = if names.len() > MAX_SHOWN {
        format!("{} -> ... -> {}", names[..MAX_SHOWN - 1].join(" -> "), names[0])
    } else {
        names.join(" -> ")
    };
    let problem = Problem::new(edge.span, format!("the jobs form a cycle: {shown}"));
    problem.label("this input closes it").help(help)
}
