//! An imported root folder as files of a machine without a product: what `otori exec --root` runs on. Extends
//! [`Imported`].
use crate::entry::Body;
use crate::import::Imported;
use otori_linux::vfs::{Attributes, BaseBuilder, BaseError};
use std::collections::HashMap;

impl Imported {
    /// Its files in a tree that more can be added to; they keep modes, owners and times.
    pub fn tree(&self) -> Result<BaseBuilder, BaseError> {
        let mut tree = BaseBuilder::new(0);
        let mut numbers = HashMap::new();
        for entry in &self.entries {
            let time_ns = entry.time.saturating_mul(1_000_000_000);
            let attributes = Attributes { mode: entry.mode, uid: entry.uid, gid: entry.gid, time_ns };
            let number = match &entry.body {
                Body::Directory => tree.directory(&entry.path, attributes)?,
                Body::File(bytes) => tree.file(&entry.path, bytes.clone(), attributes)?,
                Body::Later(file) => tree.deferred(&entry.path, file.clone(), attributes)?,
                Body::Link(target) => tree.link(&entry.path, target, attributes)?,
                Body::HardLink(first) => match numbers.get(first.as_str()) {
                    Some(number) => {
                        tree.hard_link(&entry.path, *number)?;
                        continue;
                    }
                    None => return Err(BaseError::Path(first.clone())),
                },
            };
            numbers.insert(entry.path.as_str(), number);
        }
        Ok(tree)
    }
}
