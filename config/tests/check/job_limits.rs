//! What a job may use at most.

use insta::assert_snapshot;
use pipeloom_config::{Limit, Limits};

use crate::setting::network;

/// The limits of the job `a`, whose table ends with these lines.
fn limits(lines: &str) -> Limits {
    let network = network(&format!("[jobs.a]\nexec = ['cat']\n{lines}\n")).is_right();
    let (_, job) = network.jobs().next().unwrap();
    job.executable().unwrap().limits.clone()
}

#[test]
fn limits_stand_in_the_network_as_in_the_file() {
    let all = limits(
        "[jobs.a.limits]\nprocesses = 20\nfile_bytes = 1_000\nopen_files = 64\ncpu_seconds = 60\nmemory_bytes = 1_048_576",
    );
    let text = "memory_bytes = 1048576, cpu_seconds = 60, open_files = 64, file_bytes = 1000, processes = 20";
    assert_eq!(all.to_string(), text);
    let one = limits("limits = { cpu_seconds = 1 }");
    assert_eq!((one.get(Limit::CpuSeconds), one.get(Limit::MemoryBytes)), (Some(1), None));
    assert!(limits("").is_empty());
    assert!(limits("limits = {}").is_empty());
}

#[test]
fn limits_that_make_no_sense() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\nlimits = { memory_bytes = 4096, cpu_seconds = 0, open_files = 0, file_bytes = 0, processes = -1 }\n\
         [jobs.b]\nexec = ['cat']\nlimits = { cpu_seconds = 1.5, memory_bytes = '512 MiB', memory = 1, file_byte = 2 }\n\
         [jobs.c]\nexec = ['cat']\nlimits = 5\n",
    )
    .errors();
    assert_snapshot!("senseless", errors);
}

#[test]
fn a_program_needs_some_open_files() {
    let file = |open_files: usize| {
        network(&format!(
            "[jobs.a]\nexec = ['cat']\ninputs = ['x']\noutputs = ['y', 'times']\nlog_times = true\n\
             limits = {{ open_files = {open_files} }}\n\
             [jobs.b]\nuse = 'csv-sink'\nargs = {{ path = 'x' }}\ninputs = ['y', 'times']\n\
             [jobs.c]\nuse = 'forward'\ninputs = ['y']\noutputs = ['x']\n\
             [pipes]\nx = {{ codec = 'json', cycle = true, optional = {{}}, when_full = 'drop-oldest' }}\ny.codec = 'json'\n"
        ))
    };
    // The times are written by the runtime.
    file(7).is_right();
    assert_snapshot!("too_few_files", file(6).errors());
}

#[test]
fn only_a_process_can_be_limited() {
    let errors = network(
        "[jobs.a]\nuse = 'forward'\ninputs = ['x']\noutputs = ['y']\nlimits = { cpu_seconds = 1 }\n\
         [jobs.b]\nplugin = 'good.so'\njob = 'forward'\ninputs = ['y']\noutputs = ['z']\nlimits.open_files = 64\n\
         [jobs.c]\nplugin = 'good.so'\njob = 'forward'\nisolation = 'process'\ninputs = ['z']\noutputs = ['x']\n\
         limits.open_files = 64\n\
         [pipes]\nx = { codec = 'json', cycle = true, optional = {}, when_full = 'drop-oldest' }\nz.codec = 'json'\n",
    )
    .errors();
    assert_snapshot!("no_process", errors);
}
