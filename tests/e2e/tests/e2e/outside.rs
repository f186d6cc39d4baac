//! Programs outside the network at the ends of its pipes, and FIFOs where channels would do.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::thread;
use std::time::{Duration, Instant};

use pipeloom_e2e::events::Event;
use pipeloom_e2e::{Running, Test, in_time, network};
use serde_json::json;

/// A network that is written and read from outside.
fn open_ended() -> Test {
    network(
        r#"
        [jobs.upper]
        exec = ["tr", "a-z", "A-Z"]
        pass = "stdio"
        inputs = ["in"]
        outputs = ["out"]
        [jobs.count]
        use = "null-sink"
        inputs = ["in"]
        [pipes]
        in = { codec = "lines", external = "writer", path = "in.fifo" }
        out = { codec = "lines", external = "reader", path = "out.fifo" }
        "#,
    )
}

/// Long enough for what takes no time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Opens a FIFO of the run to write.
#[track_caller]
fn writer(run: &Running, name: &str) -> File {
    let path = run.path(name);
    in_time("opening to write", PATIENCE, move || File::options().write(true).open(path)).unwrap()
}

/// Opens a FIFO of the run to read.
#[track_caller]
fn reader(run: &Running, name: &str) -> File {
    let path = run.path(name);
    in_time("opening to read", PATIENCE, move || File::open(path)).unwrap()
}

/// Reads to the end.
#[track_caller]
fn read_all(file: File) -> String {
    in_time("reading to the end", PATIENCE, move || std::io::read_to_string(file)).unwrap()
}

#[test]
fn programs_outside_write_and_read() {
    let run = open_ended().start();
    run.started("upper");
    let (mut input, output) = (writer(&run, "in.fifo"), reader(&run, "out.fifo"));
    input.write_all(b"one\ntwo\nlast without a break").unwrap();
    drop(input);
    assert_eq!(read_all(output), "ONE\nTWO\nLAST WITHOUT A BREAK\n");
    run.end().exits(0).delivered("in", "count", 3).has_result("count", json!({ "blocks": 3, "bytes": 26 }));
}

#[test]
fn a_writer_outside_may_be_late_and_slow() {
    // A reader that is there first must not take its absence for the end, and its bytes come one by one.
    let run = open_ended().start();
    run.started("upper");
    let output = reader(&run, "out.fifo");
    let mut input = writer(&run, "in.fifo");
    b"drop\nby drop\n".iter().for_each(|byte| input.write_all(&[*byte]).unwrap());
    drop(input);
    assert_eq!(read_all(output), "DROP\nBY DROP\n");
    run.end().exits(0).delivered("in", "upper", 2);
}

#[test]
fn a_writer_outside_may_wait_for_its_pipe_and_go_at_once() {
    // What was written is shorter than the time that the runtime needs to look at it: some of many were never heard of.
    let names: Vec<String> = (0..50).map(|number| format!("in-{number}")).collect();
    let jobs = names.iter().map(|name| format!("[jobs.of-{name}]\nuse = \"null-sink\"\ninputs = [\"{name}\"]\n"));
    let pipe = |name| format!("{name} = {{ codec = \"lines\", external = \"writer\", path = \"{name}.fifo\" }}\n");
    let test = network(jobs.chain(["[pipes]\n".to_owned()]).chain(names.iter().map(pipe)).collect::<String>());
    let mut waits: Vec<_> = names.iter().map(|name| test.path(&format!("{name}.fifo"))).collect();
    let writers = thread::spawn(move || {
        let deadline = Instant::now() + PATIENCE;
        while !waits.is_empty() && Instant::now() < deadline {
            waits.retain(|path| match File::options().write(true).open(path) {
                Ok(mut file) => file.write_all(b"here\n").is_err(),
                Err(_) => true,
            });
        }
        waits
    });
    let ran = test.run();
    assert!(writers.join().unwrap().is_empty());
    names.iter().fold(ran.exits(0), |ran, name| ran.delivered(name, &format!("of-{name}"), 1));
}

#[test]
fn a_reader_outside_that_goes_is_no_failure() {
    let run = network(
        r#"
        [jobs.yes]
        exec = ["yes"]
        pass = "stdio"
        outputs = ["lines"]
        [pipes.lines]
        codec = "lines"
        external = "reader"
        path = "out.fifo"
        "#,
    )
    .start();
    run.started("yes");
    let first = reader(&run, "out.fifo").take(20);
    let first = in_time("twenty bytes", PATIENCE, move || std::io::read_to_string(first)).unwrap();
    assert_eq!(first, "y\n".repeat(10));
    run.end().exits(0);
}

