//! Lanes that are taken in step: numbers, gaps, repeats, dummies.

use pipeloom_config::Dummy;
use pipeloom_job::batch::LARGE_BYTES;
use pipeloom_job::{Batch, Block, Head, HeadSize, Payload, Seq};

use super::super::{Counts, LaneSpec, Ready};
use super::table::over;
use super::{async_lane, lane, stepper};

#[test]
fn blocks_meet_by_their_numbers_not_by_their_arrival() {
    over([lane(), lane()])
        .give(1, "1 2")
        .waits_for([0])
        .give(0, "1")
        .makes(["1: 1 | 1"])
        .waits_for([0])
        .give(0, "2")
        .makes(["2: 2 | 2"])
        .waits_for([0, 1]);
}

#[test]
fn a_lane_gives_as_many_blocks_as_its_count_says_and_none_is_lost() {
    over([lane(), lane().count(2), lane().count(5)])
        .give(0, "1 2")
        .give(1, "1 2 3 4")
        .give(2, "1 2 3 4 5 6 7 8 9 10")
        .makes(["1: 1 | 1 2 | 1 2 3 4 5", "2: 2 | 3 4 | 6 7 8 9 10"])
        .waits_for([0, 1, 2]);
}

#[test]
fn a_missing_block_is_replaced_once_a_later_one_has_come() {
    over([lane(), lane()])
        .give(0, "1")
        .give(1, "1 2 3")
        .makes(["1: 1 | 1"])
        .waits_for([0])
        .give(0, "3")
        .makes(["2[~]: 1~ | 2", "3: 3 | 3"])
        .counts(0, Counts { delivered: 2, dummies: 1, ..Counts::default() });
}

#[test]
fn a_dummy_is_zeros_the_payload_before_or_a_given_value() {
    let zero = LaneSpec { block_size: Some(3), ..lane() }.dummy(Dummy::Zero);
    let value = lane().dummy(Dummy::Value(b"none".to_vec()));
    let previous = lane().dummy(Dummy::Previous { empty: b"null".to_vec() });
    over([zero, value, previous, lane()]).give(0, "3").give(1, "3").give(2, "2 4").give(3, "1 2 3").makes([
        "1[~]: 000~ | none~ | null~ | 1",
        "2[~]: 000~ | none~ | 2 | 2",
        "3[~]: 3 | 3 | 2~ | 3",
    ]);
}

#[test]
fn a_dummy_repeats_the_block_before_it_also_within_a_compute_block() {
    over([lane().count(4), lane()])
        .give(0, "2 4 6 8")
        .give(1, "1 2")
        .makes(["1[~]: _~ 2 2~ 4 | 1", "2[~]: 4~ 6 6~ 8 | 2"]);
}

#[test]
fn a_dummy_repeats_a_block_whose_batch_has_gone() {
    over([lane(), lane()])
        .give(0, "1")
        .give(1, "1 2 3")
        .makes(["1: 1 | 1"])
        .give(0, "4")
        .makes(["2[~]: 1~ | 2", "3[~]: 1~ | 3"]);
}

#[test]
fn a_large_payload_is_repeated_without_a_copy() {
    let mut stepper = stepper(&[lane(), lane()]);
    let payload = Payload::copy_of(&[7; LARGE_BYTES]);
    let head = Head::empty(HeadSize::ONE);
    for (lane, number, block) in [
        (0, 1, Block::of(head, &payload)),
        (1, 1, Block::new(head, b"1")),
        (1, 2, Block::new(head, b"2")),
        (0, 3, Block::new(head, b"3")),
    ] {
        let mut batch = Batch::new();
        batch.push(Seq::new(number).unwrap(), &block);
        stepper.give(lane, &mut batch);
        if stepper.poll() == Ready::Whole {
            let seen = stepper.call(|step| step.inputs[0][0].payload().map(|seen| seen.as_ptr()));
            assert_eq!(seen, Some(Some(payload.as_ptr())), "with {number} on lane {lane}");
            stepper.advance();
        }
    }
    assert_eq!(
        stepper.take_counts(0),
        Counts { delivered: 1, bytes: LARGE_BYTES as u64, dummies: 1, ..Counts::default() }
    );
}

#[test]
fn a_block_that_was_passed_or_comes_again_is_too_old() {
    over([lane(), lane()])
        .give(0, "1 1 3 2 3 4")
        .give(1, "1 2 3 4")
        .makes(["1: 1 | 1", "2[~]: 1~ | 2", "3: 3 | 3", "4: 4 | 4"])
        .counts(0, Counts { delivered: 3, too_old: 3, dummies: 1, ..Counts::default() });
}

#[test]
fn what_no_lane_has_is_skipped_without_dummies() {
    over([lane(), lane().count(2)])
        .give(0, "1 5 6")
        .give(1, "1 2 10 11")
        .makes(["1: 1 | 1 2", "5[~]: 5 | 2~ 10"])
        .waits_for([1])
        .counts(1, Counts { delivered: 3, dummies: 1, ..Counts::default() });
}

#[test]
fn the_gaps_of_a_single_lane_just_pass() {
    over([lane()])
        .give(0, "2 3 3 1 7")
        .makes(["2: 2", "3: 3", "7: 7"])
        .waits_for([0])
        .counts(0, Counts { delivered: 3, too_old: 2, ..Counts::default() });
}

#[test]
fn a_single_lane_in_groups_has_dummies_within_a_group_only() {
    over([lane().count(3)]).give(0, "2 3 11 13").makes(["1[~]: _~ 2 3", "4[~]: 3~ 11 11~"]).waits_for([0]);
}

#[test]
fn the_reduced_head_has_the_bits_of_all_blocks() {
    over([lane().count(2), async_lane()])
        .give(0, "1^ 2 3 4+")
        .give(1, "9+ 8~")
        .makes(["1[^+]: 1^ 2 | 9+", "2[~+]: 3 4+ | 8~"]);
}

#[test]
fn numbers_at_the_end_of_their_range_do_no_harm() {
    let last = u64::MAX.to_string();
    over([lane().count(2), lane()])
        .give(0, &format!("1 {last}"))
        .give(1, &format!("1 {last} 5"))
        .makes(["1[~]: 1 1~ | 1"])
        .waits_for([0]);
}
