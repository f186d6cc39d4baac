//! Programs of all kits in real networks.

use std::collections::BTreeSet;

use pipeloom_e2e::{Run, Signal, Test, network};
use pipeloom_kits::{Kit, RMS};

/// What a sink with heads was given.
fn dumped(run: &Run) -> Vec<u8> {
    let text = run.text("run/logs/dump.stdout.log");
    text.split_ascii_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("two digits")).collect()
}

const DUMP: &str = r#"exec = ["sh", "-c", "od -An -v -tx1 \"$2\"", "sh"]
        head = true"#;

/// 1 to `to` by `source`, through all kits, with heads.
fn chain(source: &str, to: u64, pass: &str) -> Test {
    let [rust, c, python] = Kit::ALL.map(|kit| kit.exec("forward", &[]));
    network(format!(
        r#"
        [network]
        head_size = 2
        [jobs.source]
        {source}
        outputs = ["a"]
        [jobs.rust]
        {rust}
        pass = "{pass}"
        head = true
        inputs = ["a"]
        outputs = ["b"]
        [jobs.c]
        {c}
        pass = "{pass}"
        head = true
        inputs = ["b"]
        outputs = ["c"]
        [jobs.python]
        {python}
        pass = "{pass}"
        head = true
        inputs = ["c"]
        outputs = ["d"]
        [jobs.dump]
        {DUMP}
        inputs = ["d"]
        [pipes]
        d.codec = "lines"
        a.codec = "lines"
        b.codec = "lines"
        c.codec = "lines"
        "#,
        source = source.replace("TO", &to.to_string()),
    ))
}

fn numbers(to: u64) -> Vec<u8> {
    let head = |number| if number == 1 { 0x40 } else { 0 } | if number == to { 0x20 } else { 0 };
    (1..=to).flat_map(|number| [&[head(number), 0], format!("{number}\n").as_bytes()].concat()).collect()
}

#[test]
fn heads_travel_from_native_jobs_through_programs_of_each_kit() {
    for pass in ["path", "fd", "stdio"] {
        let run = chain("use = \"count\"\nargs = { from = 1, to = TO }", 5000, pass).run().exits(0);
        assert!(dumped(&run) == numbers(5000), "{pass}");
    }
}

#[test]
fn heads_travel_from_sources_of_each_kit() {
    for kit in Kit::ALL {
        let source = kit.exec("count", &[5000]) + "\nhead = true";
        let run = chain(&source, 5000, "path").run().exits(0);
        assert!(dumped(&run) == numbers(5000), "{kit:?}");
    }
}

#[test]
fn a_program_takes_several_inputs_and_several_blocks_of_one() {
    for kit in Kit::ALL {
        let sum = kit.exec("sum", &[]);
        let run = network(format!(
            r#"
            [jobs.ones]
            use = "count"
            args = {{ from = 1, to = 6 }}
            outputs = ["ones"]
            [jobs.hundreds]
            use = "count"
            args = {{ from = 100, to = 300, step = 100 }}
            outputs = ["hundreds"]
            [jobs.sum]
            {sum}
            head = true
            steps = "free"
            inputs = ["ones", "hundreds"]
            outputs = ["sums"]
            [jobs.show]
            use = "lines-sink"
            inputs = ["sums"]
            [pipes]
            ones = {{ codec = "lines", block_count = 2 }}
            hundreds.codec = "json"
            sums.codec = "lines"
            "#
        ))
        .run();
        run.stdout("103\n207\n311\n621\n").exits(0);
    }
}

#[test]
fn sources_of_each_kit_end_well_when_the_run_is_stopped() {
    for kit in Kit::ALL {
        let (source, sink) = (kit.exec("count", &[]), kit.exec("report", &[]));
        let mut running = network(format!(
            r#"
            [jobs.source]
            {source}
            head = true
            outputs = ["numbers"]
            [jobs.sink]
            {sink}
            head = true
            inputs = ["numbers"]
            [pipes]
            numbers.codec = "lines"
            "#
        ))
        .start();
        running.started("sink");
        running.signal(Signal::TERM);
        let run = running.end().exits(130);
        let blocks = run.result("sink")["blocks"].as_u64();
        assert!(blocks.is_some(), "{kit:?}: the sink has come to its end");
    }
}

