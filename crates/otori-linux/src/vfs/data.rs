//! The bytes of regular files. procfs files have no bytes here: [`Vfs::generate`] renders them. Specification:
//! pread(2), pwrite(2), truncate(2).
use super::attribute_file::ATTRIBUTE_MAX;
use super::change::event;
use super::inode::{Body, Content, Kind, Number};
use super::steps;
use super::{Behaviour, Capability, Context, Node, Stored, Vfs, seal};
use crate::errno::Errno;
use crate::proc::Written;
use alloc::vec::Vec;

impl Vfs {
    /// Whether reading means [`Vfs::generate`] (a procfs file).
    pub fn is_generated(&self, node: Node) -> bool {
        self.proc_node(node).is_some_and(|entry| entry.kind() == Kind::File)
    }

    /// The text of a procfs file now. The kernel keeps it with the descriptor and asks again at offset 0.
    pub fn generate(&self, context: &Context, node: Node) -> Result<Vec<u8>, Errno> {
        let text = self.proc_node(node).ok_or(Errno::EINVAL)?.render(self, context)?;
        self.step(text.len() as u64 / steps::CHARACTERS);
        Ok(text)
    }

    /// Takes what is written to a procfs file; the kernel acts on what is returned.
    pub fn write_generated(&mut self, context: &Context, node: Node, bytes: &[u8]) -> Result<Written, Errno> {
        let entry = self.proc_node(node).ok_or(Errno::EINVAL)?;
        entry.write(&mut self.settings, context.view, bytes.get(..ATTRIBUTE_MAX).unwrap_or(bytes))
    }

