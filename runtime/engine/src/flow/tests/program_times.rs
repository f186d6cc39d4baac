//! The records of a program of which only its lines are there.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, unbounded};
use pipeloom_job::head::{FINISHED, RESET};
use pipeloom_job::log_times::LogRecord;
use pipeloom_job::{Batch, Head, Seq};
use pipeloom_os::doorbell::{Doorbell, wait};
use pipeloom_os::process::Pid;

use super::PLAIN;
use crate::flow::heads::Mark;
use crate::flow::{
    BirthTeller, Born, Clock, Ending, Gauge, HandOver, HeadSender, Hold, Inlet, MomentReceiver, MomentSender,
    ProgramTimes, Seen, Taken, Watched, birth, head_line, moment_line,
};
use crate::sample::{Sample, pipe};

/// So many compute blocks may be through and not told.
const MOST: usize = 4;

/// A program with these many inputs and outputs, seen by its lines.
struct Program {
    gauges: [Vec<Gauge>; 2],
    inputs: Vec<MomentSender>,
    outputs: Vec<MomentSender>,
    marks: Option<HeadSender>,
    teller: Option<BirthTeller>,
    /// As long as it may have another life.
    lives: Option<Sender<Watched>>,
    times: ProgramTimes,
    hold: Hold,
    bell: Doorbell,
}

impl Program {
    /// One with a single life.
    fn new(inputs: usize, outputs: usize) -> Program {
        let mut program = Program::of_lives(inputs, outputs);
        program.lives = None;
        program
    }

    /// One in its first life.
    fn of_lives(inputs: usize, outputs: usize) -> Program {
        let network = Sample::new().native("w", &[], &["times"]).native("r", &["times"], &[]).network();
        let bell = Doorbell::new().unwrap();
        let gauges = [inputs, outputs].map(|count| (0..count).map(|_| Gauge::default()).collect::<Vec<_>>());
        let hold = Hold::new(gauges.iter().flatten().cloned(), MOST);
        let spec = &network[pipe(&network, "times")];
        let (lives, watched) = unbounded();
        let clock = Clock::starting_now();
        let times = ProgramTimes::new(spec, "x", network.head_size(), clock, watched, hold.clone(), bell.clone());
        let (inputs, outputs, lives) = (Vec::new(), Vec::new(), Some(lives));
        let mut program = Program { gauges, inputs, outputs, marks: None, teller: None, lives, times, hold, bell };
        program.lives();
        program
    }

    /// Its next life, for which other lines are laid; those of the last one are at their end.
    fn lives(&mut self) {
        let lay = |gauges: &Vec<Gauge>| -> (Vec<MomentSender>, Vec<MomentReceiver>) {
            gauges.iter().map(|gauge| moment_line(gauge, &self.bell)).unzip()
        };
        let [(inputs, taken), (outputs, given)] = self.gauges.each_ref().map(lay);
        let (sender, receiver) = head_line(NonZeroUsize::MIN);
        let marks = if taken.is_empty() { Vec::new() } else { vec![receiver] };
        let (teller, birth) = birth(&self.bell);
        let seen = Seen { marks, inputs: taken, outputs: given };
        self.lives.as_ref().unwrap().send(Watched { birth, seen }).unwrap();
        (self.inputs, self.outputs, self.marks, self.teller) = (inputs, outputs, Some(sender), Some(teller));
    }

    fn begun(mut self) -> Program {
        self.teller.take().unwrap().tell(Born { pid: Pid::this(), at: Instant::now() });
        self
    }

    /// It was given a compute block with this number and head.
    fn mark(&mut self, number: u64, head: Head) {
        let marks = self.marks.as_mut().unwrap();
        marks.push_mark(Mark { epoch: 0, number: Seq::new(number).unwrap(), head });
        marks.flush();
    }

    /// The records that there are now, with their heads.
    fn told(&mut self) -> Vec<(LogRecord, Head)> {
        let mut batch = Batch::new();
        let mut told = Vec::new();
        while self.times.take(&mut batch).unwrap() == Taken::Some {
            told.extend(batch.iter().map(|(_, block)| (serde_json::from_slice(block.bytes).unwrap(), block.head)));
        }
        told
    }

