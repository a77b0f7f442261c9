//! The binary: command line, configuration, pipeline.

fn main() {}