#[test]
fn of_programs_of_each_kit_that_are_killed_and_started_again_nothing_is_lost() {
    const LINES: u64 = 20_000;
    for kit in Kit::ALL {
        let killed = kit.exec("die", &[3000]);
        let run = network(format!(
            r#"
            [jobs.source]
            exec = ["seq", "{LINES}"]
            pass = "stdio"
            outputs = ["numbers"]
            [jobs.killed]
            {killed}
            kit = true
            steps = "free"
            restart = {{ policy = "on-failure", backoff_seconds = 0.001 }}
            inputs = ["numbers"]
            outputs = ["same"]
            [jobs.sink]
            exec = ["cat"]
            pass = "stdio"
            inputs = ["same"]
            [pipes]
            numbers = {{ codec = "lines", delivery = "at-least-once" }}
            same.codec = "lines"
            "#
        ))
        .run()
        .stderr_has("it is started again")
        .exits(0);
        let came = run.text("run/logs/sink.stdout.log");
        let different: BTreeSet<u64> = came.lines().map(|line| line.parse().expect("a number")).collect();
        assert!(different.into_iter().eq(1..=LINES), "{kit:?}");
        let tally = run.tally("numbers", "killed");
        assert_eq!((tally.delivered, tally.lost), (LINES, 0), "{kit:?}: {tally:?}");
        // What it had written it had said to be done, but for the last few blocks.
        let twice = came.lines().count() as u64 - LINES;
        assert!(twice <= 2 * 64, "{kit:?}: {twice} lines came again");
    }
}

#[test]
fn the_example_in_c_tells_levels_and_marks_loud_blocks() {
    let samples: Vec<u8> = [[3, -4, 3, -4], [0; 4], [1000, -1000, 1000, 1000]]
        .concat()
        .iter()
        .flat_map(|s: &i16| s.to_le_bytes())
        .collect();
    let run = network(format!(
        r#"
        [jobs.read]
        use = "bytes-source"
        args = {{ path = "samples" }}
        outputs = ["samples"]
        [jobs.level]
        exec = ["{RMS}", "500"]
        head = true
        inputs = ["samples"]
        outputs = ["levels"]
        [jobs.dump]
        {DUMP}
        inputs = ["levels"]
        [pipes]
        samples = {{ codec = "bytes", block_size = 8 }}
        levels.codec = "lines"
        "#
    ))
    .file("samples", samples)
    .run()
    .exits(0);
    assert_eq!(dumped(&run), b"\x403.5\n\x000.0\n\x301000.0\n");
}

/// One job with these keys, whose blocks are shown.
fn shown(keys: &str) -> Test {
    network(format!(
        r#"
        [jobs.it]
        {keys}
        outputs = ["blocks"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["blocks"]
        [pipes.blocks]
        codec = "lines"
        "#
    ))
}

#[test]
fn the_files_arguments_come_to_programs_of_each_kit() {
    let rust = format!("exec = ['{}']", Kit::Rust.program());
    shown(&format!("{rust}\nargs = {{ deed = 'count', values = [3] }}")).run().stdout("1\n2\n3\n").exits(0);
    let c = Kit::C.exec("args", &[]);
    shown(&format!("{c}\nargs = {{ gain = 2.5, name = 'a \"b\"' }}"))
        .run()
        .stdout("{\"gain\":2.5,\"name\":\"a \\\"b\\\"\"}\n")
        .exits(0);
    shown(&c).run().stdout("{}\n").exits(0);
}

#[test]
fn a_wrong_argument_of_the_file_is_named_with_its_job() {
    let rust = format!("exec = ['{}']\nargs = {{ deed = 'cuont' }}", Kit::Rust.program());
    shown(&rust).run().stderr_has("it: PIPELOOM_ARGS, the job's `args`: deed: unknown variant `cuont`").exits(1);
}
