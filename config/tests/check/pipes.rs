//! Codecs, sizes, heads and outer ends.

use insta::assert_snapshot;
use pipeloom_config::{QueueLimits, Side};
use pipeloom_job::{Codec, Steps};

use crate::setting::network;

#[test]
fn an_executable_needs_a_codec_unless_it_is_a_filter() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n[jobs.b]\nexec = ['cat']\npass = 'stdio'\ninputs = ['x']\n",
    )
    .errors();
    assert_snapshot!("codec_needed", errors);
}

#[test]
fn the_codec_without_a_word() {
    let network = network(
        "[jobs.a]\nuse = 'forward'\ninputs = ['i']\noutputs = ['native']\n\
         [jobs.b]\nuse = 'forward'\ninputs = ['native']\noutputs = ['filtered']\n\
         [jobs.c]\nexec = ['cat']\npass = 'stdio'\ninputs = ['filtered']\n\
         [jobs.d]\nexec = ['cat']\npass = 'stdio'\noutputs = ['i']\n",
    )
    .is_right();
    let codecs: Vec<_> = network.pipes().map(|(_, pipe)| (pipe.name.as_str(), pipe.codec)).collect();
    assert_eq!(codecs, [("i", Codec::Stream), ("native", Codec::Bincode), ("filtered", Codec::Stream)]);
}

#[test]
fn block_sizes() {
    let pair = |name: &str| {
        format!(
            "[jobs.{name}-a]\nexec = ['cat']\npass = 'stdio'\noutputs = ['{name}']\n\
             [jobs.{name}-b]\nexec = ['cat']\npass = 'stdio'\ninputs = ['{name}']\n"
        )
    };
    let jobs: String = ["none", "other", "implied", "long", "longer"].map(pair).concat();
    let toml = format!(
        "{jobs}[pipes.none]\ncodec = 'bytes'\n\
         [pipes.other]\ncodec = 'json'\nblock_size = 4\n\
         [pipes.implied]\nblock_size = 4\n\
         [pipes.long]\ncodec = 'bytes'\nblock_size = 300_000_000\n\
         [pipes.longer]\ncodec = 'bytes'\nblock_size = 5\nmax_block_bytes = 4\n"
    );
    assert_snapshot!("block_sizes", network(&toml).errors());
}

#[test]
fn heads_and_steps_need_blocks() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\npass = 'stdio'\nhead = true\noutputs = ['x']\n\
         [jobs.b]\nexec = ['cat']\nsteps = 'each'\ninputs = ['x']\n\
         [pipes.x]\ncodec = 'stream'\n",
    )
    .errors();
    assert_snapshot!("heads_and_steps_need_blocks", errors);
}

#[test]
fn steps_without_a_word() {
    let network = network(
        "[jobs.a]\nexec = ['cat']\npass = 'stdio'\nhead = true\noutputs = ['x']\n\
         [jobs.b]\nexec = ['cat']\ninputs = ['x']\noutputs = ['y']\n\
         [jobs.c]\nexec = ['cat']\npass = 'fd'\ninputs = ['y']\n\
         [jobs.d]\nexec = ['cat']\npass = 'fd'\nsteps = 'free'\ninputs = ['x']\n\
         [jobs.e]\nexec = ['cat']\npass = 'stdio'\nsteps = 'each'\ninputs = ['x']\n\
         [pipes.x]\ncodec = 'json'\n[pipes.y]\ncodec = 'stream'\n",
    )
    .is_right();
    let steps: Vec<_> = network.jobs().filter_map(|(_, job)| Some(job.executable()?.steps)).collect();
    assert_eq!(steps, [Steps::Free, Steps::Free, Steps::Free, Steps::Free, Steps::Each]);
}

#[test]
fn more_pipes_than_standard_streams() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x', 'y']\n\
         [jobs.b]\nexec = ['cat']\npass = 'stdio'\ninputs = ['x', 'y']\n\
         [pipes.x]\ncodec = 'lines'\n[pipes.y]\ncodec = 'lines'\n",
    )
    .errors();
    assert_snapshot!("stdio_arity", errors);
}

#[test]
fn outer_ends() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['both', 'no-path', 'no-external']\n\
         [jobs.b]\nexec = ['cat']\ninputs = ['no-path', 'no-external', 'nowhere', 'same1', 'same2', 'no-codec', 'both']\n\
         [pipes.both]\ncodec = 'json'\nexternal = 'writer'\npath = 'fifo1'\n\
         [pipes.no-path]\ncodec = 'json'\nexternal = 'reader'\n\
         [pipes.no-external]\ncodec = 'json'\npath = 'fifo2'\n\
         [pipes.nowhere]\ncodec = 'json'\nexternal = 'writer'\npath = 'no/where'\n\
         [pipes.same1]\ncodec = 'json'\nexternal = 'writer'\npath = 'fifo3'\n\
         [pipes.same2]\ncodec = 'json'\nexternal = 'writer'\npath = '${network}/fifo3'\n\
         [pipes.no-codec]\nexternal = 'writer'\npath = 'fifo4'\n\
         [pipes.nobody-reads]\ncodec = 'json'\nexternal = 'writer'\npath = 'fifo5'\n\
         [pipes.nobody-writes]\ncodec = 'json'\nexternal = 'reader'\npath = 'fifo6'\n",
    )
    .errors();
    assert_snapshot!("outer_ends", errors);
}

#[test]
fn an_outer_end_stands_for_a_job() {
    let setting = network(
        "[jobs.a]\nexec = ['cat']\npass = 'stdio'\ninputs = ['in']\noutputs = ['out']\n\
         [pipes.in]\ncodec = 'lines'\nexternal = 'writer'\npath = 'in.fifo'\n\
         [pipes.out]\ncodec = 'lines'\nexternal = 'reader'\npath = 'out.fifo'\nconduit = 'fifo'\n",
    );
    let network = setting.is_right();
    let sides: Vec<_> = network.pipes().filter_map(|(_, pipe)| pipe.external.clone()).collect();
    assert_eq!(sides[0].side, Side::Writer);
    assert_eq!(sides[1].path, setting.path().join("out.fifo"));
}

#[test]
fn queues_are_the_pipes_or_its_readers() {
    let network = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x', 'y', 'z']\n\
         [jobs.b]\nexec = ['cat']\ninputs = ['x', 'y', 'z']\nmax_queue = 10\n\
         [jobs.c]\nexec = ['cat']\ninputs = ['y']\nmax_queue = 5\n\
         [pipes.x]\ncodec = 'lines'\nmax_queue = 20\n[pipes.y]\ncodec = 'lines'\n[pipes.z]\ncodec = 'lines'\n",
    )
    .is_right();
    let blocks: Vec<_> = network.pipes().map(|(_, pipe)| pipe.queue.blocks).collect();
    assert_eq!(blocks, [20, 5, 10]);
    assert_eq!(QueueLimits::default(), QueueLimits { blocks: 1024, bytes: 4 << 20 });
}
