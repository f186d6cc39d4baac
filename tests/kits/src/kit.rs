//! The programs, one for each kit.

use std::path::{Path, PathBuf};

/// A kit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kit {
    /// `pipeloom_job::executable`.
    Rust,
    /// `jobs/c/pipeloom.h`.
    C,
    /// `jobs/python`.
    Python,
}

impl Kit {
    /// All kits that are here.
    pub const ALL: [Kit; 3] = [Kit::Rust, Kit::C, Kit::Python];

    /// The program that does `deed` with these values, and its arguments.
    pub fn command(self, deed: &str, values: &[u64]) -> Vec<String> {
        match self {
            Kit::Rust => {
                let args = serde_json::json!({ "deed": deed, "values": values });
                vec![self.program(), "--args".to_owned(), args.to_string()]
            }
            Kit::C => {
                let program = [self.program(), deed.to_owned()].into_iter();
                program.chain(values.iter().map(u64::to_string)).collect()
            }
            Kit::Python => {
                let args = serde_json::json!({ "values": values }).to_string();
                ["python3", "-X", COMPILED_PYTHON, KITTED_PYTHON, deed, "--args", &args].map(str::to_owned).into()
            }
        }
    }

    /// The program alone.
    pub fn program(self) -> String {
        match self {
            Kit::Rust => beside_this_test("kitted").display().to_string(),
            Kit::C => env!("KITTED_C").to_owned(),
            Kit::Python => KITTED_PYTHON.to_owned(),
        }
    }

    /// The same as `exec` of a job in a network file.
    pub fn exec(self, deed: &str, values: &[u64]) -> String {
        format!("exec = {}", serde_json::json!(self.command(deed, values)))
    }
}

/// Where the interpreter puts what it has compiled.
const COMPILED_PYTHON: &str = concat!("pycache_prefix=", env!("OUT_DIR"), "/python");

const KITTED_PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/programs/kitted.py");

/// The example of a job in C, `jobs/c/rms.c`.
pub const RMS: &str = env!("RMS_C");

fn beside_this_test(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    test.ancestors().nth(2).unwrap_or(Path::new("/")).join(name)
}
