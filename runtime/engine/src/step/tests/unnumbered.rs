//! Lanes that are not taken in step: async, optional, and those that lead back.

use pipeloom_config::{DropSide, Dummy};

use super::super::Counts;
use super::table::over;
use super::{async_lane, lane, optional};
use crate::flow::Ending::EndedUnfinished;

#[test]
fn an_async_lane_gives_each_block_once_whatever_its_number() {
    over([lane(), async_lane().count(2)])
        .give(0, "1 2 3")
        .give(1, "9 3.3 1 1 4")
        .makes(["1: 1 | 9 3.3", "2: 2 | 1 1"])
        .waits_for([1])
        .give(1, "5")
        .makes(["3: 3 | 4 5"]);
}

#[test]
fn an_async_lane_that_has_ended_gives_dummies() {
    over([lane(), async_lane().count(2).dummy(Dummy::Value(b"x".to_vec()))])
        .give(0, "1 2")
        .give(1, "1")
        .waits_for([1])
        .end_all([1])
        .makes(["1[~]: 1 | 1 x~", "2[~]: 2 | x~ x~"]);
}

#[test]
fn the_first_compute_block_does_not_wait_for_a_lane_that_leads_back() {
    over([lane(), async_lane().feedback().count(2)])
        .give(0, "1 2 3")
        .makes(["1: 1 | _ _"])
        .waits_for([1])
        .give(1, "1 2")
        .makes(["2: 2 | 1 2"])
        .end_all([1])
        .makes(["3[~]: 3 | 2~ 2~"]);
}

#[test]
fn a_block_that_came_early_on_a_lane_that_leads_back_waits() {
    over([lane(), async_lane().feedback()]).give(0, "1 2").give(1, "1").makes(["1: 1 | _", "2: 2 | 1"]);
}

#[test]
fn an_optional_lane_gives_its_default_until_a_block_has_come_and_between_blocks() {
    over([lane(), optional("+")]).give(0, "1 2 3 4 5").makes(["1: 1 | +"]).give(1, "7+ 8^~").makes([
        "2[+]: 2 | 7+",
        "3[~]: 3 | 8~",
        "4: 4 | +",
    ]);
}

#[test]
fn an_optional_lane_with_store_repeats_its_last_block() {
    over([lane(), optional("+").store()])
        .give(0, "1 2 3 4 5")
        .makes(["1: 1 | +"])
        .give(1, "7+^~")
        .makes(["2[~+]: 2 | 7~+", "3[~+]: 3 | 7~+"])
        .give(1, "8")
        .makes(["4: 4 | 8", "5: 5 | 8"]);
}

#[test]
fn an_optional_lane_fills_its_group_with_repeats() {
    over([lane(), optional("+").count(3).store(), optional("-").count(2)])
        .give(0, "1 2")
        .give(1, "7 8")
        .give(2, "9")
        .makes(["1: 1 | 7 8 8 | 9 -", "2: 2 | 8 8 8 | - -"]);
}

#[test]
fn what_comes_on_an_optional_lane_after_a_compute_block_was_made_is_for_the_next() {
    over([lane(), optional("+")]).give(0, "1 2").sees_ready().give(1, "7").makes(["1: 1 | +", "2: 2 | 7"]);
}

#[test]
fn a_full_buffer_drops_the_oldest_or_the_newest() {
    let lanes = [lane(), optional("+").buffer(2, DropSide::Oldest), optional("-").buffer(2, DropSide::Newest)];
    over(lanes)
        .give(1, "1 2 3 4")
        .give(2, "1 2 3 4")
        .give(0, "1 2 3")
        .makes(["1: 1 | 3 | 1", "2: 2 | 4 | 2", "3: 3 | + | -"])
        .counts(1, Counts { delivered: 2, dropped: 2, ..Counts::default() })
        .counts(2, Counts { delivered: 2, dropped: 2, ..Counts::default() });
}

#[test]
fn a_buffer_never_drops_a_block_that_is_marked_reset_or_finished() {
    over([lane(), optional("+").buffer(1, DropSide::Oldest), optional("-").buffer(1, DropSide::Newest)])
        .give(1, "1^ 2 3 4!")
        .give(2, "1 2^ 3 4!")
        .give(0, "1 2 3")
        .makes(["1: 1 | 1 | 1", "2: 2 | 3 | 2", "3: 3 | 4 | 4"]);
}

#[test]
fn optional_lanes_alone_wait_until_any_has_a_block() {
    over([optional("+"), optional("-")])
        .waits_for([0, 1])
        .give(1, "1")
        .makes(["1: + | 1"])
        .waits_for([0, 1])
        .end_all([0])
        .waits_for([1])
        .end_all([1])
        .ends(EndedUnfinished);
}

#[test]
fn a_lane_without_a_buffer_is_given_no_more_than_it_needs() {
    over([lane(), optional("+"), optional("-").buffer(1, DropSide::Oldest)])
        .waits_for([0, 1, 2])
        .give(1, "1")
        .give(2, "1")
        .waits_for([0, 2]);
}
