//! Getting the ends, and values that do not fit.

use pipeloom_config::build::{JobBuilder, NetworkBuilder, Pipe};
use pipeloom_e2e::events::Outcome;
use pipeloom_engine::{EndError, Options, ReceiveError, SendError, StartError, start};

use crate::Run;

#[test]
fn an_end_is_had_by_pipe_or_by_name_once_and_for_its_type() {
    let (there, back) = (Pipe::<u32>::new("there"), Pipe::untyped("back").codec("json"));
    let pass = JobBuilder::exec("pass", ["cat"]).pass(pipeloom_config::file::PassName::Stdio);
    let there = there.codec("json");
    let network = NetworkBuilder::new("ends").job(JobBuilder::sender("feed", &there));
    let network = network.job(pass.input(&there).output(&back)).job(JobBuilder::receiver("read", &back));
    let run = Run::of(&network);

    let wrong = run.sender::<String>("there").unwrap_err();
    assert_eq!(wrong.to_string(), "pipe `there` has values of type `u32`, not `alloc::string::String`");
    assert_eq!(run.sender::<u32>("their").unwrap_err(), EndError::NoPipe { pipe: "their".into() });
    let not_ours = run.receiver(&there).unwrap_err();
    let words = "no receiver is at pipe `there`: add `JobBuilder::receiver` for it when the network is built";
    assert_eq!(not_ours.to_string(), words);

    let mut sender = run.sender::<u32>("there").unwrap();
    let again = run.sender(&there).unwrap_err();
    assert_eq!(again.to_string(), "the sender of pipe `there` was taken before");
    // Nothing is known of these values, so they may be asked for as any type.
    let mut receiver = run.receiver::<i64>("back").unwrap();
    sender.send(&7).unwrap();
    assert_eq!(receiver.next().unwrap().unwrap(), 7);
    drop(sender);
    assert!(receiver.next().is_none());
    assert_eq!(run.wait().outcome, Outcome::Finished);
}

#[test]
fn a_value_that_does_not_fit_is_refused_and_the_next_one_goes_on() {
    let texts = Pipe::<String>::new("texts").codec("lines");
    let network = NetworkBuilder::new("texts").job(JobBuilder::sender("feed", &texts));
    let run = Run::of(&network.job(JobBuilder::receiver("read", &texts)));
    let (mut sender, receiver) = (run.sender(&texts).unwrap(), run.receiver(&texts).unwrap());
    let refused = sender.send(&"a\nb".to_owned()).unwrap_err();
    assert!(
        matches!(refused, SendError::Value { .. }) && refused.to_string().starts_with("pipe `texts`: "),
        "{refused}"
    );
    sender.send(&"c".to_owned()).unwrap();
    sender.finish();
    assert_eq!(receiver.map(Result::unwrap).collect::<Vec<_>>(), ["c"]);
    assert_eq!(run.wait().outcome, Outcome::Finished);

    let numbers = Pipe::<i32>::new("numbers").codec("lines");
    let print = JobBuilder::exec("print", ["printf", "%s\\n", "1", "two", "3"]);
    let print = print.pass(pipeloom_config::file::PassName::Stdio).output(&numbers);
    let run = Run::of(&NetworkBuilder::new("numbers").job(print).job(JobBuilder::receiver("read", &numbers)));
    let received: Vec<Result<i32, ReceiveError>> = run.receiver(&numbers).unwrap().collect();
    let [Ok(1), Err(error), Ok(3)] = &received[..] else { panic!("{received:?}") };
    assert!(error.to_string().starts_with("block 2 of pipe `numbers`: "), "{error}");
    assert_eq!(run.wait().outcome, Outcome::Finished);
}

#[test]
fn a_program_that_cannot_be_a_warden_is_not_started_as_one() {
    let network = NetworkBuilder::new("programs").job(JobBuilder::exec("a", ["true"])).check_alone().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let error = start(network, Options::in_folder(folder.path())).unwrap_err();
    assert!(matches!(error, StartError::NoWarden) && error.to_string().contains("enter_warden"), "{error}");
}
