//! Opening a library, once, and reading what is in it.

#![expect(unsafe_code, reason = "a library is trusted to be what its header says")]

use std::collections::HashMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use pipeloom_job::JobKind;
use pipeloom_job::abi::{Header, KindTable, SYMBOL};

use crate::error::PluginError;
use crate::kind;

/// What was loaded already, by the file it came from.
static LOADED: LazyLock<Mutex<HashMap<PathBuf, &'static [JobKind]>>> = LazyLock::new(Mutex::default);

/// The kinds of jobs in the library at `path`. A library is loaded once and stays.
///
/// To load a library is to run what it does when it is loaded; before anything else in it is called, its header is checked.
///
/// # Errors
/// If it is no plugin or does not fit. The error does not name the path.
pub fn load(path: &Path) -> Result<&'static [JobKind], PluginError> {
    let path = path.canonicalize().map_err(|error| PluginError::Load(error.to_string()))?;
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kinds) = loaded.get(&path) {
        return Ok(kinds);
    }
    let kinds = tables(open(&path)?)?.iter().map(kind::of).collect::<Result<Vec<JobKind>, PluginError>>()?;
    let kinds: &'static [JobKind] = kinds.leak();
    loaded.insert(path, kinds);
    Ok(kinds)
}

/// The header of a library, which stays loaded.
fn open(path: &Path) -> Result<&'static Header, PluginError> {
    // SAFETY: what the library does when it is loaded is its own affair; who names it in a file trusts it.
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
    let library = library.map_err(|error| PluginError::Load(reason(&error, path)))?;
    // SAFETY: only the address is taken here, as that of a header.
    let header = unsafe { library.get::<*const Header>(SYMBOL) }.map(|symbol| symbol.into_raw());
    let header = header.map_err(|_| PluginError::Symbol)?;
    // Never unloaded, whether it fits or not: threads that it may have started run in its code.
    std::mem::forget(library);
    // SAFETY: a library with this symbol has a header there, for as long as it is loaded. Of a misfit only the magic and the
    // version are read, which all versions have; what is shorter than that would have another name.
    let header = unsafe { &*header.cast::<Header>() };
    header.check()?;
    Ok(header)
}

fn tables(header: &'static Header) -> Result<&'static [KindTable], PluginError> {
    // SAFETY: a header that fits points at so many tables.
    Ok(unsafe { std::slice::from_raw_parts(header.kinds, header.kinds_len) })
}

/// What the system's loader says. It begins with the path, which whoever called us tells anyway.
fn reason(error: &libloading::Error, path: &Path) -> String {
    let message = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    let message = message.strip_prefix(&*path.to_string_lossy()).unwrap_or(&message);
    message.trim_start_matches([':', ' ']).to_owned()
}
