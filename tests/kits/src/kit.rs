//! The programs, one for each kit.

use std::path::{Path, PathBuf};

/// A kit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kit {
    /// `pipeloom_job::executable`.
    Rust,
    /// `jobs/c/pipeloom.h`.
    C,
}

impl Kit {
    /// All kits that are here.
    pub const ALL: [Kit; 2] = [Kit::Rust, Kit::C];

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
        }
    }

    /// The program alone.
    pub fn program(self) -> String {
        match self {
            Kit::Rust => beside_this_test("kitted").display().to_string(),
            Kit::C => env!("KITTED_C").to_owned(),
        }
    }

    /// The same as `exec` of a job in a network file.
    pub fn exec(self, deed: &str, values: &[u64]) -> String {
        format!("exec = {}", serde_json::json!(self.command(deed, values)))
    }
}

/// The example of a job in C, `jobs/c/rms.c`.
pub const RMS: &str = env!("RMS_C");

fn beside_this_test(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    test.ancestors().nth(2).unwrap_or(Path::new("/")).join(name)
}
