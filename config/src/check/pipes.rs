//! Each pipe's sizes, limits and outer end.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use pipeloom_job::Codec;

use crate::check::coded::Coded;
use crate::check::jobs::Checked;
use crate::check::wiring::{PipeEnds, Wiring};
use crate::check::{Checker, Runs};
use crate::file::{ConduitName, ExternalName, PipeTable, WhenFull};
use crate::ids::Name;
use crate::pipe_spec::{External, Forced, PipeSpec, QueueLimits, Side};
use crate::problem::Problem;
use crate::span::Span;

/// The longest payload unless the file says otherwise, in bytes.
pub(super) const DEFAULT_MAX_BLOCK_BYTES: usize = 256 << 20;

impl Checker<'_> {
    pub(super) fn pipes(&mut self, wiring: &Wiring<'_>, jobs: &[Checked]) -> Vec<Option<PipeSpec>> {
        let mut outer_paths = HashMap::new();
        wiring.pipes.iter().map(|pipe| self.pipe(pipe, wiring, jobs, &mut outer_paths)).collect()
    }

    fn pipe(
        &mut self,
        pipe: &PipeEnds<'_>,
        wiring: &Wiring<'_>,
        jobs: &[Checked],
        outer_paths: &mut HashMap<PathBuf, Span>,
    ) -> Option<PipeSpec> {
        let empty = PipeTable::default();
        let table = pipe.table.unwrap_or(&empty);
        self.check_allowed(pipe, table, wiring);
        self.check_taking(pipe, table);
        let when_full = self.when_full(pipe, table, wiring);
        let external = self.external(table, outer_paths);
        let coded = self.codec(pipe, table, wiring, jobs)?;
        let max_block_bytes = table.max_block_bytes.as_ref().map_or(DEFAULT_MAX_BLOCK_BYTES, |max| max.size());
        self.check_block_size(table, &coded, max_block_bytes);
        self.check_stream(pipe, table, &coded, when_full.as_ref());
        self.check_restarted_readers(pipe, &coded, wiring);
        self.check_block_count(pipe, table, wiring, jobs);
        let taking = self.taking(table, &coded, max_block_bytes);
        let dummy = self.dummy(pipe, table, &coded, max_block_bytes);
        let policy = self.policy(when_full.map_or(WhenFull::Block, |word| word.value), table);
        self.check_spool_size(policy, table, &coded);
        let own_queue = table.max_queue.as_ref();
        let of_readers = pipe.readers.iter().filter_map(|place| wiring.job_table(place.end.job).max_queue.as_ref());
        Some(PipeSpec {
            name: Name(pipe.name.value.clone()),
            span: pipe.name.span,
            writer: pipe.writers.first().map(|place| place.end),
            readers: pipe.readers.iter().map(|place| place.end).collect(),
            codec: coded.codec,
            class: coded.class,
            block_count: table
                .block_count
                .as_ref()
                .and_then(|at| NonZeroUsize::new(at.size()))
                .unwrap_or(NonZeroUsize::MIN),
            taking: taking?,
            dummy: dummy?,
            queue: match own_queue.or(of_readers.min_by_key(|max| max.size())) {
                None => QueueLimits::default(),
                // Who counts blocks means blocks, however long they are.
                Some(max) => QueueLimits { blocks: max.size(), bytes: usize::MAX },
            },
            delivery: self.delivery(table),
            when_full: policy,
            cycle: table.cycle.as_ref().is_some_and(|cycle| cycle.value),
            capacity: table.capacity_bytes.as_ref().and_then(|capacity| NonZeroUsize::new(capacity.size())),
            max_block_bytes,
            forced: table.conduit.as_ref().map(|conduit| match conduit.value {
                ConduitName::Fifo => Forced::Fifo,
                ConduitName::Relay => Forced::Relay,
                ConduitName::Shared => Forced::Shared,
            }),
            external,
        })
    }

    fn check_block_size(&mut self, table: &PipeTable, coded: &Coded, max_block_bytes: usize) {
        let Some(size) = &table.block_size else { return };
        match coded.codec {
            Codec::Bytes { block_size } if block_size > max_block_bytes => {
                let message =
                    format!("blocks of {block_size} bytes are longer than `max_block_bytes` ({max_block_bytes})");
                let problem = Problem::new(size.span, message);
                self.say(match &table.max_block_bytes {
                    Some(max) => problem.related(max.span, "the limit is here"),
                    None => problem.help(format!("max_block_bytes = {block_size}")),
                });
            }
            Codec::Bytes { .. } => {}
            _ => {
                let problem = Problem::new(size.span, format!("`block_size` has no meaning for the codec `{coded}`"));
                let problem = match &table.codec {
                    Some(codec) => problem.related(codec.span, "the codec is here"),
                    None => problem,
                };
                self.say(problem.help("blocks of a fixed size have the codec `bytes`"));
            }
        }
    }

    fn external(&mut self, table: &PipeTable, outer_paths: &mut HashMap<PathBuf, Span>) -> Option<External> {
        let (external, path) = match (&table.external, &table.path) {
            (None, None) => return None,
            (Some(external), None) => {
                let problem = Problem::new(external.span, "`external` needs a `path`: where the FIFO is made");
                self.say(problem);
                return None;
            }
            (None, Some(path)) => {
                let problem =
                    Problem::new(path.span, "`path` needs `external`: which end a program outside the network has");
                self.say(problem.help("external = \"writer\" or \"reader\""));
                return None;
            }
            (Some(external), Some(path)) => (external, path),
        };
        let place = self.scope.path(path, self.problems)?;
        if self.options.runs == Runs::All && !place.parent().is_some_and(|parent| parent.is_dir()) {
            self.say(Problem::new(path.span, format!("there is no folder for `{}`", place.display())));
        }
        if let Some(other) = outer_paths.insert(place.clone(), path.span) {
            self.say(Problem::new(path.span, "two pipes have the same path").related(other, "the first is here"));
        }
        let side = match external.value {
            ExternalName::Writer => Side::Writer,
            ExternalName::Reader => Side::Reader,
        };
        Some(External { side, path: place })
    }
}
