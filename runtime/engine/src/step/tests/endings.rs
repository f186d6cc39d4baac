//! When it is over, and how.

use super::super::Counts;
use super::table::over;
use super::{async_lane, lane, optional};
use crate::flow::Ending::{EndedUnfinished, Finished, Torn};

#[test]
fn it_is_over_after_a_finished_block_in_step() {
    over([lane(), lane()])
        .give(0, "1 2!")
        .give(1, "1 2 3 4")
        .makes(["1: 1 | 1", "2[!]: 2! | 2"])
        .ends(Finished)
        .counts(1, Counts { delivered: 2, unused: 2, ..Counts::default() });
}

#[test]
fn what_comes_after_the_end_is_unused() {
    over([lane(), lane()])
        .give(0, "1!")
        .give(1, "1")
        .makes(["1[!]: 1! | 1"])
        .give(1, "2 3")
        .counts(1, Counts { delivered: 1, unused: 2, ..Counts::default() });
    over([lane()])
        .give(0, "1! 2")
        .makes(["1[!]: 1!"])
        .ends(Finished)
        .give(0, "3")
        .counts(0, Counts { delivered: 1, unused: 2, ..Counts::default() });
}

#[test]
fn the_shortest_lane_decides_also_while_another_is_waited_for() {
    over([lane(), lane()])
        .give(1, "1")
        .end_all([1])
        .waits_for([0])
        .give(0, "1")
        .makes(["1: 1 | 1"])
        .ends(EndedUnfinished);
}

#[test]
fn a_lane_that_has_ended_is_used_up_first() {
    over([lane(), lane()])
        .give(0, "1 3")
        .give(1, "1 2 3 4")
        .end_all([0])
        .makes(["1: 1 | 1", "2[~]: 1~ | 2", "3: 3 | 3"])
        .ends(EndedUnfinished);
}

#[test]
fn a_group_that_is_not_full_at_the_end_is_unused() {
    over([lane().count(3)])
        .give(0, "1 2 3 4 5!")
        .end(0, Finished)
        .makes(["1: 1 2 3"])
        .ends(EndedUnfinished)
        .counts(0, Counts { delivered: 3, unused: 2, ..Counts::default() });
}

#[test]
fn a_stream_whose_last_block_was_too_old_did_not_finish() {
    over([lane(), lane()])
        .give(0, "2 1!")
        .give(1, "1 2")
        .end(0, Finished)
        .makes(["1[~]: _~ | 1", "2: 2 | 2"])
        .ends(EndedUnfinished);
}

#[test]
fn the_first_lane_in_the_file_says_how_it_ended() {
    let torn = Torn { bytes: 7 };
    over([lane(), lane(), lane()]).end(2, EndedUnfinished).end(1, torn).ends(torn);
    over([lane()]).end(0, torn).ends(torn);
}

#[test]
fn lanes_that_are_not_in_step_never_end_it() {
    over([lane(), async_lane(), optional("-")])
        .give(0, "1 2 3")
        .give(1, "1!")
        .give(2, "1!")
        .end(1, Finished)
        .end(2, Finished)
        .makes(["1: 1 | 1 | 1", "2[~]: 2 | 1~ | -", "3[~]: 3 | 1~ | -"])
        .waits_for([0]);
}

#[test]
fn if_none_is_in_step_it_is_over_when_all_have_ended() {
    over([async_lane(), async_lane().count(2)])
        .give(0, "1")
        .give(1, "1 2 3")
        .end_all([0])
        .makes(["1: 1 | 1 2"])
        .waits_for([1])
        .end_all([1])
        .makes(["2[~]: 1~ | 3 3~"])
        .ends(EndedUnfinished);
}

#[test]
fn if_none_is_in_step_the_head_is_finished_when_all_are() {
    over([async_lane(), async_lane()])
        .give(0, "1!")
        .give(1, "1 2!")
        .makes(["1: 1 | 1", "2[~!]: 1~ | 2"])
        .ends(Finished);
    over([async_lane(), async_lane()])
        .give(0, "1!")
        .give(1, "1")
        .makes(["1: 1 | 1"])
        .end_all([1])
        .ends(EndedUnfinished);
}

#[test]
fn the_end_of_a_cycle_does_not_count() {
    over([async_lane(), async_lane().feedback()])
        .give(0, "1")
        .makes(["1: 1 | _"])
        .give(1, "1")
        .end_all([0])
        .ends(EndedUnfinished)
        .counts(1, Counts { unused: 1, dummies: 1, ..Counts::default() });
}
