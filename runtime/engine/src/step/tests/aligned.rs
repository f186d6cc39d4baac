//! Compute blocks that are told at a glance, and what is not.

use pipeloom_config::Dummy;

use super::super::Counts;
use super::table::over;
use super::{async_lane, lane, optional};
use crate::flow::Ending;

#[test]
fn fronts_with_the_same_number_are_told_at_a_glance() {
    over([lane(), lane(), lane()])
        .give(0, "1^ 2 3")
        .give(1, "1 2+")
        .give(2, "1 2 3 4")
        .tells(["1[^]: 1^ | 1 | 1", "2[+]: 2 | 2+ | 2"])
        .tells_no_more()
        .waits_for([1])
        .counts(0, Counts { delivered: 2, ..Counts::default() });
}

#[test]
fn a_gap_is_left_to_the_rules_and_what_follows_is_told_again() {
    over([lane(), lane()])
        .give(0, "1 2 4 5")
        .give(1, "1 2 3 4 5")
        .tells(["1: 1 | 1", "2: 2 | 2"])
        .tells_no_more()
        .makes(["3[~]: 2~ | 3"])
        .tells(["4: 4 | 4", "5: 5 | 5"])
        .counts(0, Counts { delivered: 4, dummies: 1, ..Counts::default() });
}

#[test]
fn a_dummy_repeats_a_block_that_was_told_and_whose_batch_has_gone() {
    let previous = lane().dummy(Dummy::Previous { empty: b"null".to_vec() });
    over([previous, lane()])
        .give(0, "1 2")
        .give(1, "1 2 3 4")
        .tells(["1: 1 | 1", "2: 2 | 2"])
        .give(0, "4")
        .makes(["3[~]: 2~ | 3"])
        .tells(["4: 4 | 4"]);
}

#[test]
fn batches_of_any_length_meet() {
    over([lane(), lane()])
        .give(0, "1")
        .give(0, "2 3")
        .give(1, "1 2")
        .give(1, "3 4")
        .give(0, "4")
        .tells(["1: 1 | 1", "2: 2 | 2", "3: 3 | 3", "4: 4 | 4"])
        .tells_no_more()
        .waits_for([0, 1]);
}

#[test]
fn what_is_set_out_already_is_left_to_the_rules() {
    over([lane(), lane()])
        .give(0, "1 2 3")
        .give(1, "1")
        .tells(["1: 1 | 1"])
        .waits_for([1])
        .give(1, "2 3")
        .tells_no_more()
        .makes(["2: 2 | 2"])
        .tells(["3: 3 | 3"]);
}

#[test]
fn a_repeated_block_is_left_to_the_rules() {
    over([lane(), lane()])
        .give(0, "1 1 2")
        .give(1, "1 2")
        .tells(["1: 1 | 1"])
        .tells_no_more()
        .makes(["2: 2 | 2"])
        .counts(0, Counts { delivered: 2, too_old: 1, ..Counts::default() });
}

#[test]
fn the_last_block_is_left_to_the_rules() {
    over([lane(), lane()])
        .give(0, "1 2!")
        .give(1, "1 2 3")
        .tells(["1: 1 | 1"])
        .tells_no_more()
        .makes(["2[!]: 2! | 2"])
        .ends(Ending::Finished)
        .tells_no_more()
        .counts(1, Counts { delivered: 2, unused: 1, ..Counts::default() });
}

#[test]
fn a_new_beginning_is_left_to_the_rules() {
    over([lane(), lane()])
        .give(0, "1 2 1.1 1.2")
        .give(1, "1 2 3 1.1 1.2")
        .tells(["1: 1 | 1", "2: 2 | 2"])
        .tells_no_more()
        .makes(["3: 1.1 | 3"])
        .tells_no_more();
    over([lane(), lane()])
        .give(0, "1 1.1 1.2")
        .give(1, "1 1.1 1.2")
        .tells(["1: 1 | 1"])
        .tells_no_more()
        .makes(["1.1: 1.1 | 1.1"])
        .tells(["1.2: 1.2 | 1.2"]);
}

#[test]
fn a_newer_epoch_is_left_to_the_rules_also_if_its_first_number_fits() {
    over([lane(), lane()])
        .give(0, "1 2 1.3 1.4")
        .give(1, "1 2 3 4")
        .tells(["1: 1 | 1", "2: 2 | 2"])
        .tells_no_more()
        .makes(["3: 1.3 | 3"])
        .tells(["4: 1.4 | 4"]);
}

#[test]
fn other_lanes_are_left_to_the_rules() {
    for other in [lane().count(2), async_lane(), optional("d")] {
        over([lane(), other]).give(0, "1 2").give(1, "1 2").tells_no_more();
    }
}
