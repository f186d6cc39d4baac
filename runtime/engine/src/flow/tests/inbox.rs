//! An inbox over scripts.

use std::sync::Arc;

use pipeloom_events::PipeEnding;
use pipeloom_job::{Block, HeadSize};

use super::{Given, Script, counts};
use crate::flow::{Ending, Inbox, Lane, Tally};
use crate::sample::{Sample, pipe};
use crate::step::{LaneSpec, Ready};

/// An inbox over these scripts, with the tallies of its inputs.
fn inbox(scripts: impl IntoIterator<Item = Box<Script>>) -> (Inbox, Vec<Arc<Tally>>) {
    let network = Sample::new().native("w", &[], &["p"]).native("r", &["p"], &[]).network();
    let pipe = pipe(&network, "p");
    let mut tallies = Vec::new();
    let mut input = |script| {
        let tally = Arc::<Tally>::default();
        tallies.push(tally.clone());
        (pipe, Lane::new(script, LaneSpec::of(&network[pipe], false), tally))
    };
    let inputs = scripts.into_iter().map(|script: Box<Script>| input(script)).collect();
    (Inbox::new(inputs, HeadSize::ONE), tallies)
}

fn texts(inbox: &Inbox) -> Vec<String> {
    let text = |block: &Block<'_>| String::from_utf8_lossy(block.bytes).into_owned();
    inbox.call(|step| step.inputs.iter().copied().flatten().map(text).collect()).unwrap()
}

#[test]
fn block_k_of_each_input_comes_together_however_they_are_batched() {
    let (mut inbox, tallies) = inbox([
        Script::of([Given::Blocks(&["a1", "a2", "a3$"]), Given::End(Ending::Finished)]),
        Script::of([Given::Blocks(&["b1"]), Given::Nothing, Given::Blocks(&["b2", "b3"])]),
    ]);
    let mut seen = Vec::new();
    loop {
        match inbox.gather().unwrap() {
            Ready::Whole => {
                seen.push(texts(&inbox));
                inbox.advance();
            }
            Ready::Waiting => {}
            Ready::End(ending) => {
                assert_eq!(ending, Ending::Finished);
                break;
            }
        }
    }
    assert_eq!(seen, [["a1", "b1"], ["a2", "b2"], ["a3", "b3"]]);
    inbox.close();
    assert_eq!(tallies.iter().map(|tally| counts(tally).1).collect::<Vec<_>>(), [3, 3]);
}

#[test]
fn the_shortest_input_decides_also_while_another_one_is_waited_for() {
    let (mut inbox, _) = inbox([Script::of([Given::Nothing]), Script::of([Given::End(Ending::Torn { bytes: 3 })])]);
    assert_eq!(inbox.gather().unwrap(), Ready::End(Ending::Torn { bytes: 3 }));
}

#[test]
fn only_blocks_that_were_used_are_delivered() {
    let script = Script::of([Given::Blocks(&["four", "sixsix", "x"])]);
    let discarded = script.discarded.clone();
    let (mut inbox, tallies) = inbox([script]);
    inbox.gather().unwrap();
    inbox.advance();
    inbox.gather().unwrap();
    inbox.advance();
    inbox.close();
    let (_, delivered, bytes) = counts(&tallies[0]);
    assert_eq!((delivered, bytes), (2, 10));
    assert!(*discarded.lock().unwrap());
}

/// A writer that died of its broken pipe was sometimes heard of before its reader, and then it had failed.
#[test]
fn pipes_stay_open_until_the_end_of_the_job_is_told() {
    let script = Script::of([Given::Blocks(&["a"])]);
    let held = Arc::downgrade(&script.discarded);
    let (mut inbox, _) = inbox([script]);
    inbox.gather().unwrap();
    inbox.close();
    assert!(held.upgrade().is_some());
    drop(inbox);
    assert!(held.upgrade().is_none());
}

#[test]
fn the_end_of_each_stream_is_kept() {
    let (mut inbox, tallies) = inbox([Script::of([Given::End(Ending::EndedUnfinished)])]);
    assert_eq!(inbox.gather().unwrap(), Ready::End(Ending::EndedUnfinished));
    assert_eq!(inbox.gather().unwrap(), Ready::End(Ending::EndedUnfinished), "asked again");
    assert_eq!(tallies[0].snapshot("", "").ending, Some(PipeEnding::Ended));
}
