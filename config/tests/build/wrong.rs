//! What is wrong is said all at once, and shown in what was built.

use insta::assert_snapshot;
use pipeloom_config::build::{JobBuilder, NetworkBuilder, Pipe};
use pipeloom_config::file::PassName;
use pipeloom_job::typed::{Blocks, Connector, Output, iterate};
use pipeloom_job::{Flow, JobError};

use crate::options;

/// Takes pairs, and one number for each.
struct Sum;

impl Connector for Sum {
    type In = pipeloom_job::typed::Zip<(Blocks<u32>, u32)>;
    type Out = u32;

    fn step(&mut self, _: Self::In, out: &mut Output<'_, u32>) -> Result<Flow, JobError> {
        out.send(&0)?;
        Ok(Flow::Again)
    }
}

#[track_caller]
fn errors(network: &NetworkBuilder) -> String {
    let problems = network.check(&options()).unwrap_err();
    problems.render(false, 120)
}

#[test]
fn whatever_a_file_could_say_wrong() {
    let (a, b) = (Pipe::untyped("a").codec("jsn"), Pipe::untyped("b").codec("lines").set(&["max_que"], 3));
    let network = NetworkBuilder::new("wrong")
        .head_size(9)
        .param("unused", 1)
        .job(JobBuilder::predefined("one", "ani").output(&a))
        .job(JobBuilder::exec("two", ["no-such-program", "${frame}"]).pass(PassName::Stdio).input(&a).output(&b))
        .job(JobBuilder::exec("-three", ["cat"]).max_queue(1))
        .job(JobBuilder::new("four").input(&b));
    assert_snapshot!(errors(&network));
}

#[test]
fn two_jobs_of_one_name_and_pipes_described_in_two_ways() {
    let pipe = Pipe::<u32>::new("p").codec("json");
    let network = NetworkBuilder::new("two")
        .job(JobBuilder::source("a", || iterate(1..3_u32), &pipe))
        .job(JobBuilder::sender("a", &Pipe::<u8>::new("q")))
        .job(JobBuilder::receiver("b", &Pipe::<f64>::new("p")))
        .job(JobBuilder::receiver("c", &pipe.max_queue(4).codec("lines")))
        .job(JobBuilder::exec("d", ["no-such-program"]));
    assert_snapshot!(errors(&network));
}

#[test]
fn values_that_no_file_can_hold() {
    let pipe = Pipe::untyped("p").codec("json").dummy_value(None::<u8>);
    let network = NetworkBuilder::new("values")
        .param("big", u64::MAX)
        .job(
            JobBuilder::predefined("a", "any").arg("map", [((1, 2), 3)].into_iter().collect::<PairMap>()).output(&pipe),
        )
        .job(JobBuilder::predefined("b", "any").arg("nan", f64::NAN).input(&pipe));
    assert_snapshot!(errors(&network));
}

type PairMap = std::collections::BTreeMap<(u8, u8), u8>;

#[test]
fn types_that_no_block_of_a_codec_can_hold() {
    let map = Pipe::<PairMap>::new("map").codec("bytes").block_size(8);
    let short = Pipe::<f64>::new("short").codec("bytes").block_size(4);
    let list = Pipe::<Vec<u8>>::new("list").codec("lines");
    let right = Pipe::<[f32; 2]>::new("right").codec("bytes").block_size(8);
    let open = Pipe::untyped("open").codec("bytes").block_size(3);
    let network = NetworkBuilder::new("types")
        .job(
            JobBuilder::predefined("all", "any").output(&map).output(&short).output(&list).output(&right).output(&open),
        )
        .job(JobBuilder::receiver("a", &map))
        .job(JobBuilder::receiver("b", &short))
        .job(JobBuilder::receiver("c", &list))
        .job(JobBuilder::receiver("d", &right))
        .job(JobBuilder::receiver("e", &open));
    assert_snapshot!(errors(&network));
}

#[test]
fn jobs_of_the_program_are_held_to_their_ports() {
    let (pairs, ones, sums) = (Pipe::new("pairs").block_count(2), Pipe::new("ones").block_count(2), Pipe::new("sums"));
    let network = NetworkBuilder::new("ports")
        .job(JobBuilder::source("pairs", || iterate(1..3_u32), &pairs).input(&sums))
        .job(JobBuilder::sender("ones", &ones).output(&Pipe::<u32>::new("more")))
        .job(JobBuilder::connector("sum", || Sum, (&pairs, &ones), &sums))
        .job(JobBuilder::predefined("rest", "any").input(&Pipe::untyped("more")))
        .job(JobBuilder::receiver("none", &sums).arg("speed", 3))
        .job(JobBuilder::receiver("free", &sums).steps(pipeloom_config::file::StepsName::Free));
    assert_snapshot!(errors(&network));
}
