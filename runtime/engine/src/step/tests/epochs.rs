//! What becomes of the count when a job before has begun again.

use super::super::Counts;
use super::lane;
use super::table::over;
use crate::flow::Ending::EndedUnfinished;

#[test]
fn the_count_begins_again_when_all_lanes_do() {
    over([lane(), lane()])
        .give(0, "1 2 1.1^ 1.2")
        .give(1, "1 2")
        .makes(["1: 1 | 1", "2: 2 | 2"])
        .waits_for([1])
        .give(1, "1.1^ 1.2")
        .makes(["1.1[^]: 1.1^ | 1.1^", "1.2: 1.2 | 1.2"]);
}

#[test]
fn a_lane_that_begins_again_alone_goes_on_from_the_current_compute_block() {
    over([lane(), lane()])
        .give(0, "1 2 1.1 1.2")
        .give(1, "1 2 3 4")
        .makes(["1: 1 | 1", "2: 2 | 2", "3: 1.1 | 3", "4: 1.2 | 4"])
        .waits_for([0, 1]);
}

#[test]
fn a_lane_that_begins_again_within_a_group_fills_it_up() {
    over([lane().count(3), lane()])
        .give(0, "1 2 3 4 1.1 1.2 1.4")
        .give(1, "1 2 3")
        .makes(["1: 1 2 3 | 1", "2: 4 1.1 1.2 | 2"])
        .waits_for([0])
        .give(0, "1.5")
        .makes(["3[~]: 1.2~ 1.4 1.5 | 3"]);
}

#[test]
fn a_lane_may_begin_again_twice_alone() {
    over([lane(), lane()]).give(0, "1 1.1 2.1").give(1, "1 2 3").makes(["1: 1 | 1", "2: 1.1 | 2", "3: 2.1 | 3"]);
}

#[test]
fn the_count_begins_again_when_the_last_lane_does() {
    // The lane that had begun before is not set back: what it has used is missing now.
    over([lane(), lane()])
        .give(0, "1 1.1 1.2 1.3 1.4")
        .give(1, "1 2 3 1.1 1.2 1.3 1.4")
        .makes(["1: 1 | 1", "2: 1.1 | 2", "3: 1.2 | 3"])
        .makes(["1.1[~]: 1.2~ | 1.1", "1.2[~]: 1.2~ | 1.2", "1.3: 1.3 | 1.3", "1.4: 1.4 | 1.4"]);
}

#[test]
fn after_the_count_began_again_what_was_used_is_too_old() {
    over([lane(), lane()])
        .give(0, "1 1.1 1.2")
        .give(1, "1 2 3 1.1")
        .makes(["1: 1 | 1", "2: 1.1 | 2", "3: 1.2 | 3"])
        .waits_for([0])
        .give(0, "1.2 1.3")
        .makes(["1.1[~]: 1.2~ | 1.1"])
        .counts(0, Counts { delivered: 3, too_old: 1, dummies: 1, ..Counts::default() });
}

#[test]
fn each_lane_must_begin_again_once_more_for_the_next_beginning() {
    over([lane(), lane()]).give(0, "1 1.1 2.1 2.2 3.1").give(1, "1 1.1 1.2 1.3 2.1").makes([
        "1: 1 | 1",
        "1.1: 1.1 | 1.1",
        "1.2: 2.1 | 1.2",
        "1.3: 2.2 | 1.3",
        "2.1: 3.1 | 2.1",
    ]);
}

#[test]
fn the_rest_of_an_old_epoch_is_too_old() {
    over([lane().count(2), lane()])
        .give(0, "1 2 3 1.1 1.2")
        .give(1, "1 1.1")
        .makes(["1: 1 2 | 1", "1.1: 1.1 1.2 | 1.1"])
        .counts(0, Counts { delivered: 4, too_old: 1, ..Counts::default() });
}

#[test]
fn a_block_of_an_older_epoch_is_too_old() {
    over([lane(), lane()])
        .give(0, "1.1 2 1.2")
        .give(1, "1.1 1.2")
        .makes(["1.1: 1.1 | 1.1", "1.2: 1.2 | 1.2"])
        .counts(0, Counts { delivered: 2, too_old: 1, ..Counts::default() });
    over([lane()]).give(0, "1.5 2 1.6").makes(["1.5: 1.5", "1.6: 1.6"]);
}

#[test]
fn a_single_lane_begins_again_with_each_epoch() {
    over([lane()]).give(0, "1 2 1.1 1.2 3.7").makes(["1: 1", "2: 2", "1.1: 1.1", "1.2: 1.2", "3.7: 3.7"]);
    over([lane().count(2)]).give(0, "1 2 3 1.1 1.2").makes(["1: 1 2", "1.1: 1.1 1.2"]).waits_for([0]);
}

