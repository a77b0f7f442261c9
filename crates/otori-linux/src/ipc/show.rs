//! System V objects as `/proc/sysvipc` lists them. Key function: [`Ipc::show`]. sysvipc(7), proc(5); the columns are those
//! of Linux's ipc/{shm,sem,msg}.c, which are wider where `long` has 64 bits.
use super::{Ipc, Permission};
use crate::{arena::Arena, proc::IpcKind, task::Space};
use alloc::{string::String, vec::Vec};
use core::fmt::Write as _;

impl Ipc {
    /// The file of one kind; `word_bytes` is the machine's size of `long`.
    pub(crate) fn show(&self, kind: IpcKind, spaces: &Arena<Space>, word_bytes: usize) -> Vec<u8> {
        let mut text = String::from_utf8(header(kind, word_bytes)).unwrap_or_default();
        // Writing to a String cannot fail.
        match kind {
            IpcKind::Memory => self.show_segments(&mut text, spaces, size_width(word_bytes)),
            IpcKind::Semaphores => self.show_sets(&mut text),
            IpcKind::Messages => self.show_queues(&mut text),
        }
        text.into_bytes()
    }

    fn show_segments(&self, text: &mut String, spaces: &Arena<Space>, width: usize) {
        for (id, (permission, segment)) in self.segments.with_ids() {
            let Permission { key, mode, uid, gid, creator_uid, creator_gid, .. } = permission;
            let _ = write!(text, "{key:10} {id:10}  {mode:4o} {:width$} ", segment.bytes);
            let _ = write!(text, "{:5} {:5}  {:5} ", segment.creator, segment.last, segment.attached(spaces));
            let _ = write!(text, "{uid:5} {gid:5} {creator_uid:5} {creator_gid:5} ");
            let times = (segment.attach_time, segment.detach_time, segment.change_time);
            let resident = segment.pages.count() as u64 * 4096;
            let _ =
                writeln!(text, "{:10} {:10} {:10} {resident:width$} {:width$}", times.0, times.1, times.2, 0);
        }
    }

    fn show_sets(&self, text: &mut String) {
        for (id, (permission, set)) in self.sets.with_ids() {
            let Permission { key, mode, uid, gid, creator_uid, creator_gid, .. } = permission;
            let _ = write!(text, "{key:10} {id:10}  {mode:4o} {:10} ", set.semaphores.len());
            let _ = write!(text, "{uid:5} {gid:5} {creator_uid:5} {creator_gid:5} ");
            let _ = writeln!(text, "{:10} {:10}", set.operation_time, set.change_time);
        }
    }

    fn show_queues(&self, text: &mut String) {
        for (id, (permission, queue)) in self.queues.with_ids() {
            let Permission { key, mode, uid, gid, creator_uid, creator_gid, .. } = permission;
            let _ = write!(text, "{key:10} {id:10}  {mode:4o}  {:10} {:10} ", queue.bytes, queue.len());
            let _ = write!(text, "{:5} {:5} ", queue.sender, queue.receiver);
            let _ = write!(text, "{uid:5} {gid:5} {creator_uid:5} {creator_gid:5} ");
            let _ =
                writeln!(text, "{:10} {:10} {:10}", queue.send_time, queue.receive_time, queue.change_time);
        }
    }
}

fn size_width(word_bytes: usize) -> usize {
    if word_bytes == 8 { 21 } else { 10 }
}

/// The first line alone.
pub(crate) fn header(kind: IpcKind, word_bytes: usize) -> Vec<u8> {
    let width = size_width(word_bytes);
    match kind {
        IpcKind::Memory => alloc::format!(
            "       key      shmid perms {:>width$}  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      \
             ctime {:>width$} {:>width$}\n",
            "size", "rss", "swap"
        )
        .into_bytes(),
        IpcKind::Semaphores => {
            b"       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n".to_vec()
        }
        IpcKind::Messages => b"       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      \
            stime      rtime      ctime\n"
            .to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Asked, CREATE, message::Queue, semaphore::Set};
    use super::*;
    use crate::vfs::Credentials;

    #[test]
    fn every_object_is_a_line_below_the_names_of_its_columns() {
        let (mut ipc, spaces) = (Ipc::default(), Arena::default());
        let credentials = Credentials::ROOT;
        let asked = Asked { key: 7, flags: CREATE | 0o640, credentials: &credentials };
        ipc.sets.get_or_make(asked, |_| Ok(()), || Ok(Set::new(3, 99))).unwrap();
        ipc.queues.get_or_make(asked, |_| Ok(()), || Ok(Queue::new(98))).unwrap();
        let show = |kind| String::from_utf8(ipc.show(kind, &spaces, 4)).unwrap();
        assert_eq!(
            show(IpcKind::Semaphores).lines().nth(1),
            Some("         7          0   640          3     0     0     0     0          0         99")
        );
        let messages = show(IpcKind::Messages);
        let lengths: Vec<usize> = messages.lines().map(str::len).collect();
        assert_eq!(lengths[0], lengths[1], "{messages}");
        assert!(messages.ends_with("        98\n"), "{messages}");
        assert_eq!(show(IpcKind::Memory).lines().count(), 1);
        assert!(header(IpcKind::Memory, 8).len() > header(IpcKind::Memory, 4).len());
    }
}
