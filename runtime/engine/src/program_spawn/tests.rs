//! Arguments, environment and descriptors of executables.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::RawFd;
use std::path::PathBuf;

use pipeloom_config::Network;
use pipeloom_events::RunId;
use pipeloom_job::control::{PipeTable, RingEntry};
use pipeloom_os::pipe::unnamed;
use tempfile::TempDir;

use super::{Inherited, Prepared, prepare};
use crate::run_dir::RunDir;
use crate::sample::{Sample, job};
use crate::supervise::At;
use crate::wire::{ChildEnd, ChildEnds, RingEnd, Side, Tellers};

/// What an executable would be started with.
struct Started {
    prepared: Prepared,
    run: RunId,
    run_dir: PathBuf,
    _dir: TempDir,
}

impl Started {
    fn argv(&self) -> Vec<String> {
        self.prepared.spawn.argv.iter().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    fn env(&self) -> BTreeMap<String, String> {
        let text = |text: &OsString| text.to_string_lossy().into_owned();
        let (shared, own) = (&self.prepared.spawn.shared_env, &self.prepared.spawn.env);
        let map = |env: &[(OsString, OsString)]| -> BTreeMap<_, _> {
            let map: BTreeMap<_, _> = env.iter().map(|(name, value)| (text(name), text(value))).collect();
            assert_eq!(map.len(), env.len(), "a variable stands twice");
            map
        };
        let mut all = map(shared);
        all.extend(map(own));
        all
    }

    fn fds(&self) -> Vec<RawFd> {
        let mut numbers: Vec<_> = self.prepared.spawn.fds.iter().map(|(_, number)| *number).collect();
        numbers.sort_unstable();
        numbers
    }

    fn table(&self) -> PipeTable {
        serde_json::from_str(&self.env()["PIPELOOM_PIPES"]).unwrap()
    }
}

/// Prepares the executable `it`. Pipes passed by path are at `/pipes/NAME`.
fn start(sample: Sample) -> Started {
    start_with(sample, Vec::new())
}

/// The same with memory beside some pipes.
fn start_with(sample: Sample, rings: Vec<(Side, usize, RingEnd)>) -> Started {
    let network = sample.network();
    let dir = tempfile::tempdir().unwrap();
    let run_dir = RunDir::create(&dir.path().join("run"), network.source()).unwrap();
    let (run, it) = (RunId::now(), job(&network, "it"));
    let executable = network[it].executable().unwrap();
    let by_path = executable.pass == pipeloom_config::Pass::Path;
    let ends = ChildEnds {
        rings,
        tellers: Tellers::default(),
        inputs: network[it].inputs.iter().map(|&pipe| Some(end(&network, pipe, by_path))).collect(),
        outputs: network[it].outputs.iter().map(|&pipe| Some(end(&network, pipe, by_path))).collect(),
    };
    let prepared = prepare(&network, At::first(it), executable, ends, run, &run_dir, &Inherited::default()).unwrap();
    Started { prepared, run, run_dir: run_dir.path().to_owned(), _dir: dir }
}

fn end(network: &Network, pipe: pipeloom_config::PipeId, by_path: bool) -> ChildEnd {
    if by_path {
        ChildEnd::Path(format!("/pipes/{}", network[pipe].name).into())
    } else {
        ChildEnd::Fd(unnamed().unwrap().0.into_fd())
    }
}

/// `it` with two inputs and an output, run with these words.
fn three_pipes(exec: &[&str]) -> Sample {
    Sample::new().native("w", &[], &["a", "b"]).executing("it", exec, &["b", "a"], &["c"])
}

fn finish(sample: Sample) -> Sample {
    sample.native("r", &["c"], &[])
}

#[test]
fn paths_stand_behind_their_flags_inputs_first_in_the_files_order() {
    let started = start(finish(three_pipes(&["/bin/true", "given", "; rm -rf", "-o"])));
    let expected = ["/bin/true", "given", "; rm -rf", "-o", "-i", "/pipes/b", "-i", "/pipes/a", "-o", "/pipes/c"];
    assert_eq!(started.argv(), expected);
    assert_eq!(started.fds(), [1, 2, 3]);
    assert_eq!(started.prepared.spawn.program, "/bin/true");
}

#[test]
fn descriptors_are_numbered_from_4_up() {
    let started = start(finish(three_pipes(&["/bin/true"]).with("pass = \"fd\"")));
    assert_eq!(started.argv(), ["/bin/true", "-i", "4", "-i", "5", "-o", "6"]);
    assert_eq!(started.fds(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn standard_input_and_output_have_no_flags() {
    let filter = Sample::new().native("w", &[], &["a"]).executing("it", &["/bin/true", "-x"], &["a"], &["c"]);
    let started = start(finish(filter.with("pass = \"stdio\"")));
    assert_eq!(started.argv(), ["/bin/true", "-x"]);
    assert_eq!(started.fds(), [0, 1, 2, 3]);
    assert!(started.prepared.stdout.is_none(), "its standard output is its pipe");
}

#[test]
fn flags_may_have_other_names_or_none() {
    let named = three_pipes(&["/bin/true"]).with("input_flag = \"--from\"\noutput_flag = \"\"");
    let expected = ["/bin/true", "--from", "/pipes/b", "--from", "/pipes/a", "/pipes/c"];
    assert_eq!(start(finish(named)).argv(), expected);
}

#[test]
fn a_pipe_that_stands_in_the_arguments_has_no_flag() {
    let started = start(finish(three_pipes(&["/bin/true", "in=${pipe.a}", "${run}/out"])));
    let out = started.run_dir.join("out").display().to_string();
    assert_eq!(started.argv(), ["/bin/true", "in=/pipes/a", &out, "-i", "/pipes/b", "-o", "/pipes/c"]);
}

#[test]
fn a_program_is_told_of_its_run_its_name_and_its_pipes() {
    let a = "codec = \"bytes\"\nblock_size = 9\nblock_count = 5\nmax_block_bytes = 64";
    let sample = three_pipes(&["/bin/true"]).with("head = true").pipe("a", a);
    let started = start(finish(sample));
    let env = started.env();
    assert_eq!(env["PIPELOOM_RUN"], started.run.to_string());
    assert_eq!((env["PIPELOOM_JOB"].as_str(), env["PIPELOOM_CONTROL"].as_str()), ("it", "3"));
    assert_eq!(env["PIPELOOM_RUN_DIR"], started.run_dir.display().to_string());
    assert_eq!(env["PIPELOOM_NETWORK_DIR"], "/");
    assert_eq!(env["PIPELOOM_INCARNATION"], "1");
    let table = started.table();
    assert_eq!((table.v, table.head_size), (1, 1));
    let rows: Vec<_> =
        table.pipes.iter().map(|pipe| (pipe.name.as_str(), pipe.codec.as_str(), pipe.block_size)).collect();
    assert_eq!(rows, [("b", "lines", None), ("a", "bytes", Some(9)), ("c", "lines", None)]);
    assert!(table.pipes.iter().all(|pipe| pipe.head && pipe.fd.is_none()));
    let counts: Vec<_> = table.pipes.iter().map(|pipe| pipe.block_count).collect();
    assert_eq!(counts, [1, 5, 1]);
    assert_eq!(table.pipes[1].max_block_bytes, Some(64));
    assert_eq!(table.pipes[0].path.as_deref(), Some("/pipes/b"));
}

#[test]
fn arguments_are_one_object_of_json() {
    let args = |started: Started| started.env()["PIPELOOM_ARGS"].clone();
    assert_eq!(args(start(finish(three_pipes(&["/bin/true"])))), "{}");
    let sample = three_pipes(&["/bin/true"]).with("args = { name = 'a \"b\"', to = '${run}/x', list = [1, 2.5] }");
    let started = start(finish(sample));
    let to = started.run_dir.join("x").display().to_string();
    let given: serde_json::Value = serde_json::from_str(&args(started)).unwrap();
    assert_eq!(given, serde_json::json!({ "name": "a \"b\"", "to": to, "list": [1, 2.5] }));
}

#[test]
fn the_environment_is_the_callers_and_what_the_file_says() {
    let sample = |more: &str| {
        finish(three_pipes(&["/bin/true"]).with(&format!("{more}\nenv = {{ HOME = \"${{run}}\", NEW = \"x\" }}")))
    };
    let started = start(sample(""));
    let env = started.env();
    assert_eq!(env["HOME"], started.run_dir.display().to_string());
    assert_eq!((env["NEW"].as_str(), env["PATH"].clone()), ("x", std::env::var("PATH").unwrap()));
    // Cargo gives this one to tests.
    assert!(env.contains_key("CARGO_MANIFEST_DIR"));

    let env = start(sample("env_clear = true")).env();
    assert_eq!((env["NEW"].as_str(), env["PATH"].clone()), ("x", std::env::var("PATH").unwrap()));
    let kept = ["HOME", "LANG", "NEW", "PATH", "TMPDIR", "TZ"];
    let stray =
        |name: &&String| !kept.contains(&name.as_str()) && !name.starts_with("LC_") && !name.starts_with("PIPELOOM_");
    assert_eq!(env.keys().find(stray), None);
}

#[test]
fn a_program_works_in_the_files_folder_or_where_it_is_told_or_beside_its_dependencies() {
    let cwd = |started: &Started| started.prepared.spawn.cwd.clone().map(PathBuf::from);
    assert_eq!(cwd(&start(finish(three_pipes(&["/bin/true"])))), Some("/".into()));
    assert_eq!(cwd(&start(finish(three_pipes(&["/bin/true"]).with("cwd = \"/proc\"")))), Some("/proc".into()));
    let started = start(finish(three_pipes(&["/bin/true"]).with("dependencies = [\"/etc/passwd\"]")));
    assert_eq!(cwd(&started), Some(started.run_dir.join("jobs/it")));
    assert!(started.run_dir.join("jobs/it/passwd").is_file());
}

#[test]
fn memory_beside_pipes_is_given_behind_all_of_them_and_is_only_an_offer() {
    let ring = |side, port| (side, port, RingEnd::new("p", 4096).unwrap());
    let sample = finish(three_pipes(&["/bin/true"]).with("pass = \"fd\""));
    let started = start_with(sample, vec![ring(Side::Writer, 0), ring(Side::Reader, 1)]);
    let PipeTable { v, pipes, .. } = started.table();
    assert_eq!(v, 1, "a kit that does not know of it reads and writes plain bytes");
    assert_eq!(pipes.iter().map(|pipe| pipe.fd.unwrap()).collect::<Vec<_>>(), [4, 5, 6]);
    let rings: Vec<_> = pipes.iter().map(|pipe| pipe.ring).collect();
    let given = |fd| Some(RingEntry { fd, room: fd + 1, bytes: 4096 });
    assert_eq!(rings, [None, given(7), given(9)]);
    let numbers: Vec<_> = started.prepared.spawn.fds.iter().map(|(_, number)| *number).collect();
    assert!((7..11).all(|number| numbers.contains(&number)), "{numbers:?}");
}