#[test]
fn lanes_that_are_given_from_a_later_epoch_on_begin_there() {
    over([lane(), lane()]).give(0, "4.1 4.2").give(1, "4.1 4.2").makes(["4.1: 4.1 | 4.1", "4.2: 4.2 | 4.2"]);
}

#[test]
fn a_lane_of_a_later_epoch_joins_one_of_an_earlier() {
    over([lane(), lane()]).give(0, "4.57 4.58").give(1, "1 2").makes(["1: 4.57 | 1", "2: 4.58 | 2"]);
}

#[test]
fn a_lane_that_ends_decides_before_others_begin_again() {
    over([lane(), lane()])
        .give(0, "1 1.1")
        .give(1, "1")
        .makes(["1: 1 | 1"])
        .end_all([1])
        .ends(EndedUnfinished)
        .counts(0, Counts { delivered: 1, unused: 1, ..Counts::default() });
}

#[test]
fn a_lane_that_begins_again_waits_for_the_others_if_they_are_known_to() {
    over([lane(), lane()]).give(0, "1 1.1 1.2").give(1, "1 2 3 1.1 1.2").awaits(1).makes([
        "1: 1 | 1",
        "2[~]: 1~ | 2",
        "3[~]: 1~ | 3",
        "1.1: 1.1 | 1.1",
        "1.2: 1.2 | 1.2",
    ]);
}

#[test]
fn what_is_left_of_several_epochs_stays_apart() {
    over([lane(), lane()]).give(0, "1 1.1 1.2 2.1 2.2").give(1, "1 2 2.1 2.2").awaits(2).makes([
        "1: 1 | 1",
        "2[~]: 1~ | 2",
        "1.1[~]: 1.1 | 2~",
        "1.2[~]: 1.2 | 2~",
        "2.1: 2.1 | 2.1",
        "2.2: 2.2 | 2.2",
    ]);
}

#[test]
fn after_the_awaited_epoch_a_lane_goes_on_alone_again() {
    over([lane(), lane()]).give(0, "1 1.1 1.2 2.1").give(1, "1 1.1 1.2 1.3").awaits(1).makes([
        "1: 1 | 1",
        "1.1: 1.1 | 1.1",
        "1.2: 1.2 | 1.2",
        "1.3: 2.1 | 1.3",
    ]);
}

#[test]
fn what_a_lane_holds_can_be_cleared_away_and_is_lost() {
    over([lane(), lane()])
        .give(0, "1 2 3")
        .give(1, "1")
        .makes(["1: 1 | 1"])
        .clears(0)
        .give(0, "4 5")
        .give(1, "2 3 4")
        .makes(["2[~]: 1~ | 2", "3[~]: 1~ | 3", "4: 4 | 4"])
        .counts(0, Counts { delivered: 2, lost: 2, dummies: 2, ..Counts::default() });
    over([lane()])
        .give(0, "1 2 3")
        .clears(0)
        .give(0, "1.1")
        .makes(["1.1: 1.1"])
        .counts(0, Counts { delivered: 1, lost: 3, ..Counts::default() });
}

#[test]
fn a_compute_block_that_was_made_of_what_is_cleared_away_is_made_anew() {
    over([lane(), lane().count(2)])
        .give(0, "1 2")
        .give(1, "1 2")
        .sees_ready()
        .clears(1)
        .give(1, "1.1 1.2")
        .makes(["1: 1 | 1.1 1.2"])
        .counts(1, Counts { delivered: 2, lost: 2, ..Counts::default() });
}

#[test]
fn a_count_may_begin_in_the_middle_of_streams() {
    over([lane(), lane()]).give(0, "57 58").give(1, "58").makes(["57[~]: 57 | _~", "58: 58 | 58"]);
    over([lane(), lane()]).give(0, "3.57 3.58").give(1, "3.57 3.58").makes(["3.57: 3.57 | 3.57", "3.58: 3.58 | 3.58"]);
    over([lane().count(3), lane()]).give(0, "5 6 7").give(1, "2 3").makes(["2[~]: _~ 5 6 | 2"]);
}

#[test]
fn a_count_begins_in_the_lowest_epoch_and_others_go_on_from_there() {
    over([lane(), lane()])
        .give(0, "57 58 4.1 4.2")
        .give(1, "4.1 4.2 4.3")
        .makes(["57: 57 | 4.1", "58: 58 | 4.2"])
        .makes(["4.1[~]: 4.1 | 4.2~", "4.2[~]: 4.2 | 4.2~"]);
    over([lane(), lane()])
        .waits_for([0, 1])
        .give(1, "7.1")
        .waits_for([0])
        .give(0, "2.9 7.1 7.2")
        .makes(["2.9: 2.9 | 7.1"])
        .waits_for([1])
        .give(1, "7.2")
        .makes(["7.1[~]: 7.1 | 7.1~", "7.2: 7.2 | 7.2"]);
}
