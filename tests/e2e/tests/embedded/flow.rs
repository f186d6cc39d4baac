//! Values go in and come out, all of them and in order.

use std::thread;
use std::time::Duration;

use pipeloom_config::build::{JobBuilder, NetworkBuilder, Pipe};
use pipeloom_config::file::PassName;
use pipeloom_e2e::events::{JobEnd, Outcome};
use pipeloom_engine::{ReceiveError, SendError};
use pipeloom_job::head::HeadSize;
use pipeloom_job::{CodecName, Head};

use crate::Run;

const MANY: u64 = 50_000;

/// What is sent comes back through `middle`, while other threads send and receive.
#[track_caller]
fn all_come_back(there: &Pipe<u64>, back: &Pipe<u64>, middle: Option<JobBuilder>) {
    let network = NetworkBuilder::new("echo").job(JobBuilder::sender("feed", there));
    let network = middle.into_iter().fold(network, NetworkBuilder::job);
    let run = Run::of(&network.job(JobBuilder::receiver("read", back)));
    let (mut sender, receiver) = (run.sender(there).unwrap(), run.receiver(back).unwrap());
    let sending = thread::spawn(move || {
        (1..MANY).for_each(|number| sender.send(&number).unwrap());
        sender.send_last(&MANY).unwrap();
    });
    let mut last = 0;
    for value in receiver {
        last += 1;
        assert_eq!(value.unwrap(), last);
    }
    assert_eq!(last, MANY);
    sending.join().unwrap();
    let summary = run.wait();
    assert_eq!(summary.outcome, Outcome::Finished);
    assert!(summary.jobs.iter().all(|job| job.end.is_some() && job.note.is_none()), "{summary:?}");
    assert_eq!(summary.jobs[0].end, Some(JobEnd::Finished), "the last value was marked as the last");
    let read = summary.pipes.iter().find(|tally| tally.reader == "read").unwrap();
    assert_eq!((read.delivered, read.unused, read.dropped), (MANY, 0, 0));
}

#[test]
fn a_pipe_from_the_program_to_itself() {
    for codec in [CodecName::Bincode, CodecName::Json] {
        let pipe = Pipe::new("p").codec(codec.as_str());
        all_come_back(&pipe, &pipe, None);
    }
}

#[test]
fn a_filter_in_the_middle() {
    let (there, back) = (Pipe::new("there").codec("lines"), Pipe::new("back").codec("lines"));
    let cat = JobBuilder::exec("cat", ["cat"]).pass(PassName::Stdio).input(&there).output(&back);
    all_come_back(&there, &back, Some(cat));
}

#[test]
fn a_program_with_paths_and_blocks_of_one_size() {
    let (there, back) = (Pipe::new("there").codec("bytes"), Pipe::new("back").codec("bytes"));
    let (there, back) = (there.block_size(8), back.block_size(8));
    let copy = JobBuilder::exec("copy", ["sh", "-c", "cat \"$1\" > \"$2\"", "sh"]).input_flag("").output_flag("");
    all_come_back(&there, &back, Some(copy.input(&there).output(&back)));
}

#[test]
fn short_queues_lose_nothing() {
    let (there, back) = (Pipe::new("there").codec("json").max_queue(2), Pipe::new("back").codec("json").max_queue(2));
    let cat = JobBuilder::exec("cat", ["cat"]).pass(PassName::Stdio).input(&there).output(&back);
    all_come_back(&there, &back, Some(cat));
}

#[test]
fn a_question_is_answered_before_the_next_one_is_asked() {
    let (there, back) = (Pipe::<String>::new("there").codec("lines"), Pipe::<String>::new("back").codec("lines"));
    let cat = JobBuilder::exec("cat", ["cat"]).pass(PassName::Stdio).input(&there).output(&back);
    let network = NetworkBuilder::new("dialogue").job(JobBuilder::sender("ask", &there)).job(cat);
    let run = Run::of(&network.job(JobBuilder::receiver("hear", &back)));
    let (mut sender, mut receiver) = (run.sender(&there).unwrap(), run.receiver(&back).unwrap());
    for question in 0..100 {
        sender.send(&question.to_string()).unwrap();
        assert_eq!(receiver.recv().unwrap().unwrap().value, question.to_string());
    }
    sender.finish();
    assert!(receiver.recv().unwrap().is_none());
    assert_eq!(run.wait().outcome, Outcome::Finished);
}

