//! From what is built to the text that is checked.

use std::collections::HashMap;

use super::job::JobBuilder;
use super::network::NetworkBuilder;
use super::pipe::Described;
use super::table::{Table, quoted};
use crate::problem::Problem;
use crate::span::Span;

/// The text of a network, and what cannot stand in it.
#[derive(Default)]
pub(super) struct Writing {
    pub(super) text: String,
    pub(super) problems: Vec<Problem>,
}

/// All that is said about each pipe, by first mention.
#[derive(Default)]
struct Mentions<'a> {
    pipes: Vec<Vec<&'a Described>>,
    places: HashMap<&'a str, usize>,
}

impl Writing {
    pub(super) fn of(network: &NetworkBuilder) -> Writing {
        let mut writing = Writing::default();
        writing.table("[network]", "the network", &network.network);
        if !network.params.is_empty() {
            writing.table("\n[params]", "the parameters", &network.params);
        }
        let mut mentions = Mentions::default();
        let mut written: HashMap<&str, Span> = HashMap::new();
        for job in &network.jobs {
            // A second table would be no TOML, and nothing else would be found.
            if let Some(first) = written.get(job.name.as_str()) {
                let message = format!("two jobs have the name `{}`", job.name);
                writing.problems.push(Problem::new(*first, message).label("this is the first"));
                continue;
            }
            written.insert(&job.name, writing.job(job));
            job.inputs.iter().chain(&job.outputs).for_each(|pipe| mentions.add(pipe));
        }
        network.pipes.iter().for_each(|pipe| mentions.add(pipe));
        mentions.pipes.iter().for_each(|said| writing.pipe(said));
        writing
    }

    fn job(&mut self, job: &JobBuilder) -> Span {
        let place = self.table(&format!("\n[jobs.{}]", quoted(&job.name)), &format!("job `{}`", job.name), &job.table);
        let mut ends = Table::default();
        for (key, pipes) in [("inputs", &job.inputs), ("outputs", &job.outputs)] {
            if !pipes.is_empty() {
                ends.set(&[key], pipes.iter().map(|pipe| pipe.name.as_str()).collect::<Vec<_>>());
            }
        }
        ends.write(&mut self.text);
        place
    }

    /// A pipe may be described in several places, but not in several ways. To say nothing is only to name it.
    fn pipe(&mut self, said: &[&Described]) {
        let mut tables = said.iter().map(|pipe| &pipe.table).filter(|table| !table.is_empty());
        let (nothing, name) = (Table::default(), &said[0].name);
        let table = tables.next().unwrap_or(&nothing);
        let place = self.table(&format!("\n[pipes.{}]", quoted(name)), &format!("pipe `{name}`"), table);
        if let Some(other) = tables.find(|other| *other != table) {
            let problem = Problem::new(place, format!("pipe `{name}` is described in two ways"));
            let mut lines = String::new();
            other.write(&mut lines);
            let lines: Vec<&str> = lines.lines().collect();
            self.problems.push(problem.help(format!("elsewhere it has {}", lines.join(", "))));
        }
        let mut values = said.iter().filter_map(|pipe| pipe.value);
        let first = values.next();
        if let Some((one, other)) = first.and_then(|one| Some((one, values.find(|other| *other != one)?))) {
            let message = format!(
                "pipe `{name}` has values of type `{}` in one place and `{}` in another",
                one.name(),
                other.name()
            );
            self.problems.push(Problem::new(place, message));
        }
    }

    /// Adds a table, and says where its name stands.
    fn table(&mut self, header: &str, owner: &str, table: &Table) -> Span {
        let end = self.text.len() + header.len();
        let place = Span { start: end - header.trim_start().len() + 1, end: end - 1 };
        self.text.push_str(header);
        self.text.push('\n');
        table.write(&mut self.text);
        for refused in table.refused() {
            let message = format!("`{}` of {owner} cannot stand in a network file: {}", refused.key, refused.why);
            self.problems.push(Problem::new(place, message));
        }
        place
    }
}

impl<'a> Mentions<'a> {
    fn add(&mut self, pipe: &'a Described) {
        let place = *self.places.entry(&pipe.name).or_insert_with(|| {
            self.pipes.push(Vec::new());
            self.pipes.len() - 1
        });
        self.pipes[place].push(pipe);
    }
}
