//! The way to each of the readers, and how all of them get the same payload.
//!
//! What is in the writer's pipe can be had in another pipe as well, from its beginning and as far as there is room. So some may
//! have more of it than others. The one who takes it out in the end takes no more than all others have; those who are ahead wait
//! until the rest has come so far, too.

use std::sync::Arc;

use pipeloom_os::OsError;
use pipeloom_os::pipe::{Io, ReadEnd, WriteEnd};
use pipeloom_os::splice::Spliced;

use super::way_out::WayOut;
use crate::flow::Tally;
use crate::flow::growth::LegState;
use crate::flow::kernel_end::{NearEnd, SpliceTo};

/// So much is read at once of what nobody needs any more.
const SKIPPED: usize = 64 * 1024;

/// The way to one reader.
pub(crate) struct CutLeg<F = ReadEnd, N = WriteEnd> {
    /// `None` once the reader is gone or has been given everything.
    pub(super) way: Option<WayOut<F, N>>,
    pub(super) tally: Arc<Tally>,
    /// How many bytes it has already of those that are in the writer's pipe.
    ahead: usize,
}

impl<F: SpliceTo<N>, N: NearEnd> CutLeg<F, N> {
    /// Blocks are counted in `tally`.
    pub(crate) fn new(way: WayOut<F, N>, tally: Arc<Tally>) -> CutLeg<F, N> {
        CutLeg { way: Some(way), tally, ahead: 0 }
    }

    pub(crate) fn tally(&self) -> Arc<Tally> {
        self.tally.clone()
    }

    /// The reader is gone, or has all there is.
    pub(super) fn leave(&mut self) {
        (self.way, self.ahead) = (None, 0);
    }

    pub(super) fn is_full(&self) -> bool {
        self.way.as_ref().is_some_and(WayOut::is_full)
    }

    pub(super) fn is_done(&self) -> bool {
        self.way.as_ref().is_none_or(WayOut::is_done)
    }

    /// What is seen of it; with so much in the writer's pipe, which comes unless somebody holds it up.
    pub(super) fn state(&self, before: u64, held_up: bool) -> Option<LegState> {
        let way = self.way.as_ref()?;
        let read = way.intake().map_or(0, |intake| intake.read);
        Some(LegState {
            full: held_up && way.is_full(),
            empty: (before == 0 || held_up) && way.is_drained(),
            awaited: true,
            ..LegState::of(&self.tally, 0, read, before)
        })
    }
}

/// Moves on at most `most` bytes out of the writer's pipe to all readers. With [`Spliced::Some`] of no bytes, some have more than
/// before, but not all.
pub(super) fn hand_on<F: SpliceTo<N>, N: NearEnd>(
    from: &mut F,
    legs: &mut [CutLeg<F, N>],
    most: usize,
) -> Result<Spliced, OsError> {
    let ahead = legs.iter().map(|leg| leg.ahead).max().unwrap_or(0);
    let (mut most, mut is_first, mut has_news) = (if ahead > 0 { ahead } else { most }, ahead == 0, false);
    // Whoever takes it out gets nothing before all others have something: best one that could not take much anyway.
    let is_behind = |leg: &CutLeg<F, N>| leg.way.is_some() && leg.ahead == 0;
    let full = legs.iter().rposition(|leg| is_behind(leg) && leg.is_full());
    let Some(last) = full.or_else(|| legs.iter().rposition(is_behind)) else { return skip(from, legs) };
    let (before, rest) = legs.split_at_mut(last);
    let Some((last, behind)) = rest.split_first_mut() else { return Ok(Spliced::Full) };
    for leg in before.iter_mut().chain(&mut *behind).filter(|leg| leg.ahead == 0) {
        let Some(way) = &mut leg.way else { continue };
        match way.take_copy(from, most)? {
            Spliced::Some(count) => {
                // Nobody is to be ahead of the first, or the last one would never catch up.
                if std::mem::take(&mut is_first) {
                    most = count;
                }
                (leg.ahead, has_news) = (count, true);
            }
            Spliced::Full => {}
            nothing => return Ok(nothing),
        }
    }
    let others = || before.iter().chain(&*behind).filter(|leg| leg.way.is_some());
    let all_have = others().map(|leg| leg.ahead).min().unwrap_or(most);
    let came = match (all_have, &mut last.way) {
        (1.., Some(way)) => way.take(from, all_have)?,
        _ => Spliced::Full,
    };
    Ok(match came {
        Spliced::Some(count) => {
            taken(before, count);
            taken(behind, count);
            came
        }
        Spliced::Gone => {
            last.leave();
            Spliced::Some(0)
        }
        Spliced::Full if has_news => Spliced::Some(0),
        _ => came,
    })
}

/// So many bytes are not in the writer's pipe any more.
fn taken<F, N>(legs: &mut [CutLeg<F, N>], count: usize) {
    legs.iter_mut().filter(|leg| leg.way.is_some()).for_each(|leg| leg.ahead -= count);
}

/// All have it who want it: the one that was to take it out is gone.
fn skip<F: SpliceTo<N>, N: NearEnd>(from: &mut F, legs: &mut [CutLeg<F, N>]) -> Result<Spliced, OsError> {
    let Some(all_have) = legs.iter().filter(|leg| leg.way.is_some()).map(|leg| leg.ahead).min() else {
        return Ok(Spliced::Some(0));
    };
    Ok(match from.read(&mut vec![0; all_have.min(SKIPPED)])? {
        Io::Some(count) => {
            taken(legs, count);
            Spliced::Some(count)
        }
        Io::WouldBlock => Spliced::Empty,
        Io::End => Spliced::End,
    })
}
