//! Binds devices and groups to profiles: `profile = "FILE"` or `"FILE:drop"`. Key type: [`Binder`].
use super::Bound;
use crate::device::profile::import;
use otori_rule::Action;
use std::{collections::HashMap, sync::Arc};

/// Profiles of one mapping file.
const PROFILES: usize = 4_096;
/// Bytes of one MUD file.
const PROFILE_BYTES: usize = 1 << 20;

/// Reads each profile once.
pub(super) struct Binder<'a> {
    get: &'a mut dyn FnMut(&str) -> Result<String, String>,
    known: HashMap<String, Arc<super::Profile>>,
}

impl Binder<'_> {
    pub(super) fn new(get: &mut dyn FnMut(&str) -> Result<String, String>) -> Binder<'_> {
        Binder { get, known: HashMap::new() }
    }
    /// The profile of `FILE` or `FILE:ACTION`.
    pub(super) fn bind(&mut self, text: &str) -> Result<Bound, String> {
        let (path, action) = match text.rsplit_once(':') {
            Some((path, "alert")) => (path, Action::Alert),
            Some((path, "drop")) => (path, Action::Drop),
            Some((path, "reject")) => (path, Action::Reject),
            _ => (text, Action::Alert),
        };
        if let Some(profile) = self.known.get(path) {
            return Ok(Bound { profile: profile.clone(), action });
        }
        if self.known.len() >= PROFILES {
            return Err(format!("more than {PROFILES} profiles: bind groups, not devices"));
        }
        let text = (self.get)(path).map_err(|error| format!("profile {path:?}: {error}"))?;
        if text.len() > PROFILE_BYTES {
            return Err(format!("profile {path:?}: more than {PROFILE_BYTES} bytes"));
        }
        let (mut profile, told) = import(&text).map_err(|error| format!("profile {path:?}: {error}"))?;
        if let Some(first) = told.first() {
            return Err(format!(
                "profile {path:?}: {} entries are not understood, the first: {first}; take them out or replace them",
                told.len()
            ));
        }
        if profile.name.is_empty() {
            path.clone_into(&mut profile.name);
        }
        let profile = Arc::new(profile);
        self.known.insert(path.to_owned(), profile.clone());
        Ok(Bound { profile, action })
    }
}