#[test]
fn long_blocks_go_through() {
    let pipe = Pipe::<String>::new("p").codec("framed");
    let network = NetworkBuilder::new("long").job(JobBuilder::sender("feed", &pipe));
    let run = Run::of(&network.job(JobBuilder::receiver("read", &pipe)));
    let (mut sender, receiver) = (run.sender(&pipe).unwrap(), run.receiver(&pipe).unwrap());
    let text = |place: usize| char::from(b'a' + place as u8).to_string().repeat(place * 400_000);
    let sending = thread::spawn(move || (0..12).for_each(|place| sender.send(&text(place)).unwrap()));
    let received: Vec<String> = receiver.collect::<Result<_, _>>().unwrap();
    assert!(received.into_iter().eq((0..12).map(text)));
    sending.join().unwrap();
    assert_eq!(run.wait().outcome, Outcome::Finished);
}

#[test]
fn heads_go_with_their_values() {
    let size = HeadSize::new(2).unwrap();
    let pipe = Pipe::<u32>::new("p");
    let network = NetworkBuilder::new("heads").head_size(2).job(JobBuilder::sender("feed", &pipe));
    let run = Run::of(&network.job(JobBuilder::receiver("read", &pipe)));
    let (mut sender, mut receiver) = (run.sender(&pipe).unwrap(), run.receiver(&pipe).unwrap());
    let own = Head::empty(size).with(9, true);
    sender.send_with(own.with(1, true).with(2, true), &1).unwrap();
    // A head of another size is made to fit.
    sender.send_with(Head::empty(HeadSize::ONE).with(1, true).with(7, true), &2).unwrap();
    assert!(!receiver.is_finished());
    sender.send_last(&3).unwrap();
    let received: Vec<_> = std::iter::from_fn(|| receiver.recv().unwrap()).collect();
    let heads: Vec<Head> = received.iter().map(|received| received.head).collect();
    // Reset and finished are the runtime's to write.
    let empty = Head::empty(size);
    assert_eq!(heads, [own.with(1, true), empty.with(7, true), empty.with(2, true)]);
    assert!(received.iter().map(|received| received.value).eq(1..=3));
    assert!(receiver.is_finished());
    assert_eq!(run.wait().outcome, Outcome::Finished);
}

#[test]
fn a_full_pipe_says_so_to_whoever_does_not_wait() {
    let pipe = Pipe::<u32>::new("p").max_queue(2);
    let network = NetworkBuilder::new("full").job(JobBuilder::sender("feed", &pipe));
    let run = Run::of(&network.job(JobBuilder::receiver("read", &pipe)));
    let (mut sender, mut receiver) = (run.sender(&pipe).unwrap(), run.receiver(&pipe).unwrap());
    assert!(matches!(receiver.try_recv(), Err(ReceiveError::Empty { .. })));
    assert!(matches!(receiver.recv_within(Duration::from_millis(1)), Err(ReceiveError::Empty { .. })));
    // The job takes some out while the first ones are sent, so that it is not full at once and stays so.
    let mut sent = 0;
    let full = loop {
        match sender.send_within(&sent, Duration::from_millis(300)) {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(full.to_string(), "pipe `p` is full");
    assert!(matches!(sender.try_send(&sent), Err(SendError::Full { .. })));
    drop(sender);
    let received: Vec<u32> = receiver.collect::<Result<_, _>>().unwrap();
    assert!(received.into_iter().eq(0..sent), "what was refused was not sent");
    assert_eq!(run.wait().outcome, Outcome::Finished);
}

#[test]
fn a_pipe_may_have_several_receivers() {
    let pipe = Pipe::<u64>::new("p").codec("json");
    let network = NetworkBuilder::new("several").job(JobBuilder::sender("feed", &pipe));
    let network = network.job(JobBuilder::receiver("one", &pipe)).job(JobBuilder::receiver("two", &pipe));
    let run = Run::of(&network.job(JobBuilder::receiver("nobody", &pipe)));
    let mut sender = run.sender(&pipe).unwrap();
    let receivers = [run.receiver(&pipe).unwrap(), run.receiver(&pipe).unwrap()];
    // What one of them does not want is no affair of the others.
    drop(run.receiver(&pipe).unwrap());
    let reading = receivers.map(|receiver| thread::spawn(move || receiver.map(Result::unwrap).sum::<u64>()));
    (1..=10_000).for_each(|number| sender.send(&number).unwrap());
    drop(sender);
    for reading in reading {
        assert_eq!(reading.join().unwrap(), 50_005_000);
    }
    assert_eq!(run.wait().outcome, Outcome::Finished);
}
