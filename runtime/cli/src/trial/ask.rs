//! The next compute block, asked for input by input.

use super::bench::{Bench, Input};
use super::given::again;
use super::notation::{NotationError, Written};
use pipeloom_job::Head;

/// What came of an answer.
#[derive(Debug)]
pub(super) enum Answered {
    /// More is to be asked for.
    More,
    /// The compute block: for each input its blocks.
    Whole(Vec<Vec<Written>>),
}

/// A compute block in the making.
pub(super) struct Ask {
    answers: Vec<Vec<Written>>,
    /// What an optional input gives again.
    last: Vec<Option<Written>>,
}

impl Ask {
    pub(super) fn new(bench: &Bench) -> Ask {
        let inputs = bench.inputs.len();
        Ask { answers: vec![Vec::new(); inputs], last: vec![None; inputs] }
    }

    /// The input that is asked for.
    fn at<'b>(&self, bench: &'b Bench) -> Option<(usize, &'b Input)> {
        let is_open = |(place, input): &(usize, &Input)| self.answers[*place].len() < input.block_count;
        bench.inputs.iter().enumerate().find(is_open)
    }

    /// Whether nothing of the compute block is there yet.
    pub(super) fn is_at_its_beginning(&self) -> bool {
        self.answers.iter().all(Vec::is_empty)
    }

    /// The pipe that is asked for.
    pub(super) fn asked<'b>(&self, bench: &'b Bench) -> &'b str {
        self.at(bench).map_or("", |(_, input)| &input.pipe)
    }

    /// `celsius (lines): `
    pub(super) fn prompt(&self, bench: &Bench) -> String {
        let Some((place, input)) = self.at(bench) else { return String::new() };
        let mut about = input.notation.codec.to_string();
        if let Some(size) = input.notation.codec.block_size() {
            about.push_str(&format!(", {size} bytes in hex"));
        }
        if input.block_count > 1 {
            about.push_str(&format!(", {} of {}", self.answers[place].len() + 1, input.block_count));
        }
        if input.optional.is_some() {
            about.push_str(", empty for none");
        }
        format!("{} ({about}): ", input.pipe)
    }

    /// Takes an answer. After an error the same is asked for again.
    pub(super) fn answer(&mut self, bench: &Bench, line: &str) -> Result<Answered, NotationError> {
        let Some((place, input)) = self.at(bench) else { return Ok(Answered::More) };
        let block = match &input.optional {
            Some(optional) if line.is_empty() => {
                again(optional, self.last[place].as_ref(), Head::empty(input.notation.head_size))
            }
            _ => input.notation.read(line)?,
        };
        self.last[place] = Some(block.clone());
        self.answers[place].push(block);
        if self.at(bench).is_some() {
            return Ok(Answered::More);
        }
        let empty = vec![Vec::new(); self.answers.len()];
        Ok(Answered::Whole(std::mem::replace(&mut self.answers, empty)))
    }
}
