//! What bots and analysts send to tell a decoy from a device: `vectors/giveaway`, one file per check.
//!
//! Format and walking as in `shell.rs`. The answers are those of busybox on a device with these mounts.
use crate::shell::check_folder;

#[test]
fn checks_that_give_decoys_away_are_answered_as_by_a_device() {
    check_folder("giveaway", 18);
}
