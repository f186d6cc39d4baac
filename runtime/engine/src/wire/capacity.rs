//! How large the pipes of the kernel are made.
//!
//! A pipe that holds four of its blocks keeps writer and reader at work at the same time. But what a user may have for all pipes
//! together is bounded, and who has used it up gets pipes of two pages from then on. So what is wanted beyond the kernel's default
//! is shared out over a network's pipes, and a part of the whole is left to others.

use std::collections::BTreeMap;

use pipeloom_config::{Network, PipeSpec, Taking, WhenFull};
use pipeloom_os::pipe_quota::PipeQuota;

use crate::flow::USUAL_CAPACITY;
use crate::plan::{Conduit, Plan, Route};

/// What a pipe is given at most without being asked for more.
const MOST: usize = 1024 * 1024;

/// So many blocks are to find room.
const BLOCKS: usize = 4;

/// Of all that a user may have, this part is left to what else he runs.
const LEFT_TO_OTHERS: usize = 4;

/// For each executable: standard output and error.
const EACH_EXECUTABLE: usize = 2;

/// What is told if blocks are copied for each reader after all.
pub(super) const COPIED: &str = "its readers get copies of what they could share, as the user may not have more pipes \
                                 (fs.pipe-user-pages-soft): large blocks go on more slowly";

/// What is told once if pipes are smaller than they would be best.
pub(super) const LESS: &str = "pipes hold less than four of their blocks, as the user may not have more for all of them together \
                               (fs.pipe-user-pages-soft): large blocks go on more slowly";

/// How large pipes are to be whose size the file does not give, by name. Others have the kernel's default.
#[derive(Debug)]
pub(crate) struct Capacities {
    sizes: BTreeMap<String, usize>,
    /// There is room for pipes that the runtime has for itself.
    has_scratch: bool,
}

/// Pipes of the kernel that are alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Wish {
    /// How many.
    pipes: usize,
    /// The size of each, in bytes.
    bytes: usize,
}

/// What a network asks for.
#[derive(Default)]
struct Wishes {
    /// The pipes whose size can be chosen.
    names: Vec<String>,
    /// What is wanted for each of them.
    wishes: Vec<Wish>,
    /// What all others take, in bytes.
    others: usize,
}

impl Capacities {
    /// The kernel's default, unless the file gives a size.
    pub(super) const fn usual() -> Capacities {
        Capacities { sizes: BTreeMap::new(), has_scratch: true }
    }

    /// Shares out what there is. The second of what is given is a warning.
    pub(super) fn share_out(network: &Network, plan: &Plan, quota: PipeQuota) -> (Capacities, Option<String>) {
        let ours = quota.together.map(|all| all - all / LEFT_TO_OTHERS);
        let mut asked = Wishes::of(network, plan, quota, true);
        // What the file asks for, and what all get, comes before what only saves copies.
        let has_scratch = ours.is_none_or(|ours| asked.least() <= ours);
        if !has_scratch {
            asked = Wishes::of(network, plan, quota, false);
        }
        let Wishes { names, wishes, others } = asked;
        let level = level(&wishes, ours.map(|ours| ours.saturating_sub(others)));
        let is_less = wishes.iter().any(|wish| wish.bytes > level);
        let sizes = names.into_iter().zip(&wishes).map(|(name, wish)| (name, wish.bytes.min(level)));
        let sizes = sizes.filter(|(_, bytes)| *bytes > USUAL_CAPACITY).collect();
        (Capacities { sizes, has_scratch }, is_less.then(|| LESS.to_owned()))
    }

    /// How large this pipe is to be, if that is not the kernel's default.
    pub(super) fn of(&self, pipe: &PipeSpec) -> Option<usize> {
        pipe.capacity.map(usize::from).or_else(|| self.sizes.get(pipe.name.as_str()).copied())
    }

    /// Whether there is room for pipes that the runtime has for itself.
    pub(super) const fn has_scratch(&self) -> bool {
        self.has_scratch
    }
}

