//! The lives of a program.

use super::Table;
use super::stage::{self, Stage, Told};

/// Until its main process ends.
pub(super) const THERE: Table = Table {
    network: stage::program,
    state: Stage::life_and_processes,
    told: Told::of_the_job,
    histories: &[
        ("waiting gone", &[]),
        ("starting there", &["begin"]),
        ("running there", &["begin", "spawned", "intake: the same"]),
        ("begun there", &["begin", "spawned", "intake: the same", "ready"]),
        ("hanging there", &["begin", "spawned", "intake: the same", "opened nothing"]),
        ("failed there", &["begin", "spawned", "intake: the same", "relay failed"]),
    ],
    words: &[
        ("start", "now starting, now there, start"),
        ("run", "now running, arm begin, arm intake"),
        ("unborn", "now failed, now gone, release, say failed, last life"),
        ("begins", "now begun, arm word"),
        ("word", "arm word"),
        ("look", "look whether opened"),
        ("intake", "look at intake, arm intake"),
        ("hang", "now hanging, ask, arm grace"),
        ("ask", "ask, arm grace"),
        ("end", "now ended, now left, release, count, say ended, last life, well"),
        ("rest", "now resting, now left, release, count, start again, failed, arm backoff"),
        ("body", "now left, release, count"),
        ("free", "now gone, release"),
        ("kill", "kill"),
        ("askkill", "ask, kill"),
        ("slay", "ask, kill, abandon"),
        ("off", "abandon"),
        ("fail", "now failed, abandon, say failed, last life, ask, arm grace"),
        ("failN", "now failed, abandon, say failed, last life"),
        ("gone", "now failed, say failed, last life"),
        ("starve", "now failed, say failed, last life, ask, arm grace"),
        ("lost", "now ended, now gone, release, say stopped, last life"),
        ("nobody", "now ended, release, say stopped, last life"),
    ],
    cells: "
                  | waiting starting running begun   hanging failed
                  | gone    there    there   there   there   there
begin             | start   .        .       .       .       .
stop              | note    note     note    note    note    note
kill              | off     slay     slay    slay    slay    askkill
spawned           | .       run      .       .       .       .
spawn failed      | .       unborn   .       .       .       free
exited: 0         | .       end      end     end     rest    body
exited: 1         | .       rest     rest    rest    rest    body
exited: PIPE      | .       rest     rest    rest    rest    body
exited: KILL      | .       rest     rest    rest    rest    body
opened            | .       word     begins  .       word    word
opened nothing    | .       ask      hang    .       .       .
ready             | .       word     begins  .       word    word
spoke             | .       note     note    note    note    note
intake: no need   | .       .        note    note    note    note
intake: the same  | .       note     hang    hang    .       .
intake: more      | .       note     note    note    note    note
nothing left      | .       .        .       .       .       .
some left         | .       .        .       .       .       .
returned          | .       .        .       .       .       .
returned torn     | .       .        .       .       .       .
returned failed   | .       .        .       .       .       .
drained           | note    note     note    note    note    note
drained finished  | note    note     note    note    note    note
no other life     | note    note     note    note    note    note
inputs over       | note    note     note    note    note    note
lost              | .       .        .       .       .       .
end seen          | note    note     note    note    note    note
written told      | note    note     note    note    note    note
read torn         | note    note     note    note    note    note
readers gone      | note    note     note    note    note    .
relay over        | note    note     note    note    note    .
relay failed      | failN   fail     fail    fail    fail    off
input failed      | gone    starve   starve  starve  starve  .
stands still      | failN   fail     fail    fail    fail    .
warden lost       | nobody  lost     lost    lost    lost    free
due begin         | .       look     look    .       .       .
due word          | .       ask      hang    hang    .       .
due intake        | .       intake   intake  intake  .       .
due linger        | .       .        .       .       .       .
due grace         | .       kill     kill    kill    kill    kill
due backoff       | .       .        .       .       .       .
due ladder        | .       .        .       .       .       .
due still running | .       .        .       .       .       .
due time limit    | note    note     note    note    note    note
due opened        | .       .        .       .       .       .
",
};

