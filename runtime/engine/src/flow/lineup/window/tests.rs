//! What is kept, given again and let go of.

use std::path::Path;

use pipeloom_job::{Block, Head, HeadSize, Seq};

use super::kept::{BLOCK_BYTES, CHUNK_BYTES};
use super::*;
use crate::flow::SpoolRoom;
use crate::flow::lineup::stand_ins::StandIns;

const PLAIN: Head = Head::empty(HeadSize::ONE);

/// Compute blocks with these numbers, of an input with one block of a byte and one with two of two bytes.
fn chunk(numbers: std::ops::RangeInclusive<u64>) -> Chunk {
    let mut marks = Vec::new();
    let mut inputs = [(Batch::new(), Vec::new()), (Batch::new(), Vec::new())];
    for number in numbers {
        let seq = Seq::new(number).unwrap();
        marks.push(Mark { epoch: 0, number: seq, head: PLAIN });
        for ((batch, edges), (blocks, text)) in inputs.iter_mut().zip([(1, "a"), (2, "bb")]) {
            (0..blocks).for_each(|_| batch.push(seq, &Block::new(PLAIN, text.as_bytes())));
            edges.push(Edge { blocks: batch.len(), bytes: batch.bytes(), passed: blocks * number + 1 });
        }
    }
    let kept = |(batch, edges): (Batch, Vec<Edge>)| Kept::new(&batch, edges, StandIns::default());
    Chunk { marks, inputs: inputs.into_iter().map(kept).collect() }
}

/// What so many compute blocks of the second input cost that were put together at once.
fn cost(compute_blocks: usize) -> usize {
    CHUNK_BYTES + 2 * compute_blocks * (BLOCK_BYTES + 2)
}

/// A window in which so many bytes of the second input may be kept in memory, and so many on disk.
fn window_of(folder: &Path, window_bytes: usize, max_bytes: u64) -> Window {
    let keeps = |pipe: &str, window_bytes| Keeps {
        pipe: pipe.into(),
        window_bytes,
        room: SpoolRoom { max_bytes, max_block_bytes: 1000 },
        dir: folder.join("window").join(pipe),
    };
    Window::new(vec![keeps("one", 100_000), keeps("two", window_bytes)])
}

/// One in which all may be kept in memory.
fn window() -> Window {
    window_of(Path::new("/nowhere"), 100_000, 0)
}

/// The numbers of all that is given again, and how many blocks of each input.
fn given_again(window: &mut Window) -> (Vec<u64>, [usize; 2]) {
    let (mut numbers, mut blocks) = (Vec::new(), [0, 0]);
    while let Some((marks, inputs)) = window.next_again().unwrap() {
        numbers.extend(marks.iter().map(|mark| mark.number.get()));
        blocks.iter_mut().zip(&inputs).for_each(|(sum, input)| *sum += input.len());
    }
    (numbers, blocks)
}

#[test]
fn what_was_not_read_counts_in_whole_compute_blocks() {
    let mut window = window();
    window.keep(chunk(1..=3)).unwrap();
    window.keep(chunk(4..=7)).unwrap();
    for (unread, one, two) in [(0, 7, 7), (1, 6, 6), (2, 5, 6), (4, 3, 5), (5, 2, 4), (7, 0, 3), (14, 0, 0)] {
        assert_eq!((window.given_without(0, unread), window.given_without(1, unread)), (one, two), "{unread}");
    }
    window.set_done(2).unwrap();
    window.begin_life();
    given_again(&mut window);
    assert_eq!((window.given_without(0, 0), window.given_without(0, 5)), (5, 0));
}

#[test]
fn what_is_not_done_is_given_again_on_all_inputs() {
    for done in 0..=7 {
        let mut window = window();
        window.keep(chunk(1..=3)).unwrap();
        window.keep(chunk(4..=7)).unwrap();
        assert_eq!(given_again(&mut window), (vec![], [0, 0]), "this life was given all");
        window.set_done(done).unwrap();
        window.begin_life();
        let left = 7 - done as usize;
        assert_eq!(given_again(&mut window), ((done + 1..=7).collect(), [left, 2 * left]));
        assert_eq!(window.is_empty(), done == 7);
        assert_eq!(window.left(1), Unread { blocks: 2 * left as u64, bytes: 4 * left as u64 });
    }
}

#[test]
fn each_life_counts_by_itself() {
    let mut window = window();
    window.keep(chunk(1..=4)).unwrap();
    window.set_done(2).unwrap();
    window.begin_life();
    given_again(&mut window);
    window.set_done(1).unwrap();
    window.keep(chunk(5..=6)).unwrap();
    window.set_done(3).unwrap();
    window.begin_life();
    assert_eq!(given_again(&mut window).0, [6]);
}

