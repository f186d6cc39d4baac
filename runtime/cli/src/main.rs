//! pipeloom
fn main() {}
