//! Files of sysfs that do something when they are written: GPIO lines and lamps. Key function:
//! [`Vfs::write_attribute`]. Neighbour: dev/system.rs puts them into the tree. Specification:
//! Documentation/admin-guide/gpio/sysfs.rst, Documentation/leds/leds-class.rst.
use super::inode::{Body, Content, Inode, Kind, Names, Number};
use super::{Context, Node, Vfs};
use crate::errno::Errno;
use alloc::{format, string::String, sync::Arc, vec::Vec};

/// Longest value that a file of /proc/sys or /sys takes, bytes.
pub(super) const ATTRIBUTE_MAX: usize = 4096;
/// Lines that can be exported: more than a controller of such devices has.
const EXPORTED_MAX: usize = 512;

/// What a written value becomes.
enum Kept {
    /// the bytes as they are
    Same,
    /// another text
    Text(String),
}

impl Vfs {
    /// sysfs: a write replaces the value, or does what the attribute is for.
    pub(super) fn write_attribute(
        &mut self,
        context: &Context,
        node: Node,
        bytes: &[u8],
    ) -> Result<usize, Errno> {
        let value = bytes.get(..ATTRIBUTE_MAX).unwrap_or(bytes);
        let text = core::str::from_utf8(value).map_err(|_| Errno::EINVAL)?.trim();
        let folder = Node { number: u64::from(self.inode(node)?.parent), ..node };
        let (name, above) = (self.inode(node)?.name.clone(), self.inode(folder)?.name.clone());
        let is_line = |name: &[u8]| {
            name.strip_prefix(b"gpio").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
        };
        let kept = match (&above[..], &name[..]) {
            (b"gpio", b"export") => self.export_line(context, folder, text)?,
            (b"gpio", b"unexport") => self.unexport_line(context, folder, text)?,
            (line, name) if is_line(line) => self.write_line(context, folder, name, text)?,
            (_, b"brightness") => self.light(folder, text)?,
            (_, b"trigger") => self.trigger(node, text)?,
            _ => Kept::Same,
        };
        match &kept {
            Kept::Same => self.put_attribute(context, node, value)?,
            Kept::Text(text) => self.put_attribute(context, node, text.as_bytes())?,
        }
        Ok(bytes.len())
    }

    fn put_attribute(&mut self, context: &Context, node: Node, value: &[u8]) -> Result<(), Errno> {
        let tree = self.writable_tree(node)?;
        tree.change_content(node.number as Number, context.now_ns, |content| {
            let held = content.to_mut();
            held.clear();
            held.extend_from_slice(value);
        })
    }

    fn sibling(&self, folder: Node, name: &[u8]) -> Result<Node, Errno> {
        let found = self.tree(folder)?.child(folder.number as Number, name)?.ok_or(Errno::ENOENT)?;
        Ok(Node { number: u64::from(found), ..folder })
    }
    fn attribute_text(&self, folder: Node, name: &[u8]) -> Result<String, Errno> {
        let bytes = self.bytes(self.sibling(folder, name)?)?;
        Ok(String::from_utf8_lossy(bytes).trim().into())
    }

    /// Whether a controller has that line.
    fn has_line(&self, folder: Node, line: u32) -> bool {
        let Ok(inode) = self.inode(folder) else { return false };
        let names = inode.names().into_iter().flat_map(|names| names.entries.keys());
        let mut chips = names.filter(|name| name.starts_with(b"gpiochip"));
        chips.any(|chip| {
            let number = |name: &[u8]| -> Option<u32> {
                self.attribute_text(self.sibling(folder, chip).ok()?, name).ok()?.parse().ok()
            };
            let (base, count) = (number(b"base"), number(b"ngpio"));
            base.zip(count)
                .is_some_and(|(base, count)| line.checked_sub(base).is_some_and(|place| place < count))
        })
    }

