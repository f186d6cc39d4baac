//! The lives of a program that is started again together with another job.

use super::Table;
use super::program;
use super::stage;

/// Its source has failed and takes it and the sink along. In the first column it has been asked to end, in the last but one
/// all have, and in the last it alone has not said that it has lost what waits.
pub(super) const TABLE: Table = Table {
    network: stage::together,
    histories: &[
        ("begun there", &["begin", "spawned", "source failed"]),
        ("rested left", &["begin", "spawned", "source failed", "exited: 0"]),
        (
            "rested timed",
            &["begin", "spawned", "source failed", "source rested", "sink stopped", "exited: 0", "some left"],
        ),
        (
            "rested gone",
            &["begin", "spawned", "source failed", "source rested", "sink stopped", "exited: 0", "nothing left"],
        ),
        (
            "rested gone",
            &[
                "begin",
                "spawned",
                "source failed",
                "source rested",
                "sink stopped",
                "exited: 0",
                "nothing left",
                "drained",
                "source lost",
                "sink lost",
            ],
        ),
    ],
    words: &[
        ("slay", "ask, kill, abandon"),
        ("kill", "kill"),
        ("lose", "lose inputs"),
        ("lost", "now ended, now gone, release, say stopped, last life"),
        ("lostoff", "now ended, now gone, release, say stopped, last life, abandon"),
        ("nobody", "now ended, release, say stopped, last life, abandon"),
        ("end", "now ended, say stopped, last life"),
        ("off", "now ended, say stopped, last life, abandon"),
        ("slayE", "now ended, say stopped, last life, ask, kill, abandon"),
        ("relay", "now failed, abandon, say failed, last life"),
        ("fail", "now failed, say failed, last life"),
        ("gone", "now gone"),
        ("rest", "now rested, now left, release, count, start together, stopped"),
        ("again", "now starting, now there, new epoch, start life 2"),
        ("timed", "now timed, arm linger"),
        ("warn", "warn, kill"),
    ],
    cells: "
                  | begun   rested  rested  rested  rested
                  | there   left    timed   gone    gone
begin             | .       .       .       .       .
stop              | note    end     end     end     end
kill              | slay    slayE   slayE   off     off
spawned           | .       .       .       .       .
spawn failed      | .       .       .       .       .
exited: 0         | rest    .       .       .       .
exited: 1         | rest    .       .       .       .
exited: PIPE      | rest    .       .       .       .
exited: KILL      | rest    .       .       .       .
opened            | .       .       .       .       .
opened nothing    | .       .       .       .       .
ready             | .       .       .       .       .
spoke             | note    .       .       .       .
intake: no need   | .       .       .       .       .
intake: the same  | note    .       .       .       .
intake: more      | note    .       .       .       .
nothing left      | .       gone    gone    .       .
some left         | .       timed   .       .       .
returned          | .       .       .       .       .
returned torn     | .       .       .       .       .
returned failed   | .       .       .       .       .
drained           | note    note    note    lose    .
drained finished  | note    note    note    lose    note
inputs over       | note    note    note    note    note
no other life     | note    note    note    note    note
lost              | .       .       .       .       again
end seen          | note    note    note    note    note
written told      | note    note    note    note    note
read torn         | note    note    note    note    note
readers gone      | note    note    note    note    note
relay over        | note    note    note    lose    note
relay failed      | relay   relay   relay   relay   relay
input failed      | fail    fail    fail    fail    fail
stands still      | relay   relay   relay   relay   relay
warden lost       | lost    lost    lostoff nobody  nobody
due begin         | .       .       .       .       .
due word          | .       .       .       .       .
due intake        | .       .       .       .       .
due linger        | .       warn    warn    .       .
due grace         | kill    kill    kill    .       .
due backoff       | .       .       .       .       .
due ladder        | .       .       .       .       .
due still running | .       .       .       .       .
due time limit    | note    end     end     end     end
due opened        | .       .       .       .       .
",
    ..program::THERE
};
