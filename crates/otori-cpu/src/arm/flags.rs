//! Flags within a block: a comparison that takes in the branch behind it, and flags that the next instruction sets again.
//! Called by [`super::lower`].

use super::assemble::Assembly;
use super::execute::data::{self, IMMEDIATE, REGISTER};
use super::execute::flow;
use super::instruction::code;

/// A data processing operation that sets flags, the last one so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flagged {
    /// Operations in the block with it.
    count: usize,
    code: u8,
    form: u8,
}

impl Assembly<'_> {
    /// Remembers the operation just appended.
    pub(super) fn note_flags(&mut self, code: u8, form: u8) {
        self.flagged = Some(Flagged { count: self.ops.len(), code, form });
    }

    /// The operation to be appended has an opcode: if it sets all flags and reads none, the one right before it need not
    /// set any. Between the two nothing stops.
    pub(super) fn drop_flags(&mut self, code: u8) {
        let sets_all = matches!(code, code::SUB | code::RSB | code::ADD | code::CMP | code::CMN);
        if let (true, Some(Flagged { count, code, form })) = (sets_all, self.flagged)
            && count == self.ops.len()
            && let Some(op) = self.ops.last_mut()
        {
            op.run = data::process(code, false, form);
        }
    }

    /// Joins a conditional branch to the comparison in front of it. Says whether it could be.
    pub(super) fn fuse_branch(&mut self, condition: u8, target: u64) -> bool {
        let Some(Flagged { count, code, form }) = self.flagged.take() else { return false };
        if count != self.ops.len() || self.fence >= count || form != IMMEDIATE && form != REGISTER {
            return false;
        }
        let at = self.current();
        let (Some(run), Some(op)) = (flow::compare_and_branch(condition, code, form), self.ops.last_mut())
        else {
            return false;
        };
        op.run = run;
        op.at = at;
        op.imm = target | if form == IMMEDIATE { op.imm << 32 } else { 0 };
        true
    }
}
