//! How far a run is. The job of the tables runs in all columns but the last; in `draining` its source has failed.

use super::Table;
use super::stage::{self, Told};

pub(super) const TABLE: Table = Table {
    network: stage::fragile,
    state: |stage| stage.rung().to_owned(),
    told: Told::of_the_run,
    histories: &[
        ("running", &["begin", "spawned"]),
        ("draining", &["begin", "spawned", "source failed"]),
        ("sources", &["begin", "spawned", "stop"]),
        ("all", &["begin", "spawned", "stop", "due ladder"]),
        ("killing", &["begin", "spawned", "kill"]),
        ("finished", &["begin", "spawned", "kill", "due ladder"]),
    ],
    words: &[
        ("sources", "now sources, say stopping, arm still running, drain source, arm ladder"),
        ("sources-", "now sources, arm ladder"),
        (
            "kill",
            "now killing, say stopping, arm still running, stop source, ask job, kill job, stop sink, abandon job, arm ladder",
        ),
        ("kill+", "now killing, stop source, ask job, kill job, stop sink, abandon job, arm ladder"),
        ("kill-", "now killing, ask job, kill job, stop sink, abandon job, arm ladder"),
        ("all", "now all, stop source, ask job, arm grace job, stop sink, arm ladder"),
        ("finish", "now finished, say failed source, say failed job, say failed sink, finish"),
        ("ended", "release job, count job, say ended job"),
        ("ended-", "now sources, release job, count job, say ended job, arm ladder"),
        ("stopped", "release job, count job, say stopped job"),
        ("failed", "release job, count job, say failed job"),
        ("failed-", "now sources, release job, count job, say failed job, arm ladder"),
        ("drain", "now draining, release job, count job, say failed job, say stopping, arm still running, arm ladder"),
        (
            "relay",
            "now sources, abandon job, say failed job, say stopping, arm still running, arm ladder, ask job, arm grace job, drain source, arm ladder",
        ),
        ("relay-", "now sources, abandon job, say failed job, ask job, arm grace job, arm ladder"),
        ("relay+", "abandon job, say failed job, ask job, arm grace job"),
        ("starve", "now draining, say failed job, say stopping, arm still running, arm ladder, ask job, arm grace job"),
        ("starve-", "now sources, say failed job, ask job, arm grace job, arm ladder"),
        ("starve+", "say failed job, ask job, arm grace job"),
        ("starve!", "say failed job"),
        ("relay!", "abandon job, say failed job"),
        (
            "lost",
            "now all, release job, say stopped job, say stopping, arm still running, stop source, stop sink, arm ladder",
        ),
        ("lost+", "now all, release job, say stopped job, stop source, stop sink, arm ladder"),
        ("lost-", "now all, release job, say stopped job, stop sink, arm ladder"),
        ("gone", "release job, say stopped job"),
        ("intake", "look at intake job"),
        ("grace", "kill job"),
        ("there", "say who is there, arm still running"),
        ("opened", "look who opened nothing"),
    ],
    cells: "
                  | running draining sources all     killing finished
begin             | .       .        .       .       .       .
stop              | sources sources- .       .       .       .
kill              | kill    kill-    kill+   kill+   .       .
spawned           | .       .        .       .       .       .
spawn failed      | .       .        .       .       .       .
exited: 0         | ended   ended-   ended   stopped stopped .
exited: 1         | drain   failed-  failed  stopped stopped .
exited: PIPE      | drain   failed-  failed  stopped stopped .
exited: KILL      | drain   failed-  failed  stopped stopped .
opened            | .       .        .       .       .       .
opened nothing    | .       .        .       .       .       .
ready             | .       .        .       .       .       .
spoke             | note    note     note    note    note    .
intake: no need   | .       .        .       .       .       .
intake: the same  | note    note     note    note    note    .
intake: more      | note    note     note    note    note    .
nothing left      | .       .        .       .       .       .
some left         | .       .        .       .       .       .
returned          | .       .        .       .       .       .
returned torn     | .       .        .       .       .       .
returned failed   | .       .        .       .       .       .
drained           | note    note     note    note    note    .
drained finished  | note    note     note    note    note    .
no other life     | note    note     note    note    note    .
inputs over       | note    note     note    note    note    .
lost              | .       .        .       .       .       .
end seen          | note    note     note    note    note    .
written told      | note    note     note    note    note    .
read torn         | note    note     note    note    note    .
readers gone      | note    note     note    note    note    .
relay over        | note    note     note    note    .       .
relay failed      | relay   relay-   relay+  relay!  relay!  .
input failed      | starve  starve-  starve+ starve! starve! .
stands still      | relay   .        .       .       .       .
warden lost       | lost    lost-    lost+   gone    gone    .
due begin         | .       .        .       .       .       .
due word          | .       .        .       .       .       .
due intake        | intake  .        .       .       .       .
due linger        | .       .        .       .       .       .
due grace         | grace   grace    grace   grace   grace   .
due backoff       | .       .        .       .       .       .
due ladder        | .       sources- all     kill+   finish  .
due still running | there   there    there   there   there   .
due time limit    | sources sources- .       .       .       .
due opened        | opened  opened   opened  opened  opened  .
",
};
