//! Predefined jobs: kinds, arguments and ports.

use insta::assert_snapshot;

use crate::setting::network;

#[test]
fn kinds_that_are_not_there() {
    let errors = network("[jobs.a]\nuse = 'csv_sink'\n[jobs.b]\nuse = 'teleport'\n").errors();
    assert_snapshot!("kinds", errors);
}

#[test]
fn wrong_arguments_are_pointed_at() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n\
         [jobs.unknown]\nuse = 'csv-sink'\ninputs = ['x']\n\
         args = { pth = 'x', seperator = ',' }\n\
         [jobs.missing]\nuse = 'csv-sink'\ninputs = ['x']\n\
         [jobs.type]\nuse = 'csv-sink'\ninputs = ['x']\n\
         [jobs.type.args]\npath = 'x'\nseparator = 5\n\
         [jobs.deep]\nuse = 'spectrum'\nargs = { size = 4, weights = [1.0, 'two'] }\ninputs = ['x']\n\
         [jobs.own]\nuse = 'spectrum'\nargs = { size = 5 }\ninputs = ['x']\n\
         [jobs.none]\nuse = 'forward'\nargs = { size = 5, deep = { x = nan } }\ninputs = ['x']\n\
         [jobs.not-finite]\nuse = 'spectrum'\nargs = { size = inf }\n\
         [pipes.x]\ncodec = 'json'\n",
    )
    .errors();
    assert_snapshot!("arguments", errors);
}

#[test]
fn more_or_fewer_pipes_than_a_job_takes() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x', 'y', 'z']\n\
         [jobs.two]\nuse = 'spectrum'\nargs = { size = 4 }\ninputs = ['x', 'y']\noutputs = ['s']\n\
         [jobs.none]\nuse = 'csv-sink'\nargs = { path = 'x' }\n\
         [jobs.out]\nuse = 'csv-sink'\nargs = { path = 'x' }\ninputs = ['s']\noutputs = ['t']\n\
         [jobs.unpaired]\nuse = 'forward'\ninputs = ['t', 'z']\noutputs = ['u']\n\
         [jobs.end]\nexec = ['cat']\ninputs = ['u']\n\
         [pipes.x]\ncodec = 'bytes'\nblock_size = 4\n[pipes.y]\ncodec = 'bytes'\nblock_size = 4\n\
         [pipes.z]\ncodec = 'json'\n[pipes.s]\ncodec = 'bytes'\nblock_size = 12\n[pipes.u]\ncodec = 'json'\n",
    )
    .errors();
    assert_snapshot!("arity", errors);
}

#[test]
fn codecs_and_sizes_that_a_job_does_not_take() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n\
         [jobs.b]\nuse = 'spectrum'\nargs = { size = 4 }\ninputs = ['x']\noutputs = ['y']\n\
         [jobs.c]\nuse = 'csv-sink'\nargs = { path = 'x' }\ninputs = ['y']\n\
         [jobs.d]\nuse = 'spectrum'\nargs = { size = 4 }\ninputs = ['z']\noutputs = ['v']\n\
         [jobs.e]\nuse = 'forward'\ninputs = ['v']\noutputs = ['z2']\n\
         [jobs.f]\nuse = 'forward'\ninputs = ['z2']\noutputs = ['z3']\n\
         [jobs.g]\nuse = 'spectrum'\nargs = { size = 4 }\ninputs = ['z3']\noutputs = ['w']\n\
         [jobs.h]\nexec = ['cat']\npass = 'stdio'\ninputs = ['w']\n\
         [jobs.i]\nexec = ['cat']\npass = 'stdio'\noutputs = ['z']\n\
         [pipes.x]\ncodec = 'json'\n\
         [pipes.y]\ncodec = 'bytes'\nblock_size = 16\n\
         [pipes.v]\ncodec = 'bytes'\n",
    )
    .errors();
    assert_snapshot!("ports", errors);
}

#[test]
fn several_blocks_for_a_job_that_takes_one_at_a_time() {
    let file = |block_count: u32| {
        network(&format!(
            "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n[jobs.b]\nuse = 'forward'\ninputs = ['x']\noutputs = ['y']\n\
             [jobs.c]\nuse = 'csv-sink'\nargs = {{ path = 'x' }}\ninputs = ['y']\n\
             [pipes.x]\ncodec = 'json'\nblock_count = {block_count}\n[pipes.y]\nblock_count = 5\n"
        ))
    };
    file(1).is_right();
    assert_snapshot!("one_block", file(5).errors());
}