/// A network whose outer FIFO would be made where something stands already.
fn occupied() -> Test {
    network(
        r#"
        [jobs.source]
        exec = ["sh", "-c", "echo secret > \"$2\"; touch started", "sh"]
        outputs = ["lines"]
        [pipes.lines]
        codec = "lines"
        external = "reader"
        path = "victim"
        "#,
    )
}

#[test]
fn what_stands_at_a_pipes_path_is_refused_and_not_touched() {
    // Fault 74: a file, a link, a dangling link, a FIFO of somebody's.
    let run = occupied().file("victim", "precious").run().stderr_has("victim").exits(2).file("victim", "precious");
    assert!(!run.path("started").exists());

    let test = occupied().file("elsewhere", "precious");
    std::os::unix::fs::symlink("elsewhere", test.path("victim")).unwrap();
    let run = test.run().stderr_has("victim").exits(2).file("elsewhere", "precious");
    assert!(fs::symlink_metadata(run.path("victim")).unwrap().is_symlink());

    let test = occupied();
    std::os::unix::fs::symlink("nowhere", test.path("victim")).unwrap();
    let run = test.run().stderr_has("victim").exits(2);
    assert!(!run.path("nowhere").exists());

    let test = occupied().fifo("victim");
    let before = fs::metadata(test.path("victim")).unwrap().ino();
    let run = test.run().stderr_has("pipe lines: something is at its `path` ").stderr_has("pipeloom sweep").exits(2);
    let after = fs::metadata(run.path("victim")).unwrap();
    assert!(after.file_type().is_fifo() && after.ino() == before);
}

#[test]
fn a_fifo_can_be_had_between_native_jobs() {
    let rows: String = (1..=2000).map(|row| format!("{row}\n")).collect();
    network(
        r#"
        [jobs.count]
        use = "count"
        args = { from = 1, to = 2000 }
        outputs = ["numbers"]
        [jobs.pass]
        use = "forward"
        inputs = ["numbers"]
        outputs = ["same"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["same"]
        [jobs.dump]
        use = "null-sink"
        inputs = ["same"]
        [pipes]
        numbers = { codec = "lines", conduit = "fifo" }
        same = { codec = "lines", conduit = "fifo" }
        "#,
    )
    .run()
    .stdout(rows)
    .exits(0)
    .delivered("numbers", "pass", 2000)
    .delivered("same", "show", 2000)
    .delivered("same", "dump", 2000)
    .job_ended("show", pipeloom_e2e::events::JobEnd::Finished);
}

#[test]
fn a_stream_through_a_fifo_between_native_jobs_is_read_in_other_pieces_than_it_is_written_in() {
    let bytes: Vec<u8> = (0..600_000_u32).map(|at| (at % 251) as u8).collect();
    network(
        r#"
        [jobs.read]
        use = "bytes-source"
        args = { path = "in.bin" }
        outputs = ["bytes"]
        [jobs.write]
        use = "bytes-sink"
        args = { path = "${run}/out.bin" }
        inputs = ["bytes"]
        [pipes.bytes]
        codec = "stream"
        conduit = "fifo"
        capacity_bytes = 4096
        "#,
    )
    .file("in.bin", &bytes)
    .run()
    .exits(0)
    .file("run/out.bin", &bytes);
}

#[test]
fn a_reader_outside_may_be_late() {
    // All has been written, and the writer has gone, before it comes.
    let run = network(
        r#"
        [jobs.writer]
        exec = ["sh", "-c", "echo for whom it may concern > \"$2\"", "sh"]
        outputs = ["lines"]
        [pipes.lines]
        codec = "lines"
        external = "reader"
        path = "out.fifo"
        "#,
    )
    .start();
    run.until("the end of the writer", |event| matches!(event, Event::JobEnded { .. }).then_some(()));
    run.goes_on_for(Duration::from_millis(100));
    let path = run.path("out.fifo");
    let read = in_time("what was written", Duration::from_secs(20), move || fs::read_to_string(path));
    assert_eq!(read.unwrap(), "for whom it may concern\n");
    run.end().exits(0).delivered("lines", "", 1);
}
