//! However a run ends, nobody waits for ever.

use std::thread;

use pipeloom_config::build::{JobBuilder, NetworkBuilder, Pipe};
use pipeloom_config::file::{OnFailureName, PassName};
use pipeloom_e2e::events::Outcome;
use pipeloom_engine::{ReceiveError, Receiver, SendError, Sender};

use crate::Run;

fn pipes() -> (Pipe<u64>, Pipe<u64>) {
    (Pipe::new("there").codec("lines").max_queue(4), Pipe::new("back").codec("lines").max_queue(4))
}

/// From the program through a shell script and back.
fn through(script: &str) -> NetworkBuilder {
    let (there, back) = pipes();
    let program = JobBuilder::exec("program", ["sh", "-c", script]).pass(PassName::Stdio).input(&there).output(&back);
    let program = program.grace_seconds(0.2).drain_seconds(0.2);
    let network = NetworkBuilder::new("through").job(JobBuilder::sender("feed", &there)).job(program);
    network.job(JobBuilder::receiver("read", &back))
}

fn ends(run: &Run) -> (Sender<u64>, Receiver<u64>) {
    let (there, back) = pipes();
    (run.sender(&there).unwrap(), run.receiver(&back).unwrap())
}

/// Sends until nobody wants any more, and says how many values were taken.
fn send_on(mut sender: Sender<u64>) -> u64 {
    let mut sent = 0;
    loop {
        match sender.send(&sent) {
            Ok(()) => sent += 1,
            Err(SendError::Over { .. }) => break,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(!sender.is_wanted());
    sent
}

#[test]
fn ends_that_nobody_takes_are_at_their_end() {
    assert_eq!(Run::of(&through("cat")).wait().outcome, Outcome::Finished);
    let (there, back) = pipes();
    // Each side alone.
    let run = Run::of(&through("cat"));
    let mut sender = run.sender(&there).unwrap();
    sender.send(&1).unwrap();
    drop(sender);
    assert_eq!(run.wait().outcome, Outcome::Finished);
    let run = Run::of(&through("seq 3"));
    assert_eq!(run.receiver(&back).unwrap().take(3).map(Result::unwrap).sum::<u64>(), 6);
    assert_eq!(run.wait().outcome, Outcome::Finished);
}

#[test]
fn whoever_stops_receiving_ends_the_sending_too() {
    let run = Run::of(&through("cat"));
    let (sender, receiver) = ends(&run);
    let sending = thread::spawn(move || send_on(sender));
    assert_eq!(receiver.take(3).map(Result::unwrap).sum::<u64>(), 3);
    assert!(sending.join().unwrap() >= 3);
    let summary = run.wait();
    assert_eq!(summary.outcome, Outcome::Finished, "{summary:?}");
}

#[test]
fn a_failure_reaches_both_ends() {
    let run = Run::of(&through("head -n 3; exit 3"));
    let (sender, receiver) = ends(&run);
    let sending = thread::spawn(move || send_on(sender));
    let received: Vec<u64> = receiver.map_while(Result::ok).collect();
    assert_eq!(received, [0, 1, 2]);
    assert!(sending.join().unwrap() >= 3);
    let summary = run.wait();
    assert_eq!(summary.outcome, Outcome::Failed);
    assert_eq!(summary.first_failure().unwrap().0, "program");
}

#[test]
fn a_failure_of_another_job_reaches_whoever_waits_for_values() {
    let (there, back) = pipes();
    let bad = JobBuilder::exec("bad", ["sh", "-c", "read line; exit 3"]).pass(PassName::Stdio);
    let network = NetworkBuilder::new("other").job(JobBuilder::sender("feed", &there)).job(bad.input(&there));
    let slow = JobBuilder::exec("slow", ["sleep", "1000"]).pass(PassName::Stdio).output(&back);
    let run = Run::of(&network.job(slow.grace_seconds(0.2)).job(JobBuilder::receiver("read", &back)));
    let (mut sender, mut receiver) = ends(&run);
    sender.send(&1).unwrap();
    assert!(matches!(receiver.recv(), Ok(None) | Err(ReceiveError::Cut { .. })));
    assert!(receiver.next().is_none(), "a cut is told once");
    assert!(!receiver.is_finished());
    send_on(sender);
    assert_eq!(run.wait().outcome, Outcome::Failed);
}

#[test]
fn an_isolated_failure_ends_only_its_streams() {
    let (there, back) = pipes();
    let bad = JobBuilder::exec("bad", ["sh", "-c", "read line; exit 3"]).pass(PassName::Stdio);
    let bad = bad.on_failure(OnFailureName::Isolate).input(&there);
    let good = JobBuilder::exec("good", ["seq", "1000"]).pass(PassName::Stdio).output(&back);
    let network = NetworkBuilder::new("isolated").job(JobBuilder::sender("feed", &there)).job(bad);
    let run = Run::of(&network.job(good).job(JobBuilder::receiver("read", &back)));
    let (sender, receiver) = ends(&run);
    send_on(sender);
    assert_eq!(receiver.map(Result::unwrap).sum::<u64>(), 500_500);
    assert_eq!(run.wait().outcome, Outcome::Failed);
}

#[test]
fn a_stop_reaches_who_sends_and_who_receives() {
    for hard in [false, true] {
        let run = Run::of(&through("cat"));
        let (sender, mut receiver) = ends(&run);
        let sending = thread::spawn(move || send_on(sender));
        assert_eq!(receiver.recv().unwrap().unwrap().value, 0);
        let stopper = run.stopper();
        if hard {
            stopper.kill();
        } else {
            stopper.stop();
        }
        let received = 1 + receiver.by_ref().map_while(Result::ok).count() as u64;
        let sent = sending.join().unwrap();
        assert!(received <= sent, "{received} of {sent}");
        assert!(receiver.next().is_none());
        assert_eq!(run.wait().outcome, Outcome::Interrupted);
    }
}

#[test]
fn a_stop_does_not_wait_for_who_does_not_receive() {
    let run = Run::of(&through("cat"));
    let (sender, receiver) = ends(&run);
    // Without a reader all queues fill up, until the stop.
    let sending = thread::spawn(move || send_on(sender));
    run.stopper().stop();
    sending.join().unwrap();
    run.stopper().kill();
    let summary = run.wait();
    assert_eq!(summary.outcome, Outcome::Interrupted);
    // What had come can still be had.
    let received: Vec<u64> = receiver.map_while(Result::ok).collect();
    assert!(received.iter().copied().eq(0..received.len() as u64));
}
