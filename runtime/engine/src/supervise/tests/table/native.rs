//! The lives of a native job.

use super::Table;
use super::program;
use super::stage;

pub(super) const TABLE: Table = Table {
    network: stage::native,
    histories: &[
        ("waiting gone", &[]),
        ("running there", &["begin"]),
        ("resting gone", &["begin", "returned failed"]),
        ("ended gone", &["begin", "returned"]),
        ("failed there", &["begin", "relay failed"]),
        ("failed gone", &["begin", "relay failed", "returned"]),
    ],
    words: &[
        ("start", "now running, now there, start"),
        ("again", "now running, now there, start life 2"),
        ("finish", "now ended, now gone, say finished, last life, well"),
        ("torn", "now ended, now gone, say ended, last life, well"),
        ("rest", "now resting, now gone, start again, failed, arm backoff"),
        ("gone", "now gone"),
        ("end", "now ended, say stopped, last life"),
        ("endoff", "now ended, say stopped, last life, abandon"),
        ("fail", "now failed, say failed, last life"),
        ("relay", "now failed, abandon, say failed, last life"),
        ("relay+", "now failed, abandon, say failed, last life, stop"),
        ("starve", "now failed, say failed, last life, stop"),
        ("after", "now failed, abandon, say failed"),
        ("off", "abandon"),
        ("stop", "stop"),
        ("stopoff", "stop, abandon"),
    ],
    cells: "
                  | waiting running resting ended failed failed
                  | gone    there   gone    gone  there  gone
begin             | start   .       .       .     .      .
stop              | note    note    end     note  note   note
kill              | off     stopoff endoff  off   stop   note
spawned           | .       .       .       .     .      .
spawn failed      | .       .       .       .     .      .
exited: 0         | .       .       .       .     .      .
exited: 1         | .       .       .       .     .      .
exited: PIPE      | .       .       .       .     .      .
exited: KILL      | .       .       .       .     .      .
opened            | .       .       .       .     .      .
opened nothing    | .       .       .       .     .      .
ready             | .       .       .       .     .      .
spoke             | .       .       .       .     .      .
intake: no need   | .       .       .       .     .      .
intake: the same  | .       .       .       .     .      .
intake: more      | .       .       .       .     .      .
nothing left      | .       .       .       .     .      .
some left         | .       .       .       .     .      .
returned          | .       finish  .       .     gone   .
returned torn     | .       torn    .       .     gone   .
returned failed   | .       rest    .       .     gone   .
drained           | note    note    note    note  note   note
drained finished  | note    note    fail    note  note   note
no other life     | note    note    note    note  note   note
inputs over       | note    note    fail    note  note   note
lost              | .       .       .       .     .      .
end seen          | note    note    note    note  note   note
written told      | note    note    note    note  note   note
read torn         | note    note    note    note  note   note
readers gone      | note    note    fail    note  .      .
relay over        | note    note    note    note  .      .
relay failed      | relay   relay+  relay   after off    off
input failed      | fail    starve  fail    .     .      .
stands still      | relay   relay+  relay   after .      .
warden lost       | note    stop    end     note  stop   note
due begin         | .       .       .       .     .      .
due word          | .       .       .       .     .      .
due intake        | .       .       .       .     .      .
due linger        | .       .       .       .     .      .
due grace         | .       .       .       .     .      .
due backoff       | .       .       again   .     .      .
due ladder        | .       .       .       .     .      .
due still running | .       .       .       .     .      .
due time limit    | note    note    end     note  note   note
due opened        | .       .       .       .     .      .
",
    ..program::THERE
};
