//! One message of ONC RPC that is about NFS. Key types: [`Message`], [`Call`], [`Answer`]. RFC 5531 9, RFC 1094, RFC 1813, RFC 7530.
use crate::{
    cursor::Cursor,
    limits::NFS_OPERATIONS,
    reused::{Perhaps, emptied},
};

/// The program's number.
const NFS: u32 = 100_003;

/// A message of ONC RPC.
pub(super) enum Message<'a> {
    /// a call: who calls what, and its arguments
    Call { caller: Caller<'a>, version: u32, procedure: u32, args: &'a [u8] },
    /// an answer, and its results; none when the call was refused
    Reply { xid: u32, accepted: bool, results: &'a [u8] },
}

/// Type, and the version of RPC of a call.
pub(super) fn is_rpc(bytes: &[u8]) -> bool {
    let mut cursor = Cursor::at(bytes, 4);
    matches!((cursor.u32(), cursor.u32()), (Some(0), Some(2)) | (Some(1), Some(0 | 1)))
}

/// A call of NFS.
pub(super) fn is_nfs(bytes: &[u8]) -> bool {
    let mut cursor = Cursor::at(bytes, 4);
    let words = [cursor.u32(), cursor.u32(), cursor.u32()];
    words == [Some(0), Some(2), Some(NFS)] && cursor.u32().is_some_and(|version| (2..=4).contains(&version))
}

/// Bytes with their length before them, filled up to words.
fn opaque<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let length = cursor.u32()? as usize;
    let bytes = cursor.take(length)?;
    cursor.skip(length.checked_next_multiple_of(4)? - length)?;
    Some(bytes)
}
/// The same; the end may be missing.
fn opaque_so_far<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let length = cursor.u32()? as usize;
    cursor.take(length.min(cursor.left()))
}
fn u64_of(cursor: &mut Cursor<'_>) -> Option<u64> {
    Some(u64::from(cursor.u32()?) << 32 | u64::from(cursor.u32()?))
}

impl<'a> Message<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Message<'a>> {
        let mut cursor = Cursor::new(bytes);
        let (xid, kind) = (cursor.u32()?, cursor.u32()?);
        match kind {
            0 => {
                let (_, program, version, procedure) =
                    (cursor.u32()?, cursor.u32()?, cursor.u32()?, cursor.u32()?);
                let caller = Caller { xid, flavor: cursor.u32()?, body: opaque(&mut cursor)? };
                // The proof of it.
                cursor.u32()?;
                opaque(&mut cursor)?;
                (program == NFS).then_some(Message::Call { caller, version, procedure, args: cursor.rest() })
            }
            1 => {
                let accepted = cursor.u32()? == 0;
                let mut results: &[u8] = &[];
                if accepted {
                    cursor.u32()?;
                    opaque(&mut cursor)?;
                    if cursor.u32()? == 0 {
                        results = cursor.rest();
                    }
                }
                Some(Message::Reply { xid, accepted, results })
            }
            _ => None,
        }
    }
}

/// Who calls, where it lies: RFC 5531 8.2.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller<'a> {
    pub(super) xid: u32,
    pub(super) flavor: u32,
    pub(super) body: &'a [u8],
}

/// AUTH_SYS.
const SYSTEM: u32 = 1;

impl<'a> Caller<'a> {
    /// Name of the machine, user and group, where they are told: RFC 5531 appendix A.
    pub(super) fn system(&self) -> Option<(&'a [u8], u32, u32)> {
        if self.flavor != SYSTEM {
            return None;
        }
        let mut cursor = Cursor::at(self.body, 4);
        Some((opaque(&mut cursor)?, cursor.u32()?, cursor.u32()?))
    }
}

