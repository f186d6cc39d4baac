//! Predefined sinks: when what they have taken is written, and that no life of them loses what an earlier one had done.

use pipeloom_e2e::{Test, network};

use crate::lives::{AGAIN, lines, scripts};

/// A table of numbers, with a block among them that does not fit.
fn table(pipe: &str) -> Test {
    network(format!(
        "[jobs.source]\nuse = 'data'\nargs.values = [1, 2, {{ a = 3 }}, 4, 5]\noutputs = ['n']\n\
         [jobs.sink]\nuse = 'csv-sink'\nargs.path = '${{run}}/table.csv'\ninputs = ['n']\n\
         restart = {{ policy = 'on-failure', backoff_seconds = 0.001 }}\n[pipes.n]\ncodec = 'json'\n{pipe}\n"
    ))
}

#[test]
fn a_table_has_the_rows_of_all_lives_under_one_header() {
    // Each life began the file anew, so only the rows of the last one were in it.
    let run = table("").run().stderr_has(AGAIN).exits(0).file("run/table.csv", "n\r\n1\r\n2\r\n4\r\n5\r\n");
    let tally = run.tally("n", "sink");
    assert_eq!((tally.delivered, tally.lost), (4, 1), "{tally:?}");
}

#[test]
fn a_block_that_fits_in_no_life_fails_the_run_if_nothing_may_be_lost() {
    let run = table("delivery = 'at-least-once'").run().exits(1).file("run/table.csv", "n\r\n1\r\n2\r\n");
    assert!(
        run.failure("sink").message.contains("the file has the columns n from before"),
        "{:?}",
        run.failure("sink")
    );
}

#[test]
fn lines_for_which_there_is_no_room_are_not_done() {
    // They were gathered, and so counted as done, before they were written.
    let toml = "[jobs.source]\nuse = 'count'\nargs = { from = 1, to = 50000 }\noutputs = ['n']\n\
                [jobs.sink]\nuse = 'lines-sink'\nargs.path = '${run}/lines'\ninputs = ['n']\n\
                restart = { policy = 'on-failure', backoff_seconds = 0.001, max_restarts = 2 }\n\
                [pipes.n]\ncodec = 'lines'\ndelivery = 'at-least-once'\n";
    let limited = network(toml).through(&["sh", "-c", "ulimit -f 64; exec \"$@\"", "sh"]);
    let run = limited.run().exits(1);
    let written = run.text("run/lines");
    let expected: String = (1..=written.lines().count()).map(|number| format!("{number}\n")).collect();
    assert!(written == expected && written.len() > 30_000, "lines are torn or lost: {} bytes", written.len());
    assert_eq!(run.tally("n", "sink").delivered, written.lines().count() as u64);
}

#[test]
fn lines_are_written_when_no_more_have_come() {
    // They were kept back until there were many of them, or the stream ended.
    let toml = "[jobs.source]\nexec = ['./source']\noutputs = ['a']\n\
                [jobs.sink]\nuse = 'lines-sink'\nargs.path = '${run}/lines'\ninputs = ['a']\n[pipes.a]\ncodec = 'lines'\n";
    let source =
        "exec > $2; seq 3; until [ \"$(tail -n 1 $PIPELOOM_RUN_DIR/lines)\" = 3 ]; do sleep 0.01; done; echo 4";
    scripts(toml, &[("source", source)]).run().exits(0).file("run/lines", lines(1, 4));
}
