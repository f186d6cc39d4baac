//! Whatever happens, in whatever order: the run comes to one end.

use proptest::collection::vec;
use proptest::prelude::*;

use super::Run;
use super::world::World;
use crate::sample::Sample;

/// More than any of these networks takes to come to its end by itself.
const MANY: usize = 200;

/// A network, and the names of the pipes that are forwarded in it.
type Relayed = (fn() -> Sample, &'static [&'static str]);

fn networks() -> [Relayed; 14] {
    [
        (|| Sample::new().program("only", &[], &[]), &[]),
        (|| Sample::new().native("source", &[], &["a"]).native("sink", &["a"], &[]), &[]),
        (|| Sample::new().program("source", &[], &["a"]).program("sink", &["a"], &[]), &["a"]),
        (
            || {
                let chain = Sample::new().program("source", &[], &["a"]).with("on_failure = \"isolate\"");
                let chain = chain.native("level", &["a"], &["b"]).program("sort", &["b"], &["c"]);
                chain.program("head", &["c"], &[]).with("ends_run = true")
            },
            &["b"],
        ),
        (
            || {
                let diamond = Sample::new().program("source", &[], &["a", "b"]).program("left", &["a"], &["c"]);
                let diamond = diamond.native("right", &["b"], &["d"]).with("on_failure = \"isolate\"");
                diamond.program("sink", &["c", "d"], &[]).with("stop = { linger_seconds = \"eof\" }")
            },
            &["a", "b", "c", "d"],
        ),
        (
            || {
                let fan = Sample::new().program("source", &[], &["a"]).program("x", &["a"], &["b"]);
                fan.program("y", &["a"], &[]).native("z", &["a"], &["c"]).native("both", &["b", "c"], &[])
            },
            &["a", "b"],
        ),
        (|| Sample::new().program("only", &[], &[]).with("restart.policy = \"always\""), &[]),
        (
            || {
                let pair = Sample::new().program("source", &[], &["a"]).with("restart.policy = \"always\"");
                pair.program("sink", &["a"], &[]).with("restart = { policy = \"on-failure\", max_restarts = 2 }")
            },
            &["a"],
        ),
        (
            || {
                let chain = Sample::new().native("source", &[], &["a"]).with("restart.policy = \"on-failure\"");
                let chain = chain.program("filter", &["a"], &["b"]).with("restart.policy = \"on-failure\"");
                chain.native("sink", &["b"], &[]).with("restart.policy = \"always\"")
            },
            &["a", "b"],
        ),
        (
            || {
                let join = Sample::new().program("one", &[], &["a"]).with("restart.policy = \"always\"");
                let join = join.program("two", &[], &["b"]).with("on_failure = \"isolate\"");
                join.native("both", &["a", "b"], &["c"]).program("last", &["c"], &[]).with("ends_run = true")
            },
            &["a"],
        ),
        (
            || {
                let timed = "start_timeout_seconds = 1\nheartbeat_seconds = 1\nrestart.policy = \"on-failure\"";
                let pair = Sample::new().program("source", &[], &["a"]).with(timed);
                pair.program("sink", &["a"], &[]).with("heartbeat_seconds = 1\nstall_seconds = 1")
            },
            &["a"],
        ),
        (
            || {
                let restart = "restart = { policy = \"on-failure\", scope = \"downstream\", max_restarts = 3 }";
                let chain = Sample::new().program("source", &[], &["a"]).with(restart);
                let chain = chain.native("filter", &["a"], &["b"]).with("on_failure = \"isolate\"");
                chain.program("last", &["b"], &[]).with("restart.policy = \"always\"")
            },
            &["a", "b"],
        ),
        (
            || {
                let restart = "restart = { policy = \"always\", scope = \"component\", max_restarts = 3 }";
                let join = Sample::new().program("one", &[], &["a"]).with(restart);
                let join = join.native("two", &[], &["b"]).with("restart.policy = \"on-failure\"");
                join.program("both", &["a", "b"], &[])
                    .pipe("a", "delivery = \"at-least-once\"\nack = \"end\"")
                    .pipe("b", "delivery = \"at-least-once\"\nack = \"end\"")
            },
            &["a", "b"],
        ),
        (
            || {
                let restart = "restart = { policy = \"on-failure\", scope = \"downstream\" }";
                let join =
                    Sample::new().native("one", &[], &["a"]).with(restart).program("two", &[], &["b"]).with(restart);
                let join = join.program("left", &["a"], &["c"]).native("right", &["b"], &["d"]);
                join.program("both", &["c", "d"], &[])
            },
            &["a", "b", "c", "d"],
        ),
    ]
}

proptest! {
    // A history that fails is shrunk to a few events, and becomes a test of its own rather than a line in a file.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_comes_to_one_end_and_nobody_who_is_gone_is_disturbed(
        network in 0..networks().len(),
        choices in vec(any::<prop::sample::Index>(), 0..60),
    ) {
        let (sample, relayed) = networks()[network];
        let (run, begin) = Run::begin(sample(), relayed, Some(std::time::Duration::from_secs(9)));
        let mut world = World::new(run, relayed, begin);
        let mut history = Vec::new();
        for choice in choices {
            let mut possible = world.possible();
            let happening = possible.swap_remove(choice.index(possible.len()));
            history.push(format!("{happening:?}"));
            world.happens(happening);
            prop_assert!(world.all_can_be(), "after {:#?}", history);
        }
        for _ in 0..MANY {
            let Some(happening) = world.inevitable() else { break };
            history.push(format!("{happening:?}"));
            world.happens(happening);
        }
        prop_assert!(world.wrong.is_empty(), "{:#?} after {:#?}", world.wrong, history);
        prop_assert_eq!(world.finished, 1, "after {:#?}", history);
    }
}
