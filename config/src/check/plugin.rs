//! Jobs out of plugins: their library, and their name in it.

use pipeloom_job::JobKind;

use crate::check::Checker;
use crate::file::JobTable;
use crate::problem::Problem;
use crate::span::At;

impl Checker<'_> {
    /// The kind of job that `plugin` and `job` name.
    pub(super) fn plugged(&mut self, name: &At<String>, plugin: &At<String>, table: &JobTable) -> Option<JobKind> {
        let path = self.scope.path(plugin, self.problems)?;
        let Some(load) = self.options.plugins else {
            self.say(Problem::new(plugin.span, "there are no plugins here"));
            return None;
        };
        let kinds = match load(&path) {
            Ok(kinds) => kinds,
            Err(why) => {
                let problem = Problem::new(plugin.span, format!("`{}` cannot be used: {why}", plugin.value));
                let is_there = path.exists();
                self.say(problem.maybe_help((!is_there).then(|| format!("it is looked for at {}", path.display()))));
                return None;
            }
        };
        let all = || kinds.iter().map(|kind| kind.name);
        let Some(job) = &table.job else {
            if !self.lost.of_job(name, &["job"]) {
                let problem = Problem::new(plugin.span, "`plugin` needs `job`: which of its jobs");
                self.say(problem.help(in_it(all())));
            }
            return None;
        };
        let kind = kinds.iter().find(|kind| kind.name == job.value);
        if kind.is_none() {
            let near = self.near(job, all());
            let problem = Problem::new(job.span, format!("there is no job `{}` in `{}`", job.value, plugin.value));
            self.say(problem.help(in_it(all())).maybe_help(near));
        }
        kind.copied()
    }
}

fn in_it<'k>(kinds: impl Iterator<Item = &'k str>) -> String {
    let kinds: Vec<&str> = kinds.collect();
    if kinds.is_empty() { "there are none in it".to_owned() } else { format!("there are `{}`", kinds.join("`, `")) }
}
