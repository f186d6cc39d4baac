//! What is promised of blocks when their reader is started again.

use insta::assert_snapshot;
use pipeloom_config::{Ack, Delivery, Window};

use crate::setting::{Setting, network};

/// A source, and a job with these lines that reads `x`, whose table has these.
fn reader(job: &str, pipe: &str) -> Setting {
    network(&format!(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n\
         [jobs.b]\n{job}\ninputs = ['x']\nrestart.policy = 'on-failure'\n\
         [pipes.x]\ncodec = 'lines'\n{pipe}\n"
    ))
}

/// The same with a job behind it.
fn connector(job: &str, pipe: &str) -> Setting {
    let behind = "[jobs.c]\nexec = ['cat']\ninputs = ['y']\n[pipes.y]\ncodec = 'lines'\n";
    reader(&format!("{job}\noutputs = ['y']"), &format!("{pipe}\n{behind}"))
}

fn delivery(setting: &Setting) -> Delivery {
    let network = setting.is_right();
    let (_, pipe) = network.pipes().find(|(_, pipe)| pipe.name.as_str() == "x").unwrap();
    pipe.delivery
}

const PROMISED: &str = "delivery = 'at-least-once'";

#[test]
fn a_pipe_gives_no_block_twice_unless_the_file_says_otherwise() {
    assert_eq!(delivery(&connector("exec = ['cat']", "")), Delivery::AtMostOnce);
    assert_eq!(delivery(&connector("exec = ['cat']", "delivery = 'at-most-once'")), Delivery::AtMostOnce);
}

#[test]
fn who_answers_each_block_speaks_a_kit_or_is_native_can_acknowledge() {
    let window = |ack, bytes| Delivery::AtLeastOnce(Window { ack, bytes, spool_bytes: 1 << 30 });
    assert_eq!(delivery(&connector("exec = ['cat']", PROMISED)), window(Ack::Block, 4 << 20));
    assert_eq!(delivery(&reader("exec = ['cat']\nkit = true", PROMISED)), window(Ack::Block, 4 << 20));
    assert_eq!(delivery(&connector("use = 'forward'", PROMISED)), window(Ack::Block, 4 << 20));
    let end = format!("{PROMISED}\nack = 'end'\nwindow_bytes = 1000");
    assert_eq!(delivery(&reader("exec = ['cat']", &end)), window(Ack::End, 1000));
    let spool = format!("{end}\nspool = {{ max_bytes = 100_000 }}");
    let kept = Delivery::AtLeastOnce(Window { ack: Ack::End, bytes: 1000, spool_bytes: 100_000 });
    assert_eq!(delivery(&reader("exec = ['cat']", &spool)), kept);
}

#[test]
fn who_cannot_acknowledge_is_refused() {
    assert_snapshot!("sink_without_kit", reader("exec = ['cat']", PROMISED).errors());
    let free = connector("exec = ['cat']\nsteps = 'free'", PROMISED);
    assert_snapshot!("free_connector", free.errors());
}

#[test]
fn promises_that_cannot_be_kept_are_refused() {
    let drops = connector("exec = ['cat']", &format!("{PROMISED}\nwhen_full = 'drop-oldest'"));
    assert_snapshot!("drops", drops.errors());
    let optional = connector("exec = ['cat']", &format!("{PROMISED}\noptional = {{}}"));
    assert_snapshot!("optional", optional.errors());
    let stream = network(
        "[jobs.a]\nexec = ['cat']\npass = 'stdio'\noutputs = ['x']\n\
         [jobs.b]\nexec = ['cat']\npass = 'stdio'\ninputs = ['x']\nrestart.policy = 'on-failure'\n\
         [pipes.x]\ndelivery = 'at-least-once'\n",
    );
    assert_snapshot!("stream", stream.errors());
    let never = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n[jobs.b]\nexec = ['cat']\ninputs = ['x']\nkit = true\n\
         [pipes.x]\ncodec = 'lines'\ndelivery = 'at-least-once'\n",
    );
    assert_snapshot!("never_restarted", never.errors());
    let outside = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n[pipes.x]\ncodec = 'lines'\ndelivery = 'at-least-once'\n\
         external = 'reader'\npath = 'out'\n",
    );
    assert_snapshot!("outside", outside.errors());
}

#[test]
fn the_inputs_of_a_job_have_the_same_promise() {
    let two = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x', 'z']\n\
         [jobs.b]\nexec = ['cat']\nkit = true\ninputs = ['x', 'z']\nrestart.policy = 'on-failure'\n\
         [pipes]\nz.codec = 'lines'\nx = { codec = 'lines', delivery = 'at-least-once' }\n",
    );
    assert_snapshot!("differ", two.errors());
}

#[test]
fn keys_of_a_promise_mean_nothing_without_it() {
    assert_snapshot!("no_promise", connector("exec = ['cat']", "ack = 'end'\nwindow_bytes = 10").errors());
}

#[test]
fn what_a_native_job_says_itself_of_what_it_has_done_is_heard_only_of_a_process() {
    assert_snapshot!("native_word", reader("use = 'commit'", PROMISED).errors());
    reader("plugin = 'good.so'\njob = 'commit'\nisolation = 'process'", PROMISED).is_right();
}
