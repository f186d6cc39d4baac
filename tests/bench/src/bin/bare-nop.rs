//! Does nothing: the limit for starting and stopping children.

fn main() {}
