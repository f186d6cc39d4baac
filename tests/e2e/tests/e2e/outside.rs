//! Programs outside the network at the ends of its pipes, and FIFOs where channels would do.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use pipeloom_e2e::{Test, network};
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

#[test]
fn programs_outside_write_and_read() {
    let run = open_ended().start();
    run.started("upper");
    let mut input = File::options().write(true).open(run.path("in.fifo")).unwrap();
    let mut output = File::open(run.path("out.fifo")).unwrap();
    input.write_all(b"one\ntwo\nlast without a break").unwrap();
    drop(input);
    let mut read = String::new();
    output.read_to_string(&mut read).unwrap();
    assert_eq!(read, "ONE\nTWO\nLAST WITHOUT A BREAK\n");
    run.end().exits(0).delivered("in", "count", 3).has_result("count", json!({ "blocks": 3, "bytes": 26 }));
}

#[test]
fn a_writer_outside_may_be_late_and_slow() {
    // A reader that is there first must not take its absence for the end, and its bytes come one by one.
    let run = open_ended().start();
    run.started("upper");
    let mut output = File::open(run.path("out.fifo")).unwrap();
    let reader = std::thread::spawn(move || {
        let mut read = String::new();
        output.read_to_string(&mut read).map(|_| read)
    });
    let mut input = File::options().write(true).open(run.path("in.fifo")).unwrap();
    b"drop\nby drop\n".iter().for_each(|byte| input.write_all(&[*byte]).unwrap());
    drop(input);
    assert_eq!(reader.join().unwrap().unwrap(), "DROP\nBY DROP\n");
    run.end().exits(0).delivered("in", "upper", 2);
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
    let mut lines = [0; 20];
    File::open(run.path("out.fifo")).unwrap().read_exact(&mut lines).unwrap();
    assert_eq!(&lines, b"y\ny\ny\ny\ny\ny\ny\ny\ny\ny\n");
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
    let run = test.run().stderr_has("victim").exits(2);
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