    fn export_line(&mut self, context: &Context, folder: Node, text: &str) -> Result<Kept, Errno> {
        let line = text.parse().map_err(|_| Errno::EINVAL)?;
        if !self.has_line(folder, line) {
            return Err(Errno::EINVAL);
        }
        let name = format!("gpio{line}");
        if self.sibling(folder, name.as_bytes()).is_ok() {
            return Err(Errno::EBUSY);
        }
        if self.inode(folder)?.names().map_or(0, |names| names.entries.len()) >= EXPORTED_MAX {
            return Err(Errno::ENOSPC);
        }
        self.check_space(folder, 2048)?;
        let now_ns = context.now_ns;
        let directory = Inode::new(Body::Directory(Arc::new(Names::default())), 0o755, 0, 0, now_ns);
        let tree = self.writable_tree(folder)?;
        let made = tree.add(folder.number as Number, name.as_bytes(), directory)?;
        let files: [(&[u8], &str); 5] = [
            (b"active_low", "0\n"),
            (b"direction", "in\n"),
            (b"edge", "none\n"),
            (b"uevent", ""),
            (b"value", "0\n"),
        ];
        for (file, value) in files {
            let content = Content::Base(Arc::from(value.as_bytes()));
            tree.add(made, file, Inode::new(Body::File(content), 0o644, 0, 0, now_ns))?;
        }
        Ok(Kept::Text(String::new()))
    }

    fn unexport_line(&mut self, context: &Context, folder: Node, text: &str) -> Result<Kept, Errno> {
        let line: u32 = text.parse().map_err(|_| Errno::EINVAL)?;
        let name = format!("gpio{line}");
        let gone = self.sibling(folder, name.as_bytes()).map_err(|_| Errno::EINVAL)?;
        let inside: Vec<_> =
            self.inode(gone)?.names().map_or_else(Vec::new, |names| names.entries.keys().cloned().collect());
        let tree = self.writable_tree(folder)?;
        for file in inside {
            if let Some(number) = tree.child(gone.number as Number, &file)? {
                tree.detach(gone.number as Number, &file, context.now_ns)?;
                tree.unlinked(number, context.now_ns)?;
            }
        }
        tree.detach(folder.number as Number, name.as_bytes(), context.now_ns)?;
        tree.unlinked(gone.number as Number, context.now_ns)?;
        Ok(Kept::Text(String::new()))
    }

    /// A line that was exported: `low` and `high` make it an output with that value.
    fn write_line(&mut self, context: &Context, line: Node, name: &[u8], text: &str) -> Result<Kept, Errno> {
        let set = |vfs: &mut Vfs, value: &str| {
            let node = vfs.sibling(line, b"value")?;
            vfs.put_attribute(context, node, value.as_bytes())
        };
        match (name, text) {
            (b"direction", "in") => Ok(Kept::Text("in\n".into())),
            (b"direction", "out" | "low" | "high") => {
                set(self, if text == "high" { "1\n" } else { "0\n" })?;
                Ok(Kept::Text("out\n".into()))
            }
            (b"value", _) if self.attribute_text(line, b"direction")? == "in" => Err(Errno::EPERM),
            (b"value" | b"active_low", _) => {
                let value: i64 = text.parse().map_err(|_| Errno::EINVAL)?;
                Ok(Kept::Text(format!("{}\n", u8::from(value != 0))))
            }
            (b"edge", "none" | "rising" | "falling" | "both") => Ok(Kept::Text(format!("{text}\n"))),
            (b"uevent", _) => Ok(Kept::Text(String::new())),
            _ => Err(Errno::EINVAL),
        }
    }

    /// How bright a lamp is, at most what it can; darkness ends what made it blink.
    fn light(&mut self, lamp: Node, text: &str) -> Result<Kept, Errno> {
        let most: u64 = match self.attribute_text(lamp, b"max_brightness").map(|text| text.parse()) {
            Ok(Ok(most)) => most,
            _ => return Ok(Kept::Same),
        };
        let value: u64 = text.parse().map_err(|_| Errno::EINVAL)?;
        Ok(Kept::Text(format!("{}\n", value.min(most))))
    }

    /// What a lamp shows by itself: one of those that the file lists; the chosen one stands in brackets.
    fn trigger(&mut self, file: Node, text: &str) -> Result<Kept, Errno> {
        if self.kind(file)? != Kind::File {
            return Err(Errno::EINVAL);
        }
        let listed = String::from_utf8_lossy(self.bytes(file)?).into_owned();
        let names: Vec<&str> = listed.split_whitespace().map(|name| name.trim_matches(['[', ']'])).collect();
        if !names.contains(&text) {
            return Err(Errno::EINVAL);
        }
        let shown: Vec<String> = names
            .iter()
            .map(|name| if *name == text { format!("[{name}]") } else { String::from(*name) })
            .collect();
        Ok(Kept::Text(format!("{}\n", shown.join(" "))))
    }
}