    fn numbers(&mut self) -> Vec<u64> {
        self.told().into_iter().map(|(record, _)| record.block).collect()
    }

    fn ending(&mut self) -> Taken {
        self.times.take(&mut Batch::new()).unwrap()
    }
}

#[test]
fn who_waits_for_the_beginning_of_a_program_is_rung_for_also_if_there_is_none() {
    // Its records were asked for only when something else happened, and the program was held back for want of them.
    for begins in [true, false] {
        let mut program = Program::new(1, 0);
        program.bell.prepare_to_sleep();
        if begins {
            program = program.begun();
        } else {
            program.teller = None;
        }
        assert!(wait(&program.bell, &mut [], Some(Duration::ZERO)).unwrap().rung);
    }
}

#[test]
fn a_compute_block_is_told_when_it_has_come_out_of_all_outputs_that_are_still_open() {
    let mut program = Program::new(0, 2).begun();
    program.outputs[0].up_to(3, false);
    assert_eq!(program.numbers(), [0; 0]);
    program.outputs[1].up_to(2, false);
    assert_eq!(program.numbers(), [1, 2]);
    program.outputs.pop();
    assert_eq!(program.numbers(), [3]);
    program.outputs.clear();
    assert_eq!((program.numbers(), program.ending()), (vec![], Taken::End(Ending::EndedUnfinished)));
}

#[test]
fn an_answer_that_comes_before_all_of_the_question_is_told_after_it() {
    let mut program = Program::new(1, 1).begun();
    program.mark(1, PLAIN);
    program.outputs[0].up_to(1, false);
    assert_eq!(program.numbers(), [0; 0]);
    program.inputs[0].up_to(1, false);
    let (record, _) = program.told().remove(0);
    assert!(record.time_in_ns <= record.time_out_ns, "{record:?}");
}

#[test]
fn numbers_and_resets_are_those_of_what_it_was_given() {
    let mut program = Program::new(1, 1).begun();
    for (number, head) in [(1, PLAIN.with(RESET, true)), (4, PLAIN.with(5, true)), (5, PLAIN)] {
        program.mark(number, head);
    }
    program.inputs[0].up_to(3, false);
    program.outputs[0].up_to(3, false);
    let told: Vec<(u64, Head)> = program.told().into_iter().map(|(record, head)| (record.block, head)).collect();
    assert_eq!(told, [(1, PLAIN.with(RESET, true)), (4, PLAIN), (5, PLAIN)]);
}

#[test]
fn the_last_record_is_marked_if_the_last_block_was_and_one_that_is_not_the_last_is_not() {
    let mut program = Program::new(0, 1).begun();
    program.outputs[0].up_to(1, true);
    assert_eq!(program.numbers(), [0; 0], "it may be the last");
    program.outputs[0].up_to(2, true);
    assert_eq!(program.told().into_iter().map(|(_, head)| head).collect::<Vec<_>>(), [PLAIN.with(RESET, true)]);
    program.outputs.clear();
    assert_eq!(program.told().into_iter().map(|(_, head)| head).collect::<Vec<_>>(), [PLAIN.with(FINISHED, true)]);
    assert_eq!(program.ending(), Taken::End(Ending::Finished));
}

#[test]
fn of_what_has_no_output_a_compute_block_is_told_when_it_is_in_and_the_last_by_its_mark() {
    let mut program = Program::new(2, 0).begun();
    program.mark(1, PLAIN.with(RESET, true));
    program.mark(2, PLAIN.with(FINISHED, true));
    program.inputs[0].up_to(3, false);
    program.inputs[1].up_to(2, false);
    assert_eq!(program.numbers(), [1]);
    // What is left on one input alone is none.
    program.inputs.pop();
    assert_eq!((program.numbers(), program.ending()), (vec![2], Taken::End(Ending::Finished)));
}

