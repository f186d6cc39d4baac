//! Networks of 10,000 jobs.

use std::fmt::Write;
use std::time::{Duration, Instant};

use pipeloom_config::MAX_FILE_BYTES;

use crate::setting::network;

const JOBS: usize = 10_000;

/// The time in which a file of 10,000 jobs must be checked. Debug builds on a busy machine get more.
const BOUND: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });

/// A chain of jobs, native and executable in turn.
fn chain(jobs: usize) -> String {
    let mut toml = String::from("[jobs.start]\nexec = ['cat']\npass = 'stdio'\noutputs = ['p0']\n");
    for job in 0..jobs {
        let run = if job % 2 == 0 { "use = 'forward'" } else { "exec = ['cat', '${run}/x']\npass = 'stdio'" };
        writeln!(toml, "[jobs.j{job}]\n{run}\ninputs = ['p{job}']\noutputs = ['p{}']", job + 1).unwrap();
    }
    writeln!(toml, "[jobs.end]\nexec = ['cat']\npass = 'stdio'\ninputs = ['p{jobs}']").unwrap();
    toml
}

#[test]
fn ten_thousand_jobs_are_checked_in_time() {
    // Fault 55.
    let setting = network(&chain(JOBS));
    let start = Instant::now();
    let network = setting.is_right();
    assert_eq!(network.jobs().len(), JOBS + 2);
    assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
}

#[test]
fn ten_thousand_jobs_with_errors_are_checked_in_time_and_not_all_shown() {
    // Fault 55.
    // Each job has a misspelt key, a wrong value and a pipe that nobody writes.
    let wrong = chain(JOBS).replace("inputs", "head = 'no'\noutputs_flag = 'x'\ninputs");
    let wrong = wrong.replace("outputs = ['p", "outputs = ['q");
    let setting = network(&wrong);
    let start = Instant::now();
    let problems = setting.check().unwrap_err();
    assert!(problems.len() > 3 * JOBS, "{}", problems.len());
    let shown = problems.render(false, 100);
    assert!(shown.ends_with(&format!("and {} more\n", problems.len() - 100)), "{}", &shown[shown.len() - 200..]);
    assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
}

#[test]
fn a_cycle_of_ten_thousand_jobs_is_found_without_recursion() {
    let mut toml = String::new();
    for job in 0..JOBS {
        let next = (job + 1) % JOBS;
        writeln!(toml, "[jobs.j{job}]\nuse = 'forward'\ninputs = ['p{job}']\noutputs = ['p{next}']").unwrap();
    }
    let messages = network(&toml).messages();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].starts_with("the jobs form a cycle: j0 -> j1 -> j2"), "{messages:?}");
    assert!(messages[0].ends_with("-> ... -> j0"), "{messages:?}");
}

#[test]
fn errors_in_a_line_of_a_megabyte_are_shown_without_the_line() {
    let mut toml = String::from("jobs = { a = { exec = ['cat'], stop = { ");
    for key in 0..50_000 {
        write!(toml, "k{key} = 1, ").unwrap();
    }
    let setting = network(&(toml + "} } }\n"));
    let start = Instant::now();
    let shown = setting.errors();
    assert!(
        shown.starts_with("error: unknown key `k0` in `stop` of job `a`\n--> DIR/network.toml:1:41\n"),
        "{}",
        &shown[..200]
    );
    assert!(shown.len() < 20_000);
    assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
}

#[test]
fn the_longest_file_is_checked_in_time() {
    // Fault 57. 16 MiB, in which each line is wrong, and the same in one string that never ends. A debug build gets less.
    let longest = MAX_FILE_BYTES as usize / if cfg!(debug_assertions) { 8 } else { 1 };
    let line = "[jobs.a]\nexec = 5\n";
    let many = line.repeat(longest / line.len());
    let endless = format!("[jobs.a]\nexec = ['{}", "x".repeat(longest - 100));
    for toml in [many, endless] {
        let setting = network(&toml);
        let start = Instant::now();
        let shown = setting.errors();
        assert!(shown.starts_with("error: not TOML: "), "{}", &shown[..200]);
        assert!(shown.len() < 100_000, "{} bytes are shown", shown.len());
        assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
    }
}

#[test]
fn places_far_apart_are_both_shown() {
    let toml = format!("[jobs.a]\nexec = ['cat']\n{}use = 'forward'\n", "# nothing to be seen here\n".repeat(2000));
    insta::assert_snapshot!("far_apart", network(&toml).errors());
}

#[test]
fn a_knot_of_cycles_is_told_in_part() {
    // Each job of a chain feeds back to the first.
    let mut toml = String::new();
    for job in 0..JOBS {
        let inputs = if job == 0 {
            (1..JOBS).map(|other| format!("'back{other}', ")).collect()
        } else {
            format!("'p{}'", job - 1)
        };
        writeln!(toml, "[jobs.j{job}]\nuse = 'csv-sink'\nargs = {{ path = 'x' }}\ninputs = [{inputs}]").unwrap();
        writeln!(toml, "outputs = ['p{job}', 'back{job}']").unwrap();
    }
    let start = Instant::now();
    let cycles = network(&toml).messages().into_iter().filter(|message| message.contains("cycle")).count();
    assert_eq!(cycles, 10);
    assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
}

#[test]
fn ten_thousand_back_edges_are_checked_in_time() {
    // Each job of a chain feeds back to the one before it.
    let mut toml = String::new();
    for job in 0..JOBS {
        let next = job + 1;
        writeln!(toml, "[jobs.j{job}]\nuse = 'forward'\ninputs = ['p{job}', 'back{next}']").unwrap();
        writeln!(toml, "outputs = ['back{job}', 'p{next}']").unwrap();
        writeln!(toml, "[pipes.back{next}]\ncycle = true\noptional = {{}}\nwhen_full = 'drop-oldest'").unwrap();
    }
    writeln!(toml, "[jobs.start]\nexec = ['cat']\npass = 'path'\ninputs = ['back0']\noutputs = ['p0']").unwrap();
    writeln!(toml, "[jobs.end]\nuse = 'forward'\ninputs = ['p{JOBS}']\noutputs = ['back{JOBS}']").unwrap();
    writeln!(toml, "[pipes.p0]\ncodec = 'json'\n[pipes.back0]\ncodec = 'json'").unwrap();
    toml += "cycle = true\nasync = true\nwhen_full = 'fail'\n";
    let setting = network(&toml);
    let start = Instant::now();
    assert_eq!(setting.is_right().pipes().filter(|(_, pipe)| pipe.cycle).count(), JOBS + 1);
    assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
}
