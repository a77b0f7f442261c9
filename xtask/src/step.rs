//! Numbered steps with their time, and the closing count that CI reads.
use std::time::Instant;

/// Runs named steps one after the other, keeps going after a failure, and counts.
pub struct Steps {
    total: usize,
    started: Instant,
    passed: Vec<String>,
    failed: Vec<String>,
    skipped: Vec<String>,
}

/// How one step ended.
pub enum Outcome {
    /// it holds
    Passed,
    /// it could not be run here, and why
    Skipped(String),
}

impl Steps {
    /// `total` steps are coming.
    pub fn new(total: usize) -> Self {
        Steps { total, started: Instant::now(), passed: vec![], failed: vec![], skipped: vec![] }
    }

    /// Runs one step and prints its number, name, result and time in seconds.
    pub fn run(&mut self, name: &str, step: impl FnOnce() -> anyhow::Result<Outcome>) {
        let number = self.passed.len() + self.failed.len() + self.skipped.len() + 1;
        println!("\n[{number}/{}] {name} (at {} s)", self.total, self.started.elapsed().as_secs());
        let began = Instant::now();
        let result = step();
        let seconds = began.elapsed().as_secs_f32();
        match result {
            Ok(Outcome::Passed) => {
                println!("[{number}/{}] passed: {name}, {seconds:.1} s", self.total);
                self.passed.push(name.to_owned());
            }
            Ok(Outcome::Skipped(reason)) => {
                println!("[{number}/{}] SKIPPED: {name}: {reason}", self.total);
                self.skipped.push(format!("{name}: {reason}"));
            }
            Err(error) => {
                println!("[{number}/{}] FAILED: {name}: {error:#}", self.total);
                self.failed.push(format!("{name}: {error:#}"));
            }
        }
    }

    /// Prints the closing count; an error when a step failed.
    pub fn finish(self) -> anyhow::Result<()> {
        println!("\ntook {} s", self.started.elapsed().as_secs());
        self.skipped.iter().for_each(|line| println!("skipped {line}"));
        self.failed.iter().for_each(|line| println!("FAILED {line}"));
        println!(
            "{} passed, {} failed, {} skipped",
            self.passed.len(),
            self.failed.len(),
            self.skipped.len()
        );
        anyhow::ensure!(self.failed.is_empty(), "{} of {} steps failed", self.failed.len(), self.total);
        Ok(())
    }
}
