//! Which calls fail, and how.

use std::env;
use std::fmt;
use std::io::Write;
use std::sync::LazyLock;
use std::time::SystemTime;

use pipeloom_os::Errno;

/// What a machine may be out of, and what disks and signals do.
const ERRORS: [Errno; 6] = [Errno::EMFILE, Errno::ENOMEM, Errno::EAGAIN, Errno::ENOSPC, Errno::EINTR, Errno::EIO];

/// One call of so many is tried.
const STRIDE: u64 = 7;

/// One fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) place: Place,
    /// Which call: 1 is the first.
    pub(crate) n: u64,
    /// Whether all later calls fail too.
    pub(crate) stays: bool,
    pub(crate) errno: Errno,
}

/// What fails in one series: an error, once or from a call on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    pub(crate) errno: Errno,
    pub(crate) stays: bool,
}

/// Each error once.
pub(crate) fn once() -> Vec<How> {
    ERRORS.map(|errno| How { errno, stays: false }).to_vec()
}

/// From a call on, for what does not pass. (Whoever is always interrupted, or always told to come again, does so.)
pub(crate) fn for_good() -> Vec<How> {
    [Errno::EMFILE, Errno::EIO].map(|errno| How { errno, stays: true }).to_vec()
}

/// In which process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Runtime,
    Warden,
    Library,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = format!("{:?}", self.place).to_lowercase();
        write!(f, "PIPELOOM_FAULT={place}:{}", self.value())
    }
}

impl Fault {
    /// As the process takes it from its environment.
    pub(crate) fn value(&self) -> String {
        format!("{}{}:{:?}", self.n, if self.stays { "+" } else { "" }, self.errno)
    }
}

/// The calls to try with one error in one process, without an end: whoever tries them knows when there are no more.
pub(crate) fn faults(place: Place, how: How) -> Box<dyn Iterator<Item = Fault> + Send> {
    let How { errno, stays } = how;
    let fault = move |n| Fault { place, n, stays, errno };
    if let Ok(one) = env::var("PIPELOOM_FAULT") {
        let n = one.split(':').nth(1).and_then(|n| n.trim_end_matches('+').parse().ok()).unwrap();
        let is_it = move |fault: &Fault| fault.to_string().ends_with(&format!("={one}"));
        return Box::new([fault(n)].into_iter().filter(is_it));
    }
    if env::var("PIPELOOM_FAULTS").is_ok_and(|all| all == "all") {
        return Box::new((1..).map(fault));
    }
    // Another offset for each error, so that together they come to more calls.
    let first = (SEED.wrapping_add(errno as u64 * 7)) % STRIDE + 1;
    Box::new((0..).map(move |step| fault(first + step * STRIDE)))
}

static SEED: LazyLock<u64> = LazyLock::new(|| {
    let given = env::var("PIPELOOM_SEED").ok().map(|text| text.parse().unwrap());
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos().into();
    let seed = given.unwrap_or_else(now);
    say(&format!("PIPELOOM_SEED={seed}"));
    seed
});

/// Tells something of a test that passes too.
pub(crate) fn say(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}
