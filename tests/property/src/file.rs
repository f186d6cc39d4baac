//! A case as a network file.

use std::fmt::Write as _;
use std::path::Path;

use fastrand::Rng;
use pipeloom_config::Pass;
use pipeloom_job::CodecName;
use serde_json::{Value, json};

use crate::case::{Body, Case, JobCase, PipeCase, Role};
use crate::content::Content;

/// The key of a sink's record among those of all cases of a process.
pub(crate) fn record_key(case: &Case, job: usize) -> String {
    format!("{}/j{job}", case.seed)
}

/// The network file of a case; its executables are `worker`. Jobs stand in any order.
pub fn file_text(case: &Case, worker: &Path) -> String {
    let mut tables: Vec<String> = (0..case.jobs.len()).map(|job| job_table(case, job, worker)).collect();
    Rng::with_seed(case.seed).shuffle(&mut tables);
    tables.extend(case.pipes.iter().enumerate().map(|(place, pipe)| pipe_table(place, pipe)));
    format!("[network]\nname = \"random\"\nhead_size = {}\n\n{}", case.head_size, tables.join("\n"))
}

fn job_table(case: &Case, place: usize, worker: &Path) -> String {
    let job = &case.jobs[place];
    let mut lines = vec![format!("[jobs.j{place}]")];
    match job.body {
        Body::Native { .. } => lines.extend(native_lines(case, place)),
        Body::Program { pass, head, kit, each, hold } => {
            let mut exec = vec![worker.to_string_lossy().into_owned()];
            match job.role {
                Role::Source(count) if kit => {
                    exec.extend(["kit".to_owned(), "numbered".to_owned()]);
                    lines.push(format!("args = {{ count = {count}, origins = {} }}", json!(origins(case, job))));
                }
                Role::Forward if kit => {
                    exec.extend(["kit".to_owned(), "pass".to_owned()]);
                    lines.push("args = { manner = \"commit\" }".to_owned());
                }
                Role::Source(count) => {
                    exec.extend(["source".to_owned(), count.to_string()]);
                    exec.extend(origins(case, job));
                }
                Role::Forward => exec.extend(["forward".to_owned(), hold.to_string()]),
                Role::Sink => exec.extend(["record".to_owned(), format!("${{run}}/j{place}")]),
            }
            lines.push(format!("exec = {}", json!(exec)));
            let pass = match pass {
                Pass::Path => "path",
                Pass::Fd => "fd",
                Pass::Stdio => "stdio",
            };
            let speaks = if kit { "kit = true".to_owned() } else { format!("head = {head}") };
            lines.push(format!("pass = \"{pass}\"\n{speaks}"));
            lines.extend(each.map(|each| format!("steps = \"{}\"", if each { "each" } else { "free" })));
        }
    }
    for (key, pipes) in [("inputs", &job.inputs), ("outputs", &job.outputs)] {
        let names: Vec<String> = pipes.iter().map(|pipe| format!("p{pipe}")).collect();
        lines.push(format!("{key} = {}", json!(names)));
    }
    lines.join("\n") + "\n"
}

fn native_lines(case: &Case, place: usize) -> Vec<String> {
    let job = &case.jobs[place];
    let Body::Native { manner, pace, thread } = job.body else { return Vec::new() };
    let word = |value: Result<Value, serde_json::Error>| value.map(|value| value.to_string()).unwrap_or_default();
    let (manner, pace) = (word(serde_json::to_value(manner)), word(serde_json::to_value(pace)));
    let how = format!("manner = {manner}, pace = {pace}");
    let (name, args) = match job.role {
        Role::Source(count) => {
            ("numbered", format!("{{ count = {count}, origins = {}, {how} }}", json!(origins(case, job))))
        }
        Role::Forward => ("pass", format!("{{ {how} }}")),
        Role::Sink => ("record", format!("{{ key = {:?} }}", record_key(case, place))),
    };
    vec![format!("use = \"{name}\""), format!("args = {args}"), format!("thread = {thread}")]
}

fn origins(case: &Case, job: &JobCase) -> Vec<String> {
    job.outputs.iter().map(|&pipe| case.pipes[pipe].origin.to_string()).collect()
}

fn pipe_table(place: usize, pipe: &PipeCase) -> String {
    let mut text = format!("[pipes.p{place}]\ncodec = \"{}\"\n", pipe.codec);
    if let (CodecName::Bytes, Content::Fixed(size)) = (pipe.codec, pipe.origin.content) {
        let _ = writeln!(text, "block_size = {size}");
    }
    if pipe.fifo {
        text.push_str("conduit = \"fifo\"\n");
    }
    for (key, value) in [("max_queue", pipe.max_queue), ("capacity_bytes", pipe.capacity)] {
        if let Some(value) = value {
            let _ = writeln!(text, "{key} = {value}");
        }
    }
    text
}