/// What is called.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) version: u32,
    xid: u32,
    flavor: u32,
    /// what it says of the caller, as it came
    credentials: Perhaps,
    /// one, or the operations of a compound of version 4
    pub(super) procedures: Vec<u32>,
    pub(super) handle: Perhaps,
    pub(super) name: Perhaps,
    pub(super) new_name: Perhaps,
    /// of what is read or written
    pub(super) offset: Option<u64>,
}

impl Call {
    /// In place of what was there: reads its arguments as far as they are understood.
    pub(super) fn read(&mut self, caller: Caller<'_>, version: u32, procedure: u32, args: &[u8]) {
        (self.version, self.offset) = (version, None);
        self.set_caller(caller);
        self.procedures = emptied(core::mem::take(&mut self.procedures));
        self.procedures.push(procedure);
        [&mut self.handle, &mut self.name, &mut self.new_name].into_iter().for_each(|text| text.set(None));
        let mut cursor = Cursor::new(args);
        let _ = match version {
            2 => self.read_second(procedure, &mut cursor),
            3 => self.read_third(procedure, &mut cursor),
            _ => self.read_compound(procedure, &mut cursor),
        };
    }
    fn set_caller(&mut self, Caller { xid, flavor, body }: Caller<'_>) {
        (self.xid, self.flavor) = (xid, flavor);
        self.credentials.set(Some(body));
    }
    pub(super) fn caller(&self) -> Caller<'_> {
        Caller { xid: self.xid, flavor: self.flavor, body: self.credentials.get().unwrap_or_default() }
    }
    /// Says what another one says, with its own memory.
    pub(super) fn repeat(&mut self, other: &Call) {
        (self.version, self.offset) = (other.version, other.offset);
        self.set_caller(other.caller());
        self.procedures.clone_from(&other.procedures);
        for (to, from) in [
            (&mut self.handle, &other.handle),
            (&mut self.name, &other.name),
            (&mut self.new_name, &other.new_name),
        ] {
            to.set(from.get());
        }
    }
    /// Handles of version 2 have 32 bytes.
    fn read_second(&mut self, procedure: u32, cursor: &mut Cursor<'_>) -> Option<()> {
        self.handle.set(Some(cursor.take(32)?));
        match procedure {
            4 | 9 | 10 | 13..=15 => self.name.set(Some(opaque(cursor)?)),
            6 => self.offset = Some(cursor.u32()?.into()),
            8 => {
                cursor.u32()?;
                self.offset = Some(cursor.u32()?.into());
            }
            11 => {
                self.name.set(Some(opaque(cursor)?));
                cursor.skip(32)?;
                self.new_name.set(Some(opaque(cursor)?));
            }
            _ => {}
        }
        Some(())
    }
    fn read_third(&mut self, procedure: u32, cursor: &mut Cursor<'_>) -> Option<()> {
        self.handle.set(Some(opaque(cursor)?));
        match procedure {
            3 | 8..=13 => self.name.set(Some(opaque(cursor)?)),
            6 | 7 => self.offset = Some(u64_of(cursor)?),
            14 => {
                self.name.set(Some(opaque(cursor)?));
                opaque(cursor)?;
                self.new_name.set(Some(opaque(cursor)?));
            }
            _ => {}
        }
        Some(())
    }
    /// RFC 7530 14.2: the operations whose arguments are known, up to the first that is not.
    fn read_compound(&mut self, procedure: u32, cursor: &mut Cursor<'_>) -> Option<()> {
        if procedure != 1 {
            return None;
        }
        self.procedures.clear();
        opaque(cursor)?;
        let (_, count) = (cursor.u32()?, cursor.u32()?);
        for _ in 0..count.min(NFS_OPERATIONS) {
            let operation = cursor.u32()?;
            self.procedures.push(operation);
            match operation {
                22 => self.handle.set(Some(opaque(cursor)?)),
                15 | 28 => self.name.set(Some(opaque(cursor)?)),
                29 => {
                    self.name.set(Some(opaque(cursor)?));
                    self.new_name.set(Some(opaque(cursor)?));
                }
                3 | 35 => cursor.skip(4)?,
                9 => cursor.skip(cursor_words(*cursor)? * 4 + 4)?,
                4 => cursor.skip(20)?,
                5 => cursor.skip(12)?,
                10 | 16 | 24 | 31 | 32 => {}
                25 => {
                    cursor.skip(16)?;
                    self.offset = Some(u64_of(cursor)?);
                    cursor.skip(4)?;
                }
                38 => {
                    cursor.skip(16)?;
                    self.offset = Some(u64_of(cursor)?);
                    cursor.u32()?;
                    opaque(cursor)?;
                }
                53 => cursor.skip(32)?,
                18 => {
                    // Number, access, denial, then who opens.
                    cursor.skip(12 + 8)?;
                    opaque(cursor)?;
                    if cursor.u32()? == 0 {
                        // Opened, not made: what follows is the claim.
                        if cursor.u32()? == 0 {
                            self.name.set(Some(opaque(cursor)?));
                        }
                    }
                    return Some(());
                }
                _ => return Some(()),
            }
        }
        Some(())
    }
    /// The procedure that it is about: of a compound the first that does more than find its place.
    pub(super) fn main(&self) -> u32 {
        let places = [3, 9, 10, 15, 22, 24, 31, 32, 53];
        let chosen = self.procedures.iter().rev().find(|one| self.version != 4 || !places.contains(*one));
        chosen.or(self.procedures.last()).copied().unwrap_or(0)
    }
    pub(super) fn is_commit(&self) -> bool {
        match self.version {
            3 => self.main() == 21,
            4 => self.procedures.iter().any(|one| matches!(one, 4 | 5)),
            _ => false,
        }
    }
    /// The bytes that are written.
    pub(super) fn written<'a>(&self, args: &'a [u8]) -> Option<&'a [u8]> {
        let mut cursor = Cursor::new(args);
        match (self.version, self.main()) {
            (2, 8) => cursor.skip(32 + 12)?,
            (3, 7) => {
                opaque(&mut cursor)?;
                cursor.skip(16)?;
            }
            _ => return None,
        }
        opaque_so_far(&mut cursor)
    }
}

