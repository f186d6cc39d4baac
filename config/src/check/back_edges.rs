//! Pipes with `cycle = true`: each must be on a cycle, must not be waited for, and must not make its writer wait.

use crate::check::Checker;
use crate::check::full;
use crate::check::wiring::{PipeEnds, Place, Wiring};
use crate::file::WhenFull;
use crate::problem::Problem;
use crate::span::Span;

/// Words that keep a back edge from making its writer wait.
const WORDS: &str =
    "when_full = \"drop-oldest\", \"drop-newest\" or \"fail\": jobs that wait for one another stand still";

impl Checker<'_> {
    pub(super) fn check_back_edges(&mut self, wiring: &Wiring<'_>) {
        if !wiring.pipes.iter().any(PipeEnds::is_back_edge) {
            return;
        }
        let circles = circles(wiring);
        for pipe in &wiring.pipes {
            let Some(cycle) = pipe.table.and_then(|table| table.cycle.as_ref()).filter(|cycle| cycle.value) else {
                continue;
            };
            self.check_taking_of_back_edge(pipe, cycle.span);
            self.check_policy_of_back_edge(pipe, cycle.span, wiring);
            let circle = |place: &Place| circles[place.end.job.index()];
            let closes =
                pipe.writers.iter().any(|writer| pipe.readers.iter().any(|reader| circle(writer) == circle(reader)));
            // A pipe that no job names is refused for that.
            let is_named = !pipe.writers.is_empty() || !pipe.readers.is_empty();
            if !closes && is_named && !self.lost.ends() {
                let problem = Problem::new(cycle.span, format!("the pipe `{}` closes no cycle", pipe.name.value));
                self.say(problem.help("leave `cycle` out: no job that it leads to comes before its writer"));
            }
        }
    }

    fn check_taking_of_back_edge(&mut self, pipe: &PipeEnds<'_>, cycle: Span) {
        let name = &pipe.name.value;
        let Some(table) = pipe.table else { return };
        let bypass = table.r#async.as_ref();
        if table.optional.is_some()
            || bypass.is_some_and(|bypass| bypass.value)
            || self.lost.of_pipe(name, &["optional", "async"])
        {
            return;
        }
        let span = bypass.map_or(cycle, |bypass| bypass.span);
        let problem = Problem::new(span, format!("the pipe `{name}` leads back, so it must be `optional` or `async`"));
        self.say(problem.help(
            "async = true delays by one: the first compute block gets the pipe's dummy, each other one waits for a block; \
             optional = {} never waits, and gives a default until the first block has come",
        ));
    }

    fn check_policy_of_back_edge(&mut self, pipe: &PipeEnds<'_>, cycle: Span, wiring: &Wiring<'_>) {
        let name = &pipe.name.value;
        if self.when_full_is_lost(pipe, wiring) {
            return;
        }
        let own = pipe.table.and_then(|table| table.when_full);
        // That readers differ is said elsewhere.
        let Ok(word) = own.map_or_else(|| full::of_readers(pipe, wiring), |own| Ok(Some(own))) else { return };
        let why = format!("the pipe `{name}` leads back, so it needs a `when_full` other than `block`");
        match word {
            Some(word) if !matches!(word.value, WhenFull::Block | WhenFull::Spool) => {}
            Some(word) => self.say(Problem::new(word.span, why).help(WORDS)),
            None => self.say(Problem::new(cycle, why).help(WORDS)),
        }
    }
}

/// For each job, the number of its circle: two jobs have the same if each is reached from the other.
///
/// Two walks, along the pipes and against them (Kosaraju; Sharir 1981, "A strong-connectivity algorithm").
fn circles(wiring: &Wiring<'_>) -> Vec<usize> {
    let jobs = wiring.job_names().len();
    let (mut along, mut against) = (vec![Vec::new(); jobs], vec![Vec::new(); jobs]);
    for pipe in &wiring.pipes {
        for writer in &pipe.writers {
            for reader in &pipe.readers {
                let (from, to) = (writer.end.job.index(), reader.end.job.index());
                along[from].push(to);
                against[to].push(from);
            }
        }
    }
    let mut circles = vec![0; jobs];
    let mut seen = vec![false; jobs];
    let mut left = Vec::new();
    for start in 0..jobs {
        walk(&along, start, &mut seen, &mut left);
    }
    seen.fill(false);
    for start in left.into_iter().rev() {
        let mut circle = Vec::new();
        walk(&against, start, &mut seen, &mut circle);
        for job in circle {
            circles[job] = start;
        }
    }
    circles
}

/// Walks in depth from `start` over what was not seen, and notes each job when it is left for good.
fn walk(edges: &[Vec<usize>], start: usize, seen: &mut [bool], left: &mut Vec<usize>) {
    if std::mem::replace(&mut seen[start], true) {
        return;
    }
    // A stack of our own: networks may be deeper than the thread's.
    let mut path = vec![(start, 0)];
    while let Some((job, next)) = path.last_mut() {
        match edges[*job].get(*next) {
            Some(to) => {
                *next += 1;
                if !std::mem::replace(&mut seen[*to], true) {
                    path.push((*to, 0));
                }
            }
            None => {
                left.push(*job);
                path.pop();
            }
        }
    }
}