    /// Reads from a regular file; 0 at its end.
    pub fn read_at(&self, node: Node, offset: u64, into: &mut [u8]) -> Result<usize, Errno> {
        match &self.inode(node)?.body {
            Body::File(content) => Ok(content.read(offset, into)),
            Body::Directory(_) => Err(Errno::EISDIR),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Writes to a regular file and says how many bytes fitted: EFBIG and ENOSPC only when none did.
    ///
    /// A write takes the setuid and setgid bits away unless root writes.
    pub fn write_at(
        &mut self,
        context: &Context,
        node: Node,
        offset: u64,
        bytes: &[u8],
    ) -> Result<usize, Errno> {
        if self.mount_of(node)?.spec.behaviour == Behaviour::Sysfs {
            return self.write_attribute(context, node, bytes);
        }
        if bytes.is_empty() {
            return Ok(0);
        }
        let grows_it = offset.saturating_add(bytes.len() as u64) > self.inode(node)?.size();
        if self.is_sealed(node, seal::WRITE) || (grows_it && self.is_sealed(node, seal::GROW)) {
            return Err(Errno::EPERM);
        }
        let limits = self.limits;
        let room = limits.file_bytes.checked_sub(offset).filter(|room| *room > 0).ok_or(Errno::EFBIG)?;
        let mut count = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let (size, charge) = self.size_and_charge(node)?;
        let end = offset + count as u64;
        let copied = if charge == 0 { size } else { 0 };
        let grows = end.saturating_sub(size) + copied;
        let free = self.free_bytes(node)?;
        if grows > free {
            let fits = (free + size).saturating_sub(copied).saturating_sub(offset);
            count = count.min(usize::try_from(fits).unwrap_or(usize::MAX));
            if count == 0 || copied > free {
                return Err(Errno::ENOSPC);
            }
        }
        let moved = if self.is_own(node) { 0 } else { size };
        self.step((moved + (offset + count as u64).saturating_sub(size)) / steps::BYTES);
        let chunk = bytes.get(..count).unwrap_or_default();
        let drop_privileges = !context.credentials.can(Capability::FSETID);
        let tree = self.writable_tree(node)?;
        let number = node.number as Number;
        tree.change_content(number, context.now_ns, |content| {
            let held = content.to_mut();
            let start = offset as usize;
            let end = start + chunk.len();
            if held.len() < end {
                held.resize(end, 0);
            }
            if let Some(place) = held.get_mut(start..end) {
                place.copy_from_slice(chunk);
            }
        })?;
        let inode = tree.inode_mut(number)?;
        inode.keep_extents(size, offset, count as u64);
        if drop_privileges {
            inode.mode &= !0o6000;
        }
        self.note(node, event::MODIFY);
        Ok(count)
    }

    /// Writes at the end (`O_APPEND`); gives the offset where the bytes went and their count.
    pub fn append(&mut self, context: &Context, node: Node, bytes: &[u8]) -> Result<(u64, usize), Errno> {
        let offset = self.inode(node)?.size();
        Ok((offset, self.write_at(context, node, offset, bytes)?))
    }

    /// Sets the length of a file that is open for writing.
    pub fn set_length(&mut self, node: Node, length: u64, now_ns: i64) -> Result<(), Errno> {
        if self.mount_of(node)?.spec.behaviour == Behaviour::Sysfs {
            return Ok(());
        }
        match self.kind(node)? {
            Kind::File => {}
            Kind::Directory => return Err(Errno::EISDIR),
            _ => return Err(Errno::EINVAL),
        }
        if self.proc_node(node).is_some() {
            return Err(Errno::EINVAL);
        }
        if length > self.limits.file_bytes {
            return Err(Errno::EFBIG);
        }
        let (size, charge) = self.size_and_charge(node)?;
        let seal = if length < size { seal::SHRINK } else { seal::GROW };
        if length != size && self.is_sealed(node, seal) {
            return Err(Errno::EPERM);
        }
        let keeps = length.min(size);
        let copied = if charge == 0 { keeps } else { 0 };
        if length.saturating_sub(size) + copied > self.free_bytes(node)? {
            return Err(Errno::ENOSPC);
        }
        let tree = self.writable_tree(node)?;
        tree.change_content(node.number as Number, now_ns, |content| {
            if length == 0 {
                *content = super::inode::Content::empty();
            } else {
                content.to_mut().resize(length as usize, 0);
            }
        })?;
        tree.inode_mut(node.number as Number)?.resize_extents(size);
        self.note(node, event::MODIFY);
        Ok(())
    }

    /// The bytes of a regular file, shared: for mapping and executing. Cheap when nothing wrote since.
    pub fn share(&mut self, node: Node) -> Result<Stored, Errno> {
        let mount = self.mount_of(node)?;
        if mount.spec.behaviour == Behaviour::Proc {
            return Err(Errno::ENODEV);
        }
        let number = Number::try_from(node.number).map_err(|_| Errno::ENOENT)?;
        self.tree_mut(node).ok_or(Errno::ENOENT)?.share(number)
    }

    /// The bytes of a regular file, for a look from the host side.
    pub fn bytes(&self, node: Node) -> Result<&[u8], Errno> {
        match &self.inode(node)?.body {
            Body::File(content) => Ok(content.bytes()),
            Body::Directory(_) => Err(Errno::EISDIR),
            _ => Err(Errno::EINVAL),
        }
    }

    /// How many bytes a regular file has.
    pub fn size(&self, node: Node) -> Result<u64, Errno> {
        self.size_and_charge(node).map(|(size, _)| size)
    }

    /// Changing it does not copy it.
    fn is_own(&self, node: Node) -> bool {
        self.inode(node).is_ok_and(|inode| matches!(inode.body, Body::File(Content::Own(_))))
    }

    pub(super) fn size_and_charge(&self, node: Node) -> Result<(u64, u64), Errno> {
        match &self.inode(node)?.body {
            Body::File(content) => Ok((content.size(), content.charged())),
            Body::Directory(_) => Err(Errno::EISDIR),
            _ => Err(Errno::EINVAL),
        }
    }

    pub(super) fn free_bytes(&self, node: Node) -> Result<u64, Errno> {
        let mount = self.mount_of(node)?;
        let of_machine = self.limits.machine_bytes.saturating_sub(self.used_bytes());
        let capacity = mount.spec.capacity_bytes;
        if capacity == 0 {
            return Ok(of_machine);
        }
        Ok(of_machine.min(capacity.saturating_sub(self.tree(node)?.used())))
    }
}
