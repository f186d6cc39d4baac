//! All jobs of a run that take lines.

use std::collections::HashMap;
use std::sync::Arc;

use pipeloom_config::{JobId, Network};
use pipeloom_events::request::SendRequest;

use super::post::{Closed, Post, Put};

/// All jobs of a run that take lines.
pub(crate) struct Takers {
    network: Arc<Network>,
    posts: HashMap<JobId, Arc<Post>>,
}

/// What came of something sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Sent {
    /// It is on its way to the job.
    Taken,
    /// Too much is on its way already; [`Takers`]' doorbell is rung when there is room.
    Full,
    /// It cannot be done, for this reason.
    Refused(Refused),
}

/// Why a job is not given a line.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("there is no job `{job}`; {}", who(takers))]
    NoJob { job: String, takers: Vec<String> },
    #[error("job `{job}` takes no lines; {}", who(takers))]
    NoTaker { job: String, takers: Vec<String> },
    #[error("a line has a line break in it")]
    LineBreak,
    #[error("there is neither a line nor an end")]
    Nothing,
    #[error("the input of job `{job}` has been ended")]
    Ended { job: String },
    #[error("job `{job}` is being stopped")]
    Stopping { job: String },
    #[error("job `{job}` has ended")]
    Over { job: String },
}

/// "`a` and `b` take lines"
fn who(takers: &[String]) -> String {
    match takers {
        [] => "none of this run takes lines".to_owned(),
        [only] => format!("`{only}` takes lines"),
        [first @ .., last] => format!("`{}` and `{last}` take lines", first.join("`, `")),
    }
}

impl Takers {
    pub(crate) fn new(network: Arc<Network>, posts: HashMap<JobId, Arc<Post>>) -> Takers {
        Takers { network, posts }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.posts.is_empty()
    }

    /// Gives a job what was sent to it.
    pub(crate) fn send(&self, request: &SendRequest) -> Sent {
        let job = request.job.clone();
        let Some((id, _)) = self.network.jobs().find(|(_, spec)| spec.name.as_str() == job) else {
            return Sent::Refused(Refused::NoJob { job, takers: self.names() });
        };
        let Some(post) = self.posts.get(&id) else {
            return Sent::Refused(Refused::NoTaker { job, takers: self.names() });
        };
        match request.line.as_deref() {
            Some(line) if line.contains('\n') => return Sent::Refused(Refused::LineBreak),
            None if !request.end => return Sent::Refused(Refused::Nothing),
            _ => {}
        }
        match post.put(request.line.as_deref(), request.end) {
            Put::Taken => Sent::Taken,
            Put::Full => Sent::Full,
            Put::Closed(Closed::Ended) => Sent::Refused(Refused::Ended { job }),
            Put::Closed(Closed::Stopping) => Sent::Refused(Refused::Stopping { job }),
            Put::Closed(Closed::Over) => Sent::Refused(Refused::Over { job }),
        }
    }

    /// The job is asked to end and takes no more lines.
    pub(crate) fn job_stops(&self, job: JobId) {
        self.close(job, Closed::Stopping);
    }

    /// The job is over.
    pub(crate) fn job_over(&self, job: JobId) {
        self.close(job, Closed::Over);
    }

    fn close(&self, job: JobId, why: Closed) {
        if let Some(post) = self.posts.get(&job) {
            post.close(why);
        }
    }

    /// In the file's order.
    fn names(&self) -> Vec<String> {
        let takes = self.network.jobs().filter(|(id, _)| self.posts.contains_key(id));
        takes.map(|(_, job)| job.name.to_string()).collect()
    }
}

#[cfg(test)]
mod tests {
    use pipeloom_os::doorbell::Doorbell;

    use super::*;
    use crate::sample::Sample;

    fn takers(names: &[&str]) -> Takers {
        let network =
            Sample::new().native("ask", &[], &["a"]).native("tell", &["a"], &["b"]).native("end", &["b"], &[]);
        let network = Arc::new(network.network());
        let bell = Doorbell::new().unwrap();
        let is_one = |id: &JobId| names.contains(&network[*id].name.as_str());
        let ids: Vec<JobId> = network.jobs().map(|(id, _)| id).filter(is_one).collect();
        let posts = ids.into_iter().map(|id| (id, Arc::new(Post::new(&bell).unwrap()))).collect();
        Takers::new(network, posts)
    }

    fn send(takers: &Takers, job: &str, line: Option<&str>, end: bool) -> String {
        let request = SendRequest { job: job.to_owned(), line: line.map(str::to_owned), end };
        match takers.send(&request) {
            Sent::Refused(why) => why.to_string(),
            sent => format!("{sent:?}"),
        }
    }

    #[test]
    fn who_takes_no_lines_is_told_who_does() {
        let takes = |names: &[&str], job| send(&takers(names), job, Some("x"), false);
        assert_eq!(takes(&["ask"], "ask"), "Taken");
        assert_eq!(takes(&["ask"], "aks"), "there is no job `aks`; `ask` takes lines");
        assert_eq!(takes(&["ask", "tell"], "end"), "job `end` takes no lines; `ask` and `tell` take lines");
        assert_eq!(takes(&[], "end"), "job `end` takes no lines; none of this run takes lines");
    }

    #[test]
    fn what_is_no_line_is_refused() {
        let takers = takers(&["ask"]);
        assert_eq!(send(&takers, "ask", Some("a\nb"), false), "a line has a line break in it");
        assert_eq!(send(&takers, "ask", None, false), "there is neither a line nor an end");
        assert_eq!(send(&takers, "ask", Some(""), false), "Taken");
    }

    #[test]
    fn why_a_job_takes_no_more_is_told_apart() {
        let takers = takers(&["ask", "tell"]);
        let id = |name: &str| takers.network.jobs().find(|(_, job)| job.name.as_str() == name).unwrap().0;
        assert_eq!(send(&takers, "ask", None, true), "Taken");
        assert_eq!(send(&takers, "ask", None, true), "the input of job `ask` has been ended");
        takers.job_stops(id("tell"));
        assert_eq!(send(&takers, "tell", Some("x"), false), "job `tell` is being stopped");
        takers.job_over(id("tell"));
        takers.job_over(id("end"));
        assert_eq!(send(&takers, "tell", Some("x"), false), "job `tell` has ended");
    }
}
