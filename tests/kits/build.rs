//! Builds the C programs of these tests, with every warning an error.

use std::path::Path;
use std::process::Command;

#[expect(clippy::disallowed_methods, reason = "a compiler that is waited for at once")]
fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's folder");
    let out = std::env::var("OUT_DIR").expect("cargo names a folder for what is built");
    let kit = Path::new(&folder).join("../../jobs/c");
    let build = |source: &Path, name: &str| {
        let program = Path::new(&out).join(name);
        let mut compiler = Command::new("gcc");
        compiler
            .args(["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O2", "-g", "-I"])
            .arg(&kit)
            .arg(source);
        let built = compiler.arg("-o").arg(&program).arg("-lm").status();
        let built = built.unwrap_or_else(|error| panic!("gcc: {error}; `apt-get install build-essential` brings it"));
        assert!(built.success(), "{} does not compile", source.display());
        println!("cargo:rerun-if-changed={}", source.display());
        program.display().to_string()
    };
    println!("cargo:rerun-if-changed={}", kit.display());
    println!("cargo:rustc-env=KITTED_C={}", build(&Path::new(&folder).join("programs/kitted.c"), "kitted-c"));
    println!("cargo:rustc-env=RMS_C={}", build(&kit.join("rms.c"), "rms"));
}
