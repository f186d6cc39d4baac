//! Bytes a second.

use std::time::{Duration, Instant};

/// A rate is taken anew after this time.
const WINDOW: Duration = Duration::from_millis(500);

/// Turns a growing count into a rate.
#[derive(Default)]
pub(super) struct Meter {
    last: Option<(Instant, u64)>,
    /// Bytes a second.
    rate: Option<f64>,
}

impl Meter {
    /// The rate, given that the count is `bytes` at `now`; none before there are two counts.
    pub(super) fn rate(&mut self, now: Instant, bytes: u64) -> Option<u64> {
        match self.last {
            None => self.last = Some((now, bytes)),
            Some((then, before)) => {
                let passed = now.duration_since(then);
                if passed >= WINDOW {
                    let latest = bytes.saturating_sub(before) as f64 / passed.as_secs_f64();
                    // Half of what was before, so that bursts do not flicker.
                    self.rate = Some(self.rate.map_or(latest, |rate| (rate + latest) / 2.0));
                    self.last = Some((now, bytes));
                }
            }
        }
        self.rate.map(|rate| rate as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_follows_the_count_with_some_calm() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut meter = Meter::default();
        assert_eq!(meter.rate(start, 0), None);
        assert_eq!(meter.rate(after(10), 99), None, "too soon");
        assert_eq!(meter.rate(after(1000), 1000), Some(1000));
        assert_eq!(meter.rate(after(1001), 9000), Some(1000), "too soon");
        assert_eq!(meter.rate(after(2000), 1000), Some(500));
        assert_eq!(meter.rate(after(3000), 0), Some(250), "a count that shrinks is no rate");
    }
}
