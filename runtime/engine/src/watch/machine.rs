//! The machine that watches one group.

use std::time::Duration;

use pipeloom_config::PipeId;

use super::pace::Pace;
use super::picture::{Picture, Stance, Way};
use super::stuck::{Link, Trust, Waits};

/// Watches a group of jobs, any of which may come to wait for another.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// `None` while nobody is held back.
    pace: Option<Pace>,
    /// What had moved when it looked last.
    moved: Option<Vec<u64>>,
    /// Pipes of which it was said that jobs wait at them for ever, and whether that was certain.
    given_up: Vec<(PipeId, bool)>,
}

/// What is to be done about jobs that wait for each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    /// The queue of this way grows.
    Grow(Way),
    /// No queue can grow any more.
    GiveUp {
        /// A queue that is full.
        way: Way,
        /// Who waits for whom.
        circle: Vec<Link>,
        /// Whether that is certain. If not, somebody may yet go on.
        surely: bool,
    },
}

impl Watch {
    /// Somebody is held back by a full queue.
    pub(crate) fn held_back(&mut self, now: Duration) {
        self.pace.get_or_insert_with(|| Pace::starting(now));
    }

    /// When to look.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.pace.map(|pace| pace.due)
    }

    /// It is time to look. `stance` says what the job at a place of the group waits for, of so many.
    pub(crate) fn look(
        &mut self,
        now: Duration,
        jobs: usize,
        look: impl Fn() -> Picture,
        mut stance: impl FnMut(usize) -> Stance,
    ) -> Vec<Act> {
        let Some(pace) = self.pace.filter(|pace| pace.due <= now) else { return Vec::new() };
        let picture = look();
        if !picture.is_held_back() {
            (self.pace, self.moved) = (None, None);
            return Vec::new();
        }
        if self.moved.as_ref() != Some(&picture.moved) {
            (self.pace, self.moved) = (Some(pace.moved(now)), Some(picture.moved));
            return Vec::new();
        }
        self.pace = Some(pace.patient(now));
        // What a job waits for costs more to find out than which pipes are full.
        let possible = vec![Stance::EITHER; jobs];
        let possible = Waits::new(&picture.ways, &possible, Trust::Hope);
        if possible.blocking().next().is_none() {
            return Vec::new();
        }
        let at = |(job, &stuck)| if stuck { stance(job) } else { Stance::BUSY };
        let stances: Vec<Stance> = possible.stuck.iter().enumerate().map(at).collect();
        // They were looked at one after the other: if nothing has moved meanwhile, all of it was so at the same time.
        if look().moved != picture.moved {
            self.pace = Some(pace.moved(now));
            return Vec::new();
        }
        let acts = self.acts(&picture, &stances);
        if acts.iter().any(|act| matches!(act, Act::Grow(_))) {
            self.pace = Some(Pace::acted(now));
        }
        acts
    }

    fn acts(&mut self, picture: &Picture, stances: &[Stance]) -> Vec<Act> {
        let waits = Waits::new(&picture.ways, stances, Trust::Judge);
        let (ahead, behind): (Vec<&Way>, Vec<&Way>) = waits.blocking().partition(|way| waits.reader_awaits(way));
        if ahead.iter().any(|way| way.may_grow) {
            return ahead.into_iter().filter(|way| way.may_grow).map(|way| Act::Grow(*way)).collect();
        }
        if ahead.is_empty() {
            // All wait for room: it does not matter whose queue grows.
            let shortest = behind.iter().filter(|way| way.may_grow).min_by_key(|way| way.blocks);
            if let Some(&&way) = shortest {
                return vec![Act::Grow(way)];
            }
        }
        let full = if ahead.is_empty() { behind } else { ahead };
        let certain = Waits::new(&picture.ways, stances, Trust::Know);
        let circle = |&way: &&Way| {
            let surely = certain.blocking().any(|certain| certain == way);
            let circle = if surely { certain.circle(way) } else { waits.circle(way) };
            // What is not certain now may be so later.
            let is_told = self.given_up.contains(&(way.pipe, true)) || self.given_up.contains(&(way.pipe, surely));
            (!is_told && !circle.is_empty()).then_some((*way, circle, surely))
        };
        let Some((way, circle, surely)) = full.iter().find_map(circle) else { return Vec::new() };
        self.given_up.push((way.pipe, surely));
        vec![Act::GiveUp { way, circle, surely }]
    }
}
