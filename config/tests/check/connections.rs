//! Ends of pipes, and cycles.

use insta::assert_snapshot;

use crate::setting::network;

#[test]
fn a_pipe_without_a_reader() {
    // Fault 49.
    let errors = network("[jobs.read]\nexec = ['cat']\npass = 'stdio'\noutputs = ['lines']\n").errors();
    assert_snapshot!("pipe_without_reader", errors);
}

#[test]
fn a_pipe_without_a_writer() {
    // Fault 49.
    let errors = network("[jobs.save]\nuse = 'csv-sink'\nargs = { path = 'x' }\ninputs = ['rows']\n").errors();
    assert_snapshot!("pipe_without_writer", errors);
}

#[test]
fn a_misspelt_pipe_has_no_writer_and_the_right_one_no_reader() {
    let errors = network(
        "[jobs.read]\nexec = ['cat']\npass = 'stdio'\noutputs = ['frames']\n\n\
         [jobs.show]\nexec = ['cat']\npass = 'stdio'\ninputs = ['frmaes']\n",
    )
    .errors();
    assert_snapshot!("misspelt_pipe", errors);
}

#[test]
fn a_pipe_with_two_writers() {
    // Fault 49.
    let errors = network(
        "[jobs.a]\nexec = ['cat']\npass = 'stdio'\noutputs = ['x']\n\n\
         [jobs.b]\nexec = ['cat']\npass = 'stdio'\noutputs = ['x']\n\n\
         [jobs.c]\nexec = ['cat']\npass = 'stdio'\ninputs = ['x']\n",
    )
    .errors();
    assert_snapshot!("pipe_with_two_writers", errors);
}

#[test]
fn a_pipe_that_no_job_names() {
    let errors = network("[jobs.a]\nexec = ['cat']\n[pipes.lonely]\ncodec = 'json'\n").errors();
    assert_snapshot!("pipe_that_no_job_names", errors);
}

#[test]
fn a_job_with_a_pipe_twice() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x', 'x']\n[jobs.b]\nexec = ['cat']\ninputs = ['x', 'x']\n\
         [pipes.x]\ncodec = 'lines'\n",
    )
    .errors();
    assert_snapshot!("pipe_twice", errors);
}

#[test]
fn a_cycle_is_shown_with_its_path() {
    // Fault 50.
    let errors = network(
        "[jobs.mix]\nuse = 'forward'\ninputs = ['echo']\noutputs = ['mixed']\n\n\
         [jobs.delay]\nuse = 'forward'\ninputs = ['mixed']\noutputs = ['late']\n\n\
         [jobs.damp]\nuse = 'forward'\ninputs = ['late']\noutputs = ['echo']\n",
    )
    .errors();
    assert_snapshot!("cycle", errors);
}

#[test]
fn a_job_that_reads_what_it_writes() {
    // Fault 58.
    let errors = network("[jobs.a]\nuse = 'forward'\ninputs = ['x']\noutputs = ['x']\n").errors();
    assert_snapshot!("self_loop", errors);
}

#[test]
fn an_empty_network() {
    // Fault 58.
    assert_snapshot!("empty_network", network("[network]\nname = 'nothing'\n").errors());
    assert_eq!(network("").messages(), ["the network has no jobs"]);
}

#[test]
fn a_diamond_is_no_cycle() {
    network(
        "[jobs.a]\nexec = ['cat']\npass = 'stdio'\noutputs = ['x']\n\
         [jobs.b]\nexec = ['cat']\npass = 'stdio'\ninputs = ['x']\noutputs = ['y']\n\
         [jobs.c]\nexec = ['cat']\npass = 'stdio'\ninputs = ['x']\noutputs = ['z']\n\
         [jobs.d]\nexec = ['cat']\ninputs = ['y', 'z']\n\
         [pipes.y]\ncodec = 'lines'\n[pipes.z]\ncodec = 'lines'\n",
    )
    .is_right();
}

#[test]
fn what_a_refused_key_may_have_said_is_not_missed() {
    // `outputs` cannot be read, so nothing is said about the pipe's writer.
    let messages =
        network("[jobs.a]\nexec = ['cat']\noutputs = 5\n[jobs.b]\nexec = ['cat']\npass = 'stdio'\ninputs = ['x']\n")
            .messages();
    assert_eq!(messages, ["`outputs` must be a list"]);
    // Nor is it said that the job runs nothing.
    let messages = network("[jobs.a]\nplugin = 5\n").messages();
    assert_eq!(messages, ["`plugin` must be a text"]);
}