/// After its end, when that is judged or is to be.
pub(super) const JUDGED: Table = Table {
    histories: &[
        ("unclear left", &["begin", "spawned", "written told", "read torn", "exited: 0"]),
        ("unclear told", &["begin", "spawned", "written told", "read torn", "exited: 0", "some left"]),
        ("unclear timed", &["begin", "spawned", "written told", "read torn", "exited: 0", "some left", "drained"]),
        ("unclear gone", &["begin", "spawned", "written told", "read torn", "exited: 0", "nothing left"]),
        ("ended left", &["begin", "spawned", "exited: 0"]),
        ("ended told", &["begin", "spawned", "exited: 0", "some left"]),
        ("ended timed", &["begin", "spawned", "exited: 0", "some left", "drained"]),
        ("ended gone", &["begin", "spawned", "exited: 0", "nothing left"]),
        ("failed left", &["begin", "spawned", "exited: 1", "inputs over"]),
        ("failed told", &["begin", "spawned", "exited: 1", "inputs over", "some left"]),
        ("failed timed", &["begin", "spawned", "exited: 1", "inputs over", "some left", "drained"]),
        ("failed gone", &["begin", "spawned", "exited: 1", "inputs over", "nothing left"]),
    ],
    words: &[
        ("told", "now told"),
        ("timed", "now timed, arm linger"),
        ("gone", "now gone"),
        ("free", "now gone, release"),
        ("warn", "warn, kill"),
        ("kill", "kill"),
        ("slay", "ask, kill, abandon"),
        ("slayT", "now timed, ask, kill, abandon, arm linger"),
        ("slayE", "now ended, say stopped, last life, ask, kill, abandon"),
        ("slayET", "now ended, now timed, say stopped, last life, ask, kill, abandon, arm linger"),
        ("offE", "now ended, say stopped, last life, abandon"),
        ("starve", "now failed, say failed, last life"),
        ("off", "abandon"),
        ("offT", "now timed, abandon, arm linger"),
        ("fail", "now failed, abandon, say failed, last life"),
        ("failT", "now failed, now timed, abandon, say failed, last life, arm linger"),
        ("after", "now failed, abandon, say failed"),
        ("afterT", "now failed, now timed, abandon, say failed, arm linger"),
        ("lost", "now ended, now gone, release, say stopped, last life"),
        ("nobody", "now ended, release, say stopped, last life"),
    ],
    cells: "
                  | unclear unclear unclear unclear ended ended  ended ended failed failed failed failed
                  | left    told    timed   gone    left  told   timed gone  left   told   timed  gone
begin             | .       .       .       .       .     .      .     .     .      .      .      .
stop              | note    note    note    note    note  note   note  note  note   note   note   note
kill              | slayE   slayET  slayE   offE    slay  slayT  slay  off   slay   slayT  slay   off
spawned           | .       .       .       .       .     .      .     .     .      .      .      .
spawn failed      | .       .       .       .       .     .      .     .     .      .      .      .
exited: 0         | .       .       .       .       .     .      .     .     .      .      .      .
exited: 1         | .       .       .       .       .     .      .     .     .      .      .      .
exited: PIPE      | .       .       .       .       .     .      .     .     .      .      .      .
exited: KILL      | .       .       .       .       .     .      .     .     .      .      .      .
opened            | .       .       .       .       .     .      .     .     .      .      .      .
opened nothing    | .       .       .       .       .     .      .     .     .      .      .      .
ready             | .       .       .       .       .     .      .     .     .      .      .      .
spoke             | .       .       .       .       .     .      .     .     .      .      .      .
intake: no need   | .       .       .       .       .     .      .     .     .      .      .      .
intake: the same  | .       .       .       .       .     .      .     .     .      .      .      .
intake: more      | .       .       .       .       .     .      .     .     .      .      .      .
nothing left      | gone    gone    gone    .       gone  gone   gone  .     gone   gone   gone   .
some left         | told    .       .       .       told  .      .     .     told   .      .      .
returned          | .       .       .       .       .     .      .     .     .      .      .      .
returned torn     | .       .       .       .       .     .      .     .     .      .      .      .
returned failed   | .       .       .       .       .     .      .     .     .      .      .      .
drained           | note    timed   .       note    note  timed  .     note  note   timed  .      note
drained finished  | note    timed   note    note    note  timed  note  note  note   timed  note   note
no other life     | note    note    note    note    note  note   note  note  note   note   note   note
inputs over       | note    note    note    note    note  note   note  note  .      .      .      .
lost              | .       .       .       .       .     .      .     .     .      .      .      .
end seen          | note    note    note    note    note  note   note  note  note   note   note   note
written told      | .       .       .       .       note  note   note  note  note   note   note   note
read torn         | .       .       .       .       note  note   note  note  note   note   note   note
readers gone      | note    note    note    note    note  note   note  note  note   note   note   note
relay over        | note    timed   note    note    note  timed  note  note  note   timed  note   note
relay failed      | fail    failT   fail    fail    after afterT after after off    offT   off    off
input failed      | starve  starve  starve  starve  .     .      .     .     .      .      .      .
stands still      | fail    failT   fail    fail    after afterT after after off    offT   off    off
warden lost       | lost    lost    lost    nobody  free  free   free  note  free   free   free   note
due begin         | .       .       .       .       .     .      .     .     .      .      .      .
due word          | .       .       .       .       .     .      .     .     .      .      .      .
due intake        | .       .       .       .       .     .      .     .     .      .      .      .
due linger        | warn    warn    warn    .       warn  warn   warn  .     warn   warn   warn   .
due grace         | kill    kill    kill    .       kill  kill   kill  .     kill   kill   kill   .
due backoff       | .       .       .       .       .     .      .     .     .      .      .      .
due ladder        | .       .       .       .       .     .      .     .     .      .      .      .
due still running | .       .       .       .       .     .      .     .     .      .      .      .
due time limit    | note    note    note    note    note  note   note  note  note   note   note   note
due opened        | .       .       .       .       .     .      .     .     .      .      .      .
",
    ..THERE
};

