//! Coprocessor 1. Entrance: [`Cpu::run_float`].

use super::cpu::Cpu;
use super::execute::Frame;
use super::op::Op;
use crate::memory::Memory;
use crate::stop::Stop;

impl Cpu {
    pub(super) fn run_float<M: Memory, const BIG: bool>(
        &mut self,
        op: Op,
        _memory: &mut M,
        _frame: &mut Frame,
    ) -> Result<(), (u8, Stop)> {
        let _ = op;
        Err((0, Stop::Illegal))
    }
}