impl Wishes {
    fn of(network: &Network, plan: &Plan, quota: PipeQuota, with_scratch: bool) -> Wishes {
        let executables = network.jobs().filter(|(_, job)| job.executable().is_some()).count();
        let mut asked = Wishes { others: executables * EACH_EXECUTABLE * USUAL_CAPACITY, ..Wishes::default() };
        for (id, pipe) in network.pipes() {
            let route = &plan.pipe(id).route;
            let pipes = kernel_pipes(route) + if with_scratch { route.scratch_pipes() } else { 0 };
            match wanted(network, pipe, quota.each) {
                Some(bytes) if pipes > 0 => {
                    asked.names.push(pipe.name.to_string());
                    asked.wishes.push(Wish { pipes, bytes });
                }
                _ => {
                    let bytes = pipe.capacity.map_or(USUAL_CAPACITY, usize::from).max(USUAL_CAPACITY);
                    asked.others = asked.others.saturating_add(pipes.saturating_mul(bytes));
                }
            }
        }
        asked
    }

    /// What it takes at least, in bytes.
    fn least(&self) -> usize {
        let pipes: usize = self.wishes.iter().map(|wish| wish.pipes).sum();
        self.others.saturating_add(pipes.saturating_mul(USUAL_CAPACITY))
    }
}

/// How large a pipe is to be, if its blocks are known to be large and it may hold as many as it likes: what is in a pipe cannot be
/// dropped any more, and is lost with the life of a program that is started again.
fn wanted(network: &Network, pipe: &PipeSpec, most: usize) -> Option<usize> {
    let has_lives = pipe.writer.iter().chain(&pipe.readers).any(|end| network.has_pipes_by_life(end.job));
    let holds_any = matches!(pipe.when_full, WhenFull::Block | WhenFull::Spool(_)) && pipe.taking == Taking::InStep;
    if pipe.capacity.is_some() || has_lives || !holds_any {
        return None;
    }
    let bytes = pipe.codec.block_size()?.saturating_mul(BLOCKS).min(MOST).next_power_of_two();
    // The kernel's own limit may be any number, and a size is rounded up.
    let most = if most.is_power_of_two() { most } else { most.next_power_of_two() / 2 };
    Some(bytes.min(most)).filter(|&bytes| bytes > USUAL_CAPACITY)
}

fn kernel_pipes(route: &Route) -> usize {
    let is_kernel = |conduit: &&Conduit| matches!(conduit, Conduit::Direct(_));
    let (from, to) = match route {
        Route::Legs(legs) | Route::Records { to: legs } => (None, legs),
        Route::Fused { .. } => return 0,
        Route::Relay { from, to, .. } => (Some(from), to),
    };
    from.into_iter().chain(to.iter().map(|leg| &leg.conduit)).filter(is_kernel).count()
}

