//! The `cospass` command.

fn main() {}
