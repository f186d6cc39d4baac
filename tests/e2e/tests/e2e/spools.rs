//! What waits for a reader on disk.

use pipeloom_e2e::{Test, network};

/// A source of a megabyte, and a sink that reads nothing before the source has ended.
fn late_sink(pipe: &str) -> Test {
    network(format!(
        "[jobs.source]\nexec = ['./source']\noutputs = ['a']\n\
         [jobs.sink]\nexec = ['./sink']\ninputs = ['a']\n[pipes.a]\ncodec = 'bytes'\nblock_size = 1000\n{pipe}\n"
    ))
    .program("source", "#!/bin/sh\nhead -c 1000000 /dev/zero > $2; touch $PIPELOOM_RUN_DIR/written")
    .program(
        "sink",
        "#!/bin/sh\nexec < $2; until [ -e $PIPELOOM_RUN_DIR/written ]; do sleep 0.01; done; wc -c > $PIPELOOM_RUN_DIR/out",
    )
}

#[test]
fn a_writer_does_not_wait_for_a_reader_whose_blocks_wait_on_disk() {
    // Without the spool neither would go on: the queue holds 100 blocks.
    for sync in ["never", "interval", "each"] {
        let pipe = format!("max_queue = 100\nwhen_full = 'spool'\nspool = {{ sync = '{sync}' }}");
        let run = late_sink(&pipe).run().exits(0).file("run/out", "1000000\n").delivered("a", "sink", 1000);
        assert!(!run.path("run/spool").exists(), "what was on disk is gone");
    }
}

#[test]
fn a_spool_that_is_full_makes_its_writer_wait_and_loses_nothing() {
    let toml = "[jobs.source]\nexec = ['villain', 'source', '2000', '1000']\noutputs = ['a']\n\
                [jobs.sink]\nexec = ['villain', 'witness', '1000']\ninputs = ['a']\n\
                [pipes.a]\ncodec = 'bytes'\nblock_size = 1000\nwhen_full = 'spool'\nspool = { max_bytes = 100_000 }\n";
    network(toml).run().exits(0).delivered("a", "sink", 2000);
}

#[test]
fn a_reader_that_ends_early_leaves_nothing_on_disk() {
    let toml = "[jobs.source]\nexec = ['seq', '100000']\npass = 'stdio'\noutputs = ['a']\n\
                [jobs.sink]\nexec = ['head', '-n', '1']\npass = 'stdio'\ninputs = ['a']\n\
                [pipes.a]\ncodec = 'lines'\nwhen_full = 'spool'\n";
    let run = network(toml).run().exits(0).file("run/logs/sink.stdout.log", "1\n");
    assert!(!run.path("run/spool").exists());
}

#[test]
fn each_reader_has_a_spool_of_its_own() {
    let toml = "[jobs.source]\nexec = ['seq', '5000']\npass = 'stdio'\noutputs = ['a']\n\
                [jobs.one]\nexec = ['wc', '-l']\npass = 'stdio'\ninputs = ['a']\n\
                [jobs.two]\nuse = 'lines-sink'\nargs.path = '${run}/two'\ninputs = ['a']\n\
                [pipes.a]\ncodec = 'lines'\nwhen_full = 'spool'\n";
    let run = network(toml).run().exits(0).file("run/logs/one.stdout.log", "5000\n").delivered("a", "two", 5000);
    assert_eq!(run.text("run/two").lines().count(), 5000);
}