#[test]
fn nothing_is_told_before_the_program_has_begun_nor_of_one_that_never_does() {
    let mut program = Program::new(1, 0);
    program.mark(1, PLAIN);
    program.inputs[0].up_to(1, false);
    assert_eq!((program.numbers(), program.ending()), (vec![], Taken::Empty));
    program.teller = None;
    assert_eq!((program.numbers(), program.ending()), (vec![], Taken::End(Ending::EndedUnfinished)));
    let mut late = Program::new(0, 1);
    late.outputs[0].up_to(1, false);
    assert_eq!(late.numbers(), [0; 0]);
    assert_eq!(late.begun().numbers(), [1]);
}

#[test]
fn it_is_held_while_too_much_is_through_on_all_lines_and_not_told() {
    let mut program = Program::new(0, 2).begun();
    program.outputs[0].up_to(100, false);
    assert!(!program.hold.is_on(), "the other output must come first");
    program.outputs[1].up_to(MOST as u64, false);
    assert!(!program.hold.is_on());
    program.outputs[1].up_to(MOST as u64 + 1, false);
    assert!(program.hold.is_on());
    assert_eq!(program.numbers().len(), MOST + 1);
    assert!(!program.hold.is_on());
}

#[test]
fn nothing_is_held_for_an_end_or_for_records_that_nobody_wants() {
    let mut program = Program::new(0, 1).begun();
    program.outputs[0].up_to(100, false);
    assert!(program.hold.is_on());
    program.outputs.clear();
    assert!(!program.hold.is_on());
    let mut unwanted = Program::new(0, 1).begun();
    unwanted.outputs[0].up_to(100, false);
    let Program { times, hold, outputs: _outputs, .. } = unwanted;
    assert!(hold.is_on());
    drop(times);
    assert!(!hold.is_on());
}

#[test]
fn each_life_is_told_of_by_itself_and_the_numbers_of_a_source_go_on() {
    let mut program = Program::of_lives(0, 2).begun();
    program.outputs[0].up_to(2, false);
    program.outputs[1].up_to(2, false);
    program.lives();
    program.outputs[0].up_to(1, false);
    assert_eq!(program.numbers(), [1, 2], "the next life has not begun");
    let mut program = program.begun();
    assert_eq!(program.numbers(), [0; 0], "nothing has come out of the other output");
    program.outputs[1].up_to(1, false);
    assert_eq!(program.numbers(), [3]);
    program.lives = None;
    program.outputs.clear();
    assert_eq!(program.ending(), Taken::End(Ending::EndedUnfinished));
}

#[test]
fn what_the_last_life_had_not_done_keeps_the_next_one_back_no_more() {
    let mut program = Program::of_lives(1, 1).begun();
    program.inputs[0].up_to(100, false);
    program.lives();
    for number in 101..=100 + MOST as u64 {
        program.mark(number, PLAIN);
    }
    program.inputs[0].up_to(MOST as u64, false);
    program.outputs[0].up_to(MOST as u64, false);
    let mut program = program.begun();
    assert!(!program.hold.is_on());
    assert_eq!(program.numbers(), (101..=100 + MOST as u64).collect::<Vec<_>>());
    program.outputs[0].up_to(2 * MOST as u64 + 1, false);
    assert!(!program.hold.is_on(), "nothing of that is through");
    program.inputs[0].up_to(2 * MOST as u64 + 1, false);
    assert!(program.hold.is_on());
}

#[test]
fn a_compute_block_is_in_when_the_last_byte_of_its_last_block_is_written() {
    let mut program = Program::new(1, 0).begun();
    program.mark(1, PLAIN);
    program.mark(2, PLAIN);
    let mut input = HandOver::new(program.inputs.remove(0), NonZeroUsize::new(2).unwrap());
    let now = Instant::now();
    for bytes in [10, 20, 10, 20, 10] {
        input.queue(bytes, now);
    }
    input.written(29);
    assert_eq!(program.numbers(), [0; 0]);
    input.written(1);
    assert_eq!(program.numbers(), [1]);
    input.written(40);
    assert_eq!(program.numbers(), [2]);
    drop(input);
    assert_eq!(program.ending(), Taken::End(Ending::EndedUnfinished));
}