/// Words of a bit map, whose count comes first; the cursor stays.
fn cursor_words(mut cursor: Cursor<'_>) -> Option<usize> {
    cursor.u32().map(|count| count as usize).filter(|count| *count <= 8)
}

/// What an answer says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    pub(super) status: Option<u32>,
    /// of the file that was looked up or made
    pub(super) handle: Option<&'a [u8]>,
    pub(super) data: Option<&'a [u8]>,
    /// the file ends here
    pub(super) at_end: bool,
}

impl<'a> Answer<'a> {
    pub(super) fn read(call: &Call, results: &'a [u8]) -> Answer<'a> {
        let mut cursor = Cursor::new(results);
        let mut answer = Answer { status: cursor.u32(), ..Answer::default() };
        if answer.status == Some(0) {
            let _ = match (call.version, call.main()) {
                (3, 3) => opaque(&mut cursor).map(|handle| answer.handle = Some(handle)),
                (3, 8) => answer.made(&mut cursor),
                (2, 4 | 9) => cursor.take(32).map(|handle| answer.handle = Some(handle)),
                (3, 6) => answer.got(&mut cursor),
                _ => None,
            };
        }
        answer
    }
    fn made(&mut self, cursor: &mut Cursor<'a>) -> Option<()> {
        if cursor.u32()? == 1 {
            self.handle = Some(opaque(cursor)?);
        }
        Some(())
    }
    fn got(&mut self, cursor: &mut Cursor<'a>) -> Option<()> {
        // Attributes of the file, if they are there.
        if cursor.u32()? == 1 {
            cursor.skip(84)?;
        }
        cursor.u32()?;
        self.at_end = cursor.u32()? != 0;
        self.data = Some(opaque_so_far(cursor)?);
        Some(())
    }
}
