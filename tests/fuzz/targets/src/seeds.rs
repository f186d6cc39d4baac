//! Inputs to begin with: what is committed in `tests/fuzz/corpus`, and what the project has anyway.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Target;
use crate::frames;

/// One input.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Where it comes from.
    pub name: String,
    /// The input.
    pub bytes: Vec<u8>,
}

/// The folder with a folder for each target.
pub fn corpus() -> PathBuf {
    project().join("tests/fuzz/corpus")
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// All inputs for a target, in the same order each time.
///
/// # Errors
/// If a file cannot be read.
pub fn of(target: Target) -> io::Result<Vec<Seed>> {
    let mut seeds = Vec::new();
    for file in sorted(&corpus().join(target.name))? {
        seeds.push(Seed { name: shown(&file), bytes: fs::read(&file)? });
    }
    match target.name {
        "network_file" => seeds.extend(examples()?),
        "frames" => seeds.extend(vectors()?),
        _ => {}
    }
    Ok(seeds)
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn shown(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn examples() -> io::Result<Vec<Seed>> {
    let mut seeds = Vec::new();
    for folder in sorted(&project().join("examples"))? {
        let file = folder.join("network.toml");
        if file.is_file() {
            seeds.push(Seed { name: format!("example-{}", shown(&folder)), bytes: fs::read(&file)? });
        }
    }
    Ok(seeds)
}

/// A stream of `tests/vectors/wire.json`, without what it is cut into.
#[derive(Deserialize)]
struct Vector {
    codec: String,
    block_size: Option<usize>,
    head_size: u8,
    wire: String,
}

fn vectors() -> io::Result<Vec<Seed>> {
    let text = fs::read(project().join("tests/vectors/wire.json"))?;
    let vectors: Vec<Vector> = serde_json::from_slice(&text)?;
    let seeds = vectors.iter().enumerate().filter_map(|(number, vector)| {
        let codec = frames::choice(&vector.codec, vector.block_size)?;
        let bytes = frames::input(codec, vector.head_size, 137, &bytes(&vector.wire)?);
        Some(Seed { name: format!("vector-{number}-{}", vector.codec), bytes })
    });
    Ok(seeds.collect())
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let byte = |at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(byte).collect()
}
