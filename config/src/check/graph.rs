//! No cycles.

use crate::check::Checker;
use crate::check::wiring::Wiring;
use crate::file::NetworkFile;
use crate::network::JobId;
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
    /// Says each cycle that a search from job to job along the pipes meets.
    pub(super) fn check_cycles(&mut self, file: &NetworkFile, wiring: &Wiring<'_>) {
        let mut edges = vec![Vec::new(); file.jobs.len()];
        for pipe in &wiring.pipes {
            for writer in &pipe.writers {
                let to = pipe.readers.iter().map(|reader| Edge { to: reader.end.job, span: reader.span });
                edges[writer.end.job.index()].extend(to);
            }
        }
        let mut marks = vec![Mark::Unseen; file.jobs.len()];
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
                        self.say(cycle(&jobs, edge.span, wiring));
                    }
                    Mark::Done => {}
                }
            }
        }
    }
}

fn cycle(jobs: &[usize], span: Span, wiring: &Wiring<'_>) -> Problem {
    let name = |job: &usize| wiring.job_name(JobId(*job as u32));
    if let [job] = jobs {
        return Problem::new(span, format!("job `{}` reads what it writes", name(job)));
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
    Problem::new(span, format!("the jobs form a cycle: {shown}")).label("this input closes it")
}
