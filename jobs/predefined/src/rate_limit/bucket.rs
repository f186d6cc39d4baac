//! How many blocks may pass, over time: a token bucket.

use std::time::Duration;

/// A store of permits, which fills up at a steady rate.
pub(super) struct Bucket {
    per_second: f64,
    /// The most permits there can be.
    size: f64,
    permits: f64,
    /// When the permits were counted last.
    at: Duration,
}

impl Bucket {
    /// A full one, at time 0.
    pub(super) const fn new(per_second: f64, size: f64) -> Bucket {
        Bucket { per_second, size, permits: size, at: Duration::ZERO }
    }

    /// Takes a permit if there is one.
    pub(super) fn take(&mut self, now: Duration) -> bool {
        (self.permits, self.at) = (self.filled(now).min(self.size), now);
        let is_there = self.permits >= 1.0;
        if is_there {
            self.permits -= 1.0;
        }
        is_there
    }

    /// Takes the permit that was waited for; says how long it is until the next one. Who waited for a little too long is
    /// given that back, so that the rate is met in the long run.
    pub(super) fn pass(&mut self, now: Duration) -> Duration {
        let permits = self.filled(now);
        self.permits = if permits < self.size + 1.0 { permits } else { self.size } - 1.0;
        self.at = now;
        Duration::try_from_secs_f64((1.0 - self.permits) / self.per_second).unwrap_or(Duration::ZERO)
    }

    /// The permits that there were by now in a store without an end.
    fn filled(&self, now: Duration) -> f64 {
        self.permits + now.saturating_sub(self.at).as_secs_f64() * self.per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn what_comes_too_fast_finds_no_permit() {
        let mut bucket = Bucket::new(4.0, 2.0);
        let times = [0, 0, 0, 250, 250, 600, 10_000, 10_000, 10_000];
        let taken = times.map(|time| bucket.take(millis(time)));
        assert_eq!(taken, [true, true, false, true, false, true, true, true, false]);
    }

    #[test]
    fn those_who_wait_come_at_the_rate() {
        let mut bucket = Bucket::new(4.0, 1.0);
        assert_eq!(bucket.pass(millis(0)), millis(250));
        assert_eq!(bucket.pass(millis(250)), millis(250));
        // The wait was 100 ms too long: the next one is shorter.
        assert_eq!(bucket.pass(millis(600)), millis(150));
        // Nobody waited for all of this time.
        assert_eq!(bucket.pass(millis(5000)), millis(250));
    }
}
