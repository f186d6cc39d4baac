//! There is no room for what waits on disk.

use pipeloom_faults::e2e::events::Event;
use pipeloom_faults::e2e::{is_halted, may_mount, send, until};
use pipeloom_faults::{Blocks, Chain, JobEnd, Middle, Signal, fault};

use crate::death::goes_on;
use crate::flow::SOON;

/// The run's directory is a file system of its own, of 4 MiB.
const MOUNT: &str = "mkdir -m 700 run && mount -t tmpfs -o size=4m,mode=700 none run && exec \"$@\"";

/// What becomes of a run whose disk is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Then {
    /// There is room again.
    Room,
    /// It is stopped.
    Stop,
    /// Its sink makes room.
    Nothing,
}

#[test]
fn f66_a_spool_on_a_full_disk() {
    fault(66).needs(may_mount()).seeds().each(|case| {
        let then = case.pick(&[Then::Room, Then::Stop, Then::Nothing]);
        let blocks = case.pick(&[Blocks::of(1000), Blocks::of(4097), Blocks::between(8, 5000)]);
        // It takes most of the room, until somebody asks it to let go.
        let ballast = format!(
            "[jobs.ballast]\nexec = [\"sh\", \"-c\", \"head -c {} /dev/zero > $PIPELOOM_RUN_DIR/ballast; \
             echo '{{\\\"ready\\\": true}}' >&3; until [ -e let-go ]; do sleep 0.01; done; \
             rm $PIPELOOM_RUN_DIR/ballast\"]\n",
            (4 << 20) - case.number(100_000..=600_000)
        );
        let sync = case.pick(&["never", "interval", "each"]);
        let chain = Chain::new(blocks, case.pick(&[Middle::Relay, Middle::Native]))
            .halted()
            .source("halt=0")
            .pipe_keys(&format!("when_full = \"spool\"\nspool = {{ sync = \"{sync}\" }}"));
        let mut run =
            case.network(chain.toml() + &ballast).through(&["unshare", "--mount", "sh", "-c", MOUNT, "sh"]).start();
        run.all_ready(&["ballast", "source", "sink"]);
        let (source, sink) = (run.started("source"), run.started("sink"));
        until("that both are halted", SOON, || is_halted(source) && is_halted(sink));
        send(source, Signal::CONT);
        case.has_fault();
        let told = run.until("that it is told", |event| match event {
            Event::Warning { message, .. } if message.contains("its writer waits meanwhile") => Some(message.clone()),
            _ => None,
        });
        assert!(told.contains("No space left on device"), "{told}");
        run.stalls(source);
        match then {
            Then::Room => {
                std::fs::write(run.path("let-go"), "").unwrap();
                run.until("that there is room", |event| {
                    matches!(event, Event::JobEnded { job, .. } if job == "ballast").then_some(())
                });
            }
            Then::Stop => {
                run.signal(Signal::TERM);
            }
            Then::Nothing => {}
        }
        case.strike(&run, "sink", Signal::CONT);
        goes_on(&run, "sink");
        case.recovered();
        if then != Then::Stop {
            run.signal(Signal::TERM);
        }
        let over = case.over_as_told(run, 130);
        over.all_through(&chain);
        assert_eq!(over.end("sink"), Some(JobEnd::Ended));
    });
}
