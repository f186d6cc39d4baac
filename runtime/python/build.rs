//! Files that are new in the kit are embedded too.

fn main() {
    println!("cargo::rerun-if-changed=../../jobs/python/src/pipeloom");
}
