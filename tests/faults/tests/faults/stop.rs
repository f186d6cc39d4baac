//! Runs and jobs are halted and stopped at random moments.

use std::time::{Duration, Instant};

use pipeloom_faults::e2e::events::{Event, StopReason};
use pipeloom_faults::e2e::{Running, cpu_time, is_halted, until, written};
use pipeloom_faults::{Case, Chain, JobEnd, Seen, Signal, fault};

use crate::flow::SOON;

/// One that cannot be asked to end, with so much time.
fn deaf(grace_seconds: f64) -> String {
    format!(
        "[jobs.deaf]\nexec = [\"villain\", \"deaf\"]\nstop = {{ grace_seconds = {grace_seconds}, drain_seconds = 0.05 }}\n"
    )
}

/// Asks the run to stop and waits for that.
#[track_caller]
fn ask_to_stop(run: &mut Running, signal: Signal) {
    run.signal(signal);
    let reason = run.until("that it stops", |event| match event {
        Event::Stopping { reason } => Some(reason.clone()),
        _ => None,
    });
    assert_eq!(reason, StopReason::Interrupted);
}

/// Lets the halted sink go on, and waits until it sees something, or the end.
#[track_caller]
fn lets_go_on(case: &Case, run: &Running) {
    let so_far = || Seen::read(run.dir(), "sink", 0);
    let before = so_far().count();
    case.strike(run, "sink", Signal::CONT);
    until("that the sink goes on", SOON, || so_far().count() > before || so_far().ended);
    case.recovered();
}

#[test]
fn a11_halt_a_sink() {
    fault(11).seeds().each(|case| {
        let chain = Chain::random(case);
        let mut run = case.network(chain.toml()).start();
        let source = case.after(&run, "source", chain.progress(case));
        let sink = run.started("sink");
        case.strike(&run, "sink", Signal::STOP);
        until("that the sink is halted", SOON, || is_halted(sink));
        run.stalls(source);
        let worked = || cpu_time(run.pid()) + cpu_time(source);
        let (before, so_far) = (worked(), written(source));
        run.goes_on_for(case.millis(200..=400));
        assert_eq!(written(source), so_far, "the source goes on");
        assert!(worked() - before <= Duration::from_millis(50), "somebody works in vain");
        lets_go_on(case, &run);
        run.signal(Signal::TERM);
        case.over(run, 130).all_through(&chain);
    });
}

#[test]
fn a12_stop_the_run() {
    fault(12).seeds().each(|case| {
        let chain = Chain::random(case);
        let mut run = case.network(chain.toml()).start();
        case.after(&run, "source", chain.progress(case));
        case.strike_command(&mut run, case.pick(&[Signal::TERM, Signal::INT]));
        let over = case.over(run, 130);
        assert_eq!(over.end("source"), Some(JobEnd::Stopped));
        over.all_through(&chain);
    });
}

#[test]
fn a13_interrupt_twice() {
    fault(13).seeds().each(|case| {
        let chain = Chain::random(case);
        let mut run = case.network(chain.toml() + &deaf(60.0)).start();
        case.after(&run, "source", chain.progress(case));
        run.ready("deaf");
        ask_to_stop(&mut run, Signal::INT);
        let pause = Duration::from_millis(case.up_to(200));
        run.goes_on_for(pause);
        case.strike_command(&mut run, Signal::INT);
        let asked = Instant::now();
        let over = case.over(run, 130);
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
        chain.sinks().iter().for_each(|sink| drop(over.prefix("source", sink, 0)));
    });
}

#[test]
fn a14_pause_and_go_on() {
    fault(14).seeds().each(|case| {
        let chain = Chain::random(case);
        let mut run = case.network(chain.toml()).start();
        let source = case.after(&run, "source", chain.progress(case));
        for _ in 0..case.number(1..=3) {
            case.strike_command(&mut run, Signal::TSTP);
            until("that all is halted", SOON, || is_halted(run.pid()));
            until("that the source is halted", SOON, || is_halted(source));
            let so_far = written(source);
            run.goes_on_for(case.millis(10..=100));
            assert_eq!(written(source), so_far, "the source goes on");
            run.signal(Signal::CONT);
            until("that the source goes on", SOON, || written(source) > so_far);
            case.recovered();
            run.goes_on_for(Duration::from_millis(case.up_to(50)));
        }
        run.signal(Signal::TERM);
        let over = case.over(run, 130);
        over.all_through(&chain);
        let pauses = over.events().iter().filter(|event| matches!(event, Event::Paused)).count();
        let ends = over.events().iter().filter(|event| matches!(event, Event::Resumed { .. })).count();
        assert!(pauses > 0 && pauses == ends, "{pauses} pauses, {ends} ends");
    });
}

#[test]
fn a16_a_job_ignores_the_signal() {
    fault(16).seeds().each(|case| {
        // A run waits for the most patient of its jobs.
        let chain = Chain::random(case).draining(2);
        let grace = case.millis(50..=400);
        let mut run = case.network(chain.toml() + &deaf(grace.as_secs_f64())).start();
        case.after(&run, "source", chain.progress(case));
        run.ready("deaf");
        let asked = Instant::now();
        case.strike_command(&mut run, Signal::TERM);
        case.is_patient();
        let over = case.over(run, 130);
        assert!(asked.elapsed() >= grace, "{:?}", asked.elapsed());
        assert_eq!(over.end("deaf"), Some(JobEnd::Stopped));
        over.all_through(&chain);
    });
}

#[test]
fn a17_fork_twice_and_leave_the_session() {
    fault(17).seeds().each(|case| {
        let chain = Chain::random(case);
        // So many sessions, each left by its first process.
        let mut words = "exec sleep 77".to_owned();
        for _ in 0..case.number(1..=5) {
            words = format!("(setsid sh -c {} &)", quoted(&words));
        }
        let parent = "[jobs.parent]\nexec = [\"sh\", \"parent.sh\"]\n";
        let script = format!("{words}; exec villain blind");
        let mut run = case.network(chain.toml() + parent).file("parent.sh", script).start();
        run.ready("parent");
        case.after(&run, "source", chain.progress(case));
        case.strike_command(&mut run, Signal::TERM);
        case.is_patient();
        // That nothing is left is seen at every end.
        case.over(run, 130).all_through(&chain);
    });
}

/// One word for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