/// After the end of a life that another one follows: `resting` until the time before it has passed, then `rested`.
pub(super) const RESTING: Table = Table {
    histories: &[
        ("resting left", &["begin", "spawned", "exited: 1"]),
        ("resting told", &["begin", "spawned", "exited: 1", "some left"]),
        ("resting timed", &["begin", "spawned", "exited: 1", "some left", "drained"]),
        ("resting gone", &["begin", "spawned", "exited: 1", "nothing left"]),
        ("rested left", &["begin", "spawned", "exited: 1", "due backoff"]),
        ("rested told", &["begin", "spawned", "exited: 1", "due backoff", "some left"]),
        ("rested timed", &["begin", "spawned", "exited: 1", "due backoff", "some left", "drained"]),
        ("rested gone", &["begin", "spawned", "exited: 1", "due backoff", "nothing left"]),
    ],
    words: &[
        ("told", "now told"),
        ("timed", "now timed, arm linger"),
        ("gone", "now gone, take all"),
        ("gone!", "now gone"),
        ("rested", "now rested"),
        ("again", "now starting, now there, start life 2"),
        ("end", "now ended, say stopped, last life"),
        ("fail", "now failed, say failed, last life"),
        ("failT", "now failed, now timed, say failed, last life, arm linger"),
        ("relay", "now failed, abandon, say failed, last life"),
        ("relayT", "now failed, now timed, abandon, say failed, last life, arm linger"),
        ("warn", "warn, kill"),
        ("kill", "kill"),
        ("slay", "now ended, say stopped, last life, ask, kill, abandon"),
        ("slayT", "now ended, now timed, say stopped, last life, ask, kill, abandon, arm linger"),
        ("off", "now ended, say stopped, last life, abandon"),
        ("lost", "now ended, now gone, release, say stopped, last life"),
        ("nobody", "now ended, release, say stopped, last life"),
    ],
    cells: "
                  | resting resting resting resting rested rested rested rested
                  | left    told    timed   gone    left   told   timed  gone
begin             | .       .       .       .       .      .      .      .
stop              | end     end     end     end     end    end    end    end
kill              | slay    slayT   slay    off     slay   slayT  slay   off
spawned           | .       .       .       .       .      .      .      .
spawn failed      | .       .       .       .       .      .      .      .
exited: 0         | .       .       .       .       .      .      .      .
exited: 1         | .       .       .       .       .      .      .      .
exited: PIPE      | .       .       .       .       .      .      .      .
exited: KILL      | .       .       .       .       .      .      .      .
opened            | .       .       .       .       .      .      .      .
opened nothing    | .       .       .       .       .      .      .      .
ready             | .       .       .       .       .      .      .      .
spoke             | .       .       .       .       .      .      .      .
intake: no need   | .       .       .       .       .      .      .      .
intake: the same  | .       .       .       .       .      .      .      .
intake: more      | .       .       .       .       .      .      .      .
nothing left      | gone    gone    gone!   .       gone   gone   again  .
some left         | told    .       .       .       told   .      .      .
returned          | .       .       .       .       .      .      .      .
returned torn     | .       .       .       .       .      .      .      .
returned failed   | .       .       .       .       .      .      .      .
drained           | note    timed   .       note    note   timed  .      again
drained finished  | fail    failT   fail    fail    fail   failT  fail   fail
no other life     | note    note    note    note    note   note   note   note
inputs over       | fail    fail    fail    fail    fail   fail   fail   fail
lost              | .       .       .       .       .      .      .      .
end seen          | note    note    note    note    note   note   note   note
written told      | note    note    note    note    note   note   note   note
read torn         | note    note    note    note    note   note   note   note
readers gone      | fail    fail    fail    fail    fail   fail   fail   fail
relay over        | note    timed   note    note    note   timed  note   again
relay failed      | relay   relayT  relay   relay   relay  relayT relay  relay
input failed      | fail    fail    fail    fail    fail   fail   fail   fail
stands still      | relay   relayT  relay   relay   relay  relayT relay  relay
warden lost       | lost    lost    lost    nobody  lost   lost   lost   nobody
due begin         | .       .       .       .       .      .      .      .
due word          | .       .       .       .       .      .      .      .
due intake        | .       .       .       .       .      .      .      .
due linger        | warn    warn    warn    .       warn   warn   warn   .
due grace         | kill    kill    kill    .       kill   kill   kill   .
due backoff       | rested  rested  rested  rested  .      .      .      .
due ladder        | .       .       .       .       .      .      .      .
due still running | .       .       .       .       .      .      .      .
due time limit    | end     end     end     end     end    end    end    end
due opened        | .       .       .       .       .      .      .      .
",
    ..THERE
};
