//! How long it is waited before a job is started again, and how often that may be.

use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;
use pipeloom_config::Restart;

use super::machine::Tick;

/// The waits before the restarts of one job.
///
/// Each wait is twice as long as the one before, up to the longest, and begins anew after a life that was stable. Up to half
/// of it is left out at random, so that jobs which died together do not come back together.
#[derive(Debug)]
pub(super) struct Backoff {
    policy: Restart,
    random: Rng,
    /// When the life at hand began.
    begun: Tick,
    /// So many waits in a row were each twice as long as the one before.
    doubled: u32,
    /// The restarts within the window.
    restarts: VecDeque<Tick>,
}

impl Backoff {
    /// Waits as `policy` says; `seed` makes what is random.
    pub(super) fn new(policy: Restart, seed: u64) -> Backoff {
        Backoff { policy, random: Rng::with_seed(seed), begun: Tick::default(), doubled: 0, restarts: VecDeque::new() }
    }

    pub(super) fn policy(&self) -> &Restart {
        &self.policy
    }

    /// A life begins.
    pub(super) fn begins(&mut self, now: Tick) {
        self.begun = now;
    }

    /// A life is over, at `now`: how long to wait for the next. `None` if there were as many as there may be.
    pub(super) fn next(&mut self, now: Tick) -> Option<Duration> {
        let Restart { backoff, backoff_max, stable, max_restarts, window, .. } = self.policy;
        let is_old = |restart: &Tick| restart.0 + window <= now.0;
        while self.restarts.pop_front_if(|restart| is_old(restart)).is_some() {}
        if self.restarts.len() >= max_restarts as usize {
            return None;
        }
        if now.0 >= self.begun.0 + stable {
            self.doubled = 0;
        }
        let whole = backoff.saturating_mul(2_u32.saturating_pow(self.doubled)).min(backoff_max);
        self.doubled = self.doubled.saturating_add(1);
        self.restarts.push_back(now);
        Some(whole.mul_f64(1.0 - self.random.f64() / 2.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Restart = Restart {
        policy: pipeloom_config::RestartPolicy::Always,
        backoff: Duration::from_millis(100),
        backoff_max: Duration::from_secs(1),
        stable: Duration::from_secs(10),
        max_restarts: 8,
        window: Duration::from_secs(60),
        scope: pipeloom_config::RestartScope::Job,
    };

    fn seconds(seconds: u64) -> Tick {
        Tick(Duration::from_secs(seconds))
    }

    /// The waits for lives that last no time, without what is random.
    fn waits(backoff: &mut Backoff, lives: usize) -> Vec<Option<u128>> {
        (0..lives).map(|_| backoff.next(seconds(1)).map(|wait| wait.as_millis())).collect()
    }

    #[test]
    fn waits_double_up_to_the_longest_and_up_to_half_is_left_out() {
        for seed in 0..100 {
            let mut backoff = Backoff::new(POLICY, seed);
            for (wait, longest) in waits(&mut backoff, 8).into_iter().zip([100, 200, 400, 800, 1000, 1000, 1000, 1000])
            {
                let wait = wait.unwrap();
                assert!((longest / 2..=longest).contains(&wait), "{wait} of {longest}, seed {seed}");
            }
            assert_eq!(backoff.next(seconds(1)), None);
        }
    }

    #[test]
    fn jobs_that_die_together_do_not_come_back_together() {
        let [one, other] = [1, 2].map(|seed| waits(&mut Backoff::new(POLICY, seed), 3));
        assert_ne!(one, other);
        assert_eq!(one, waits(&mut Backoff::new(POLICY, 1), 3));
    }

    #[test]
    fn a_stable_life_makes_the_next_wait_a_first_one() {
        let mut backoff = Backoff::new(POLICY, 1);
        waits(&mut backoff, 4);
        backoff.begins(seconds(5));
        assert!(backoff.next(seconds(14)).unwrap() > Duration::from_millis(100));
        backoff.begins(seconds(20));
        assert!(backoff.next(seconds(30)).unwrap() <= Duration::from_millis(100));
    }

    #[test]
    fn only_restarts_within_the_window_count() {
        let mut backoff = Backoff::new(Restart { max_restarts: 2, ..POLICY }, 1);
        assert!(backoff.next(seconds(0)).is_some());
        assert!(backoff.next(seconds(30)).is_some());
        assert_eq!(backoff.next(seconds(59)), None);
        assert!(backoff.next(seconds(60)).is_some());
        assert_eq!(backoff.next(seconds(61)), None);
    }

    #[test]
    fn the_longest_times_that_a_file_can_give_are_waited() {
        let long = Duration::from_secs(1_000_000_000);
        let mut backoff =
            Backoff::new(Restart { backoff: long, backoff_max: long, max_restarts: 1_000_000, ..POLICY }, 1);
        for _ in 0..100 {
            assert!(backoff.next(seconds(1)).is_some_and(|wait| wait <= long));
        }
    }
}
