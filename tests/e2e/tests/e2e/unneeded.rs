//! Native jobs that wait for something while their readers end.

use pipeloom_e2e::events::JobEnd;
use pipeloom_e2e::{Run, network};

/// An hour passes between its blocks.
const SLOW: &str = "use = 'count'\nargs = { interval_seconds = 3600 }";

/// Runs a join of three numbers with an optional input, on which `jobs` bring hardly anything, the first of them `slow`.
#[track_caller]
fn joined_with(jobs: &str) -> Run {
    let test = network(format!(
        r#"
        {jobs}
        [jobs.numbers]
        use = "count"
        args = {{ from = 1, to = 3 }}
        outputs = ["numbers"]
        [jobs.join]
        use = "gather"
        inputs = ["numbers", "rare"]
        outputs = ["pairs"]
        [jobs.save]
        use = "null-sink"
        inputs = ["pairs"]
        [pipes]
        numbers.codec = "json"
        rare = {{ codec = "json", optional = {{ default = 0 }} }}
        pairs.codec = "json"
        "#
    ));
    test.run().exits(0).delivered("pairs", "save", 3).job_ended("slow", JobEnd::Unneeded)
}

#[test]
fn a_source_that_waits_for_its_time_ends_with_its_reader() {
    joined_with(&format!("[jobs.slow]\n{SLOW}\noutputs = ['rare']"));
}

#[test]
fn a_source_that_waits_for_people_ends_with_its_reader() {
    joined_with("[jobs.slow]\nuse = 'interactive'\noutputs = ['rare']");
}

#[test]
fn a_connector_that_waits_for_blocks_ends_with_its_reader() {
    joined_with(&format!(
        "[jobs.slow]\n{SLOW}\noutputs = ['slow']\n[jobs.pass]\nuse = 'forward'\ninputs = ['slow']\noutputs = ['rare']\n\
         [pipes.slow]\ncodec = 'json'"
    ))
    .job_ended("pass", JobEnd::Unneeded);
}

#[test]
fn a_source_that_waits_for_its_time_ends_with_a_program_that_reads_it() {
    network(format!(
        "[jobs.slow]\n{SLOW}\noutputs = ['numbers']\n\
         [jobs.first]\nexec = ['head', '-n', '1']\npass = 'stdio'\ninputs = ['numbers']\n\
         [pipes.numbers]\ncodec = 'lines'\n"
    ))
    .run()
    .exits(0)
    .job_ended("slow", JobEnd::Unneeded);
}
