//! Where packets come from: one file each, one row here.
//!
//! Key types: [`Backend`], [`BackendRow`].
/// One way to get packets.
pub struct BackendRow {
    /// option of the command line
    pub name: &'static str,
    /// drops are real
    pub inline: bool,
    /// one line for the manual
    pub note: &'static str,
}

/// All, sorted by name.
pub static BACKENDS: &[BackendRow] = &[];
