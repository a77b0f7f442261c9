//! The platform that is a person: an order is written down and waits for somebody to carry it out.
//!
//! Key type: [`Notebook`]. It changes nothing, so there is nothing to find, verify or take back. The default.
use super::{Adapter, AdapterError, Found, Order};

/// Writes nothing itself: the case on the desk is the note.
#[derive(Clone, Copy, Debug, Default)]
pub struct Notebook;

impl Adapter for Notebook {
    fn name(&self) -> &'static str {
        "notebook"
    }
    fn state(&mut self, _device: &str) -> Result<Found, AdapterError> {
        Ok(Found(String::new()))
    }
    fn apply(&mut self, _order: &Order<'_>) -> Result<(), AdapterError> {
        Ok(())
    }
    /// Nobody can tell whether the person did it: applied, never verified.
    fn verify(&mut self, _order: &Order<'_>) -> Result<bool, AdapterError> {
        Ok(false)
    }
    fn revert(&mut self, _order: &Order<'_>, _found: &Found) -> Result<(), AdapterError> {
        Ok(())
    }
}