#[test]
fn what_was_not_given_to_this_life_cannot_be_done() {
    let mut window = window();
    window.keep(chunk(1..=2)).unwrap();
    window.begin_life();
    window.set_done(u64::MAX).unwrap();
    assert_eq!(given_again(&mut window).0, [1, 2]);
}

#[test]
fn what_is_too_much_for_the_memory_is_on_disk_and_comes_again_in_order() {
    for done in [0, 1, 2, 5, 9, 17, 30, 39, 40] {
        let folder = tempfile::tempdir().unwrap();
        let mut window = window_of(folder.path(), 4 * cost(1), 100_000);
        (0..20).for_each(|pair| window.keep(chunk(2 * pair + 1..=2 * pair + 2)).unwrap());
        assert!(folder.path().join("window/two").exists() && !folder.path().join("window/one").exists());
        assert_eq!(given_again(&mut window), (vec![], [0, 0]), "this life was given all");
        window.set_done(done).unwrap();
        let left = 40 - done;
        assert_eq!(window.left(1), Unread { blocks: 2 * left, bytes: 4 * left });
        for _ in 0..2 {
            window.begin_life();
            assert_eq!(given_again(&mut window), ((done + 1..=40).collect(), [left as usize, 2 * left as usize]));
        }
        window.set_done(u64::MAX).unwrap();
        assert!(window.is_empty());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left on disk");
    }
}

#[test]
fn what_comes_after_all_on_disk_was_done_is_kept_in_memory_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window_of(folder.path(), 4 * cost(1), 100_000);
    (1..=9).for_each(|number| window.keep(chunk(number..=number)).unwrap());
    window.set_done(8).unwrap();
    window.keep(chunk(10..=10)).unwrap();
    window.set_done(9).unwrap();
    window.keep(chunk(11..=11)).unwrap();
    assert!(!folder.path().join("window").exists());
    window.begin_life();
    assert_eq!(given_again(&mut window), (vec![10, 11], [2, 4]));
}

#[test]
fn a_window_that_goes_leaves_nothing_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window_of(folder.path(), 4 * cost(1), 100_000);
    (1..=9).for_each(|number| window.keep(chunk(number..=number)).unwrap());
    assert!(folder.path().join("window").exists());
    drop(window);
    assert!(!folder.path().join("window").exists());
}

#[test]
fn when_memory_and_disk_are_full_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window_of(folder.path(), 16, 200);
    window.keep(chunk(1..=100)).unwrap();
    let (input, why) = (2..10).find_map(|_| window.keep(chunk(101..=101)).err()).unwrap();
    assert_eq!(input, 1);
    let text = why.to_string();
    let begin = format!("{} bytes of it in memory", cost(100) + cost(1));
    assert!(text.starts_with(&begin) && text.contains("`window_bytes` (16), and 200 bytes"), "{text}");
    drop(window);
    // Where one can be let go, there is room again.
    let mut window = window_of(folder.path(), 4 * cost(1), 200);
    (1..=4).for_each(|number| window.keep(chunk(number..=number)).unwrap());
    window.set_done(1).unwrap();
    window.keep(chunk(5..=5)).unwrap();
    assert!(!folder.path().join("window").exists());
}

#[test]
fn a_disk_that_takes_nothing_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut window = window_of(file.path(), 4 * cost(1), 100_000);
    window.keep(chunk(1..=100)).unwrap();
    let (_, why) = window.keep(chunk(101..=101)).err().unwrap();
    assert!(why.to_string().contains("cannot be kept on disk: create"), "{why}");
}

#[test]
fn blocks_without_a_byte_have_their_limit_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window_of(folder.path(), 100_000, 10_000);
    let empty = |count: u64| {
        let (mut marks, mut batch, mut edges) = (Vec::new(), Batch::new(), Vec::new());
        for seq in (1..=count).filter_map(Seq::new) {
            marks.push(Mark { epoch: 0, number: seq, head: PLAIN });
            batch.push(seq, &Block::new(PLAIN, b""));
            edges.push(Edge { blocks: batch.len(), bytes: 0, passed: 0 });
        }
        let none = vec![Edge::default(); count as usize];
        let inputs = vec![(batch, edges), (Batch::new(), none)];
        let kept = |(batch, edges): (Batch, Vec<Edge>)| Kept::new(&batch, edges, StandIns::default());
        Chunk { marks, inputs: inputs.into_iter().map(kept).collect() }
    };
    let error = (0..100).find_map(|_| window.keep(empty(64)).err());
    assert!(error.is_some_and(|(input, _)| input == 0), "there was no end to them");
    window.set_done(u64::MAX).unwrap();
    assert!(window.inputs.iter().all(|room| room.kept == 0));
}
