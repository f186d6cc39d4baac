//! Libraries that are no plugins, or none that fit, are refused before anything in them is called.

use std::fs;
use std::path::{Path, PathBuf};

use pipeloom_job::abi::{MAGIC, Misfit, VERSION};
use pipeloom_plugins::{PluginError, load};
use tempfile::TempDir;

/// A library with this C code in it.
#[expect(clippy::disallowed_methods, reason = "the compiler that Rust's own linking needs too")]
fn library(dir: &TempDir, code: &str) -> PathBuf {
    let (source, library) = (dir.path().join("library.c"), dir.path().join("library.so"));
    fs::write(&source, code).expect("a file in a new folder");
    let mut compiler = std::process::Command::new("cc");
    let built = compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).output().expect("cc is there");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    library
}

/// A library whose header begins with this. What would be called in it ends the process.
fn with_header(dir: &TempDir, magic: &[u8; 16], version: u32) -> PathBuf {
    let magic: Vec<String> = magic.iter().map(u8::to_string).collect();
    let code = format!(
        "#include <stdint.h>\n#include <stdlib.h>\n\
         struct {{ unsigned char magic[16]; uint32_t version; uint32_t layout[10]; void *rest[8]; }} pipeloom_plugin = {{\n\
         {{ {} }}, {version}, {{ 0 }}, {{ abort, abort, abort, abort, abort, abort, abort, abort }} }};\n",
        magic.join(", ")
    );
    library(dir, &code)
}

fn refusal(path: &Path) -> PluginError {
    load(path).expect_err("it should be refused")
}

fn dir() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn another_version_of_the_border() {
    let dir = dir();
    let refusal = refusal(&with_header(&dir, &MAGIC, VERSION + 7));
    assert_eq!(refusal, PluginError::Misfit(Misfit::Version { theirs: VERSION + 7 }));
    assert_eq!(
        refusal.to_string(),
        format!(
            "it was built for plugin interface {}, and this is {VERSION}: build it with a matching `pipeloom-job`",
            VERSION + 7
        )
    );
}

#[test]
fn another_layout() {
    assert_eq!(refusal(&with_header(&dir(), &MAGIC, VERSION)), PluginError::Misfit(Misfit::Layout));
}

#[test]
fn a_symbol_that_is_something_else() {
    assert_eq!(refusal(&with_header(&dir(), b"something else!!", VERSION)), PluginError::Misfit(Misfit::Magic));
}

#[test]
fn a_library_that_is_no_plugin() {
    assert_eq!(refusal(&library(&dir(), "int other;\n")), PluginError::Symbol);
}

#[test]
fn a_file_that_is_no_library() {
    let dir = dir();
    let path = dir.path().join("library.so");
    fs::write(&path, "#!/bin/sh\n").expect("a file in a new folder");
    let PluginError::Load(why) = refusal(&path) else { panic!("it is not even loaded") };
    assert!(why.contains("invalid ELF header") || why.contains("file too short"), "{why}");
}

#[test]
fn a_library_for_another_machine() {
    let dir = dir();
    let path = library(&dir, "int other;\n");
    let mut bytes = fs::read(&path).expect("it was just made");
    // The machine in the header of an ELF file: that of the 68000.
    bytes[18..20].copy_from_slice(&4_u16.to_le_bytes());
    let path = dir.path().join("foreign.so");
    fs::write(&path, bytes).expect("a file in a new folder");
    assert!(matches!(refusal(&path), PluginError::Load(_)));
}

#[test]
fn a_file_that_is_not_there() {
    let PluginError::Load(why) = refusal(Path::new("/nowhere/library.so")) else { panic!("there is nothing to load") };
    assert!(why.contains("No such file"), "{why}");
}