/// The largest size up to which all get what they want, if all together may have `ours` bytes. Nobody gets less than the default.
fn level(wishes: &[Wish], ours: Option<usize>) -> usize {
    let Some(ours) = ours else { return MOST };
    let fits = |level: &usize| {
        let bytes = wishes.iter().map(|wish| wish.pipes.saturating_mul(wish.bytes.min(*level)));
        bytes.fold(0, usize::saturating_add) <= ours
    };
    let mut levels =
        std::iter::successors(Some(MOST), |level| Some(level / 2)).take_while(|level| *level > USUAL_CAPACITY);
    levels.find(fits).unwrap_or(USUAL_CAPACITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;
    use crate::sample::Sample;

    const MIB: usize = 1 << 20;

    #[test]
    fn all_are_made_smaller_by_the_same_steps_until_they_fit() {
        let wish = |pipes, bytes| Wish { pipes, bytes };
        let both = [wish(2, MIB), wish(4, 256 << 10)];
        let table = [
            (&both[..], None, MIB),
            (&both, Some(3 * MIB), MIB),
            (&both, Some(3 * MIB - 1), 512 << 10),
            (&both, Some(2 * MIB), 512 << 10),
            (&both, Some(2 * MIB - 1), 256 << 10),
            (&both, Some(MIB), 128 << 10),
            (&both, Some(100), USUAL_CAPACITY),
            (&[], Some(0), MIB),
            (&[wish(1000, MIB)], Some(64 * MIB), USUAL_CAPACITY),
        ];
        for (wishes, ours, expected) in table {
            assert_eq!(level(wishes, ours), expected, "{wishes:?} of {ours:?}");
        }
    }

    fn bytes(block_size: usize) -> String {
        format!("codec = \"bytes\"\nblock_size = {block_size}")
    }

    /// The sizes of some pipes in a row, of programs with heads whose blocks have these sizes.
    fn sizes(pipes: &[String], quota: PipeQuota) -> (Vec<Option<usize>>, bool) {
        let names: Vec<String> = (0..pipes.len()).map(|at| format!("p{at}")).collect();
        let mut sample = Sample::new();
        for (at, (name, lines)) in names.iter().zip(pipes).enumerate() {
            sample = sample.program(&format!("w{at}"), &[], &[name]).with("head = true");
            sample = sample.program(&format!("r{at}"), &[name], &[]).with("head = true").pipe(name, lines);
        }
        let network = sample.network();
        let (shares, warning) = Capacities::share_out(&network, &plan(&network), quota);
        (network.pipes().map(|(_, pipe)| shares.of(pipe)).collect(), warning.is_some())
    }

    #[test]
    fn a_pipe_holds_four_blocks_if_they_are_large_and_its_size_is_not_given() {
        let free = PipeQuota { together: None, each: MIB };
        let given = format!("{}\ncapacity_bytes = 4096", bytes(MIB));
        let drops = format!("{}\nwhen_full = \"drop-oldest\"", bytes(MIB));
        let pipes = [bytes(64), bytes(16 << 10), bytes(20_000), bytes(65_536), bytes(MIB), given, drops];
        let expected = [None, None, Some(128 << 10), Some(256 << 10), Some(MIB), Some(4096), None];
        assert_eq!(sizes(&pipes, free), (expected.to_vec(), false));
        assert_eq!(sizes(&[bytes(MIB)], PipeQuota { each: 300_000, ..free }).0, [Some(256 << 10)]);
    }

    #[test]
    fn what_is_not_there_for_all_is_shared_out_and_told() {
        // Two pipes of the kernel for each, and room beside them for standard output and error.
        let quota = |mebibytes: usize| PipeQuota { together: Some(mebibytes * MIB), each: MIB };
        let ten = vec![bytes(MIB); 10];
        assert_eq!(sizes(&ten, quota(64)), (vec![Some(MIB); 10], false));
        assert_eq!(sizes(&ten, quota(20)), (vec![Some(512 << 10); 10], true));
        assert_eq!(sizes(&ten, quota(4)), (vec![None; 10], true));
    }

    #[test]
    fn the_pipes_that_the_runtime_has_for_itself_count_too() {
        let mut sample = Sample::new().program("w", &[], &["p"]).pipe("p", &bytes(MIB));
        for reader in 0..10 {
            sample = sample.program(&format!("r{reader}"), &["p"], &[]);
        }
        let network = sample.network();
        let size = |mebibytes: usize| {
            let quota = PipeQuota { together: Some(mebibytes * MIB), each: MIB };
            let (shares, _) = Capacities::share_out(&network, &plan(&network), quota);
            (network.pipes().find_map(|(_, pipe)| shares.of(pipe)), shares.has_scratch())
        };
        // From the writer, to ten readers, and one more for each of them; beside them standard output and error.
        assert_eq!(size(30), (Some(MIB), true));
        assert_eq!(size(29), (Some(512 << 10), true));
        // They are the first to be missing: what the file asks for, and what all pipes have, comes before them.
        assert_eq!(size(4), (None, true));
        assert_eq!(size(3), (None, false));
    }
}
