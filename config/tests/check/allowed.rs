//! Jobs that a pipe allows at its ends.

use insta::assert_snapshot;

use crate::setting::{Setting, network};

fn with_lists(lists: &str) -> Setting {
    network(&format!(
        "[jobs.read]\nexec = ['cat']\noutputs = ['x']\n[jobs.show]\nexec = ['cat']\ninputs = ['x']\n\
         [jobs.save]\nexec = ['cat']\ninputs = ['x']\n[pipes.x]\ncodec = 'lines'\n{lists}\n"
    ))
}

#[test]
fn jobs_in_the_list_may_be_there() {
    with_lists("writers = ['read', 'save']\nreaders = ['save', 'show']").is_right();
}

#[test]
fn jobs_that_are_not_in_the_list_may_not() {
    assert_snapshot!("not_allowed", with_lists("writers = ['save']\nreaders = ['show']").errors());
    assert_eq!(with_lists("writers = []").messages(), ["job `read` may not write the pipe `x`"]);
}

#[test]
fn names_of_no_jobs() {
    assert_snapshot!("unknown_jobs", with_lists("writers = ['raed']\nreaders = ['show', 'xyz']").errors());
}

#[test]
fn a_job_that_cannot_be_read_is_not_unknown() {
    let messages = with_lists("writers = ['odd', 'read']").set("jobs.odd", "5").messages();
    assert_eq!(messages, ["job `odd` must be a table"]);
}
