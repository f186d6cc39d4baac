//! Why a plugin cannot be used.

use pipeloom_job::abi::Misfit;

/// Why a library cannot be used as a plugin.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PluginError {
    /// The system's loader does not take it: it is not there, no library, or for another machine.
    #[error("it cannot be loaded: {0}")]
    Load(String),
    /// It is a library, but no plugin.
    #[error("it is no plugin: it has no symbol `pipeloom_plugin`, which `export_jobs!` makes")]
    Symbol,
    /// It is a plugin that does not fit.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// It says something that makes no sense.
    #[error("its job `{job}` has {what}: {why}")]
    Nonsense {
        /// The kind of job.
        job: String,
        /// What it was asked for.
        what: &'static str,
        /// What is wrong with the answer.
        why: String,
    },
}
