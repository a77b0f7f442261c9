//! One file of a tree; key type [`Inode`]. Neighbours: base.rs holds them unchanging, tree.rs copies them on
//! the first change. Specification: inode(7).
use super::extent::Extents;
use super::stored;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Number of an inode within its tree; 0 is the root directory.
pub type Number = u32;

/// What kind of file, with the type bits of `st_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// regular file
    File,
    /// directory
    Directory,
    /// symbolic link
    Link,
    /// character device
    Character,
    /// block device
    Block,
    /// named pipe
    Fifo,
    /// UNIX socket
    Socket,
}

impl Kind {
    /// The `S_IFMT` bits.
    pub fn mode_bits(self) -> u32 {
        match self {
            Kind::Fifo => 0o010000,
            Kind::Character => 0o020000,
            Kind::Directory => 0o040000,
            Kind::Block => 0o060000,
            Kind::File => 0o100000,
            Kind::Link => 0o120000,
            Kind::Socket => 0o140000,
        }
    }

    /// The `d_type` of a directory entry.
    pub fn entry_type(self) -> u8 {
        (self.mode_bits() >> 12) as u8
    }

    /// The kind that these `S_IFMT` bits name; 0 means a regular file, as for mknod(2).
    pub fn from_mode(mode: u32) -> Option<Kind> {
        Some(match mode & 0o170000 {
            0 | 0o100000 => Kind::File,
            0o010000 => Kind::Fifo,
            0o020000 => Kind::Character,
            0o040000 => Kind::Directory,
            0o060000 => Kind::Block,
            0o120000 => Kind::Link,
            0o140000 => Kind::Socket,
            _ => return None,
        })
    }
}

/// A device number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct DeviceNumber {
    /// driver
    pub major: u32,
    /// instance
    pub minor: u32,
}

/// Bytes of a base file that lie elsewhere until someone wants them: a large root costs what is used of it.
pub trait Deferred: fmt::Debug + Send + Sync {
    /// Their count, without fetching them.
    fn size(&self) -> u64;
    /// Fetches the bytes from `offset` on, as many as fit and no more than there are; gives the count.
    fn read(&self, offset: u64, into: &mut [u8]) -> usize;
    /// All bytes, always the same ones and exactly so many; they stay in memory.
    fn bytes(&self) -> &Arc<[u8]>;
}

/// The bytes of a regular file.
#[derive(Clone, Debug)]
pub enum Content {
    /// of the base tree: shared by every machine and not charged to any
    Base(Arc<[u8]>),
    /// of the base tree, fetched when they are first wanted
    Deferred(Arc<dyn Deferred>),
    /// of this machine, frozen because something maps or executes it
    Frozen(Arc<[u8]>),
    /// of this machine, growing
    Own(Arc<Vec<u8>>),
}

impl Content {
    /// An empty file.
    pub fn empty() -> Content {
        Content::Own(Arc::new(Vec::new()))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Content::Base(bytes) | Content::Frozen(bytes) => bytes,
            Content::Deferred(file) => file.bytes(),
            Content::Own(bytes) => bytes,
        }
    }

    /// Reads from `offset` on; gives the count, 0 at the end.
    pub fn read(&self, offset: u64, into: &mut [u8]) -> usize {
        match self {
            Content::Deferred(file) => file.read(offset, into),
            content => stored::copy_from(content.bytes(), offset, into),
        }
    }

    /// How many bytes there are.
    pub fn size(&self) -> u64 {
        match self {
            Content::Deferred(file) => file.size(),
            content => content.bytes().len() as u64,
        }
    }

    /// Bytes that count against the machine's limit.
    pub fn charged(&self) -> u64 {
        match self {
            Content::Base(_) | Content::Deferred(_) => 0,
            Content::Frozen(bytes) => bytes.len() as u64,
            Content::Own(bytes) => bytes.len() as u64,
        }
    }

    /// The bytes to change, copied first if anyone shares them.
    pub fn to_mut(&mut self) -> &mut Vec<u8> {
        if !matches!(self, Content::Own(_)) {
            *self = Content::Own(Arc::new(self.bytes().to_vec()));
        }
        match self {
            Content::Own(bytes) => Arc::make_mut(bytes),
            Content::Base(_) | Content::Deferred(_) | Content::Frozen(_) => {
                unreachable!("replaced by Own just above")
            }
        }
    }
}

/// A name in a directory.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// the inode it names
    pub number: Number,
    /// place in the listing, never reused within the directory
    pub cookie: u32,
}

/// The names of a directory.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// entries by name, without `.` and `..`
    pub entries: BTreeMap<Box<[u8]>, Entry>,
    /// cookie of the next entry to be added
    pub next_cookie: u32,
}

impl Names {
    /// Adds or replaces a name.
    pub fn insert(&mut self, name: &[u8], number: Number) {
        let cookie = self.next_cookie;
        self.next_cookie = self.next_cookie.wrapping_add(1);
        self.entries.insert(name.into(), Entry { number, cookie });
    }
}

/// Extended attributes by name.
pub type ExtendedAttributes = BTreeMap<Box<[u8]>, Box<[u8]>>;

/// What an inode holds.
#[derive(Clone, Debug)]
pub enum Body {
    /// a regular file
    File(Content),
    /// a directory
    Directory(Arc<Names>),
    /// a symbolic link with its target
    Link(Arc<[u8]>),
    /// a character device
    Character(DeviceNumber),
    /// a block device
    Block(DeviceNumber),
    /// a named pipe; the pipe itself is in pipe.rs
    Fifo,
    /// a UNIX socket; the socket itself is in net/
    Socket,
}

/// One file with its attributes.
#[derive(Clone, Debug)]
pub struct Inode {
    /// content
    pub body: Body,
    /// permission bits with setuid, setgid and sticky (07777)
    pub mode: u16,
    /// owner
    pub uid: u32,
    /// group
    pub gid: u32,
    /// names that lead here; 0 when unlinked
    pub links: u32,
    /// last access, nanoseconds since 1970
    pub access_ns: i64,
    /// last change of the content
    pub modify_ns: i64,
    /// last change of the attributes
    pub change_ns: i64,
    /// directory of the latest name
    pub parent: Number,
    /// the latest name, kept after unlink for `/proc/PID/exe`
    pub name: Arc<[u8]>,
    /// `F_SEAL_*` of a memory file
    pub seals: Option<u8>,
    /// when it was made, nanoseconds since 1970
    pub birth_ns: i64,
    /// blocks of a regular file; none while it has all from its begin to its end
    extents: Option<Arc<Extents>>,
    /// extended attributes by name; none while it has none
    attributes: Option<Arc<ExtendedAttributes>>,
    /// never had a name and may get one (`O_TMPFILE` without `O_EXCL`)
    pub nameless: bool,
}

impl Inode {
    /// A new inode with one link (two for a directory) and all times at `now_ns`.
    pub fn new(body: Body, mode: u16, uid: u32, gid: u32, now_ns: i64) -> Inode {
        let links = if matches!(body, Body::Directory(_)) { 2 } else { 1 };
        Inode {
            body,
            mode: mode & 0o7777,
            uid,
            gid,
            links,
            access_ns: now_ns,
            modify_ns: now_ns,
            change_ns: now_ns,
            parent: 0,
            name: Arc::from(&b""[..]),
            seals: None,
            birth_ns: now_ns,
            extents: None,
            attributes: None,
            nameless: false,
        }
    }

    /// The blocks of a regular file, if they are not simply all.
    pub fn extents(&self) -> Option<&Extents> {
        self.extents.as_deref()
    }
    /// Changes the blocks of a regular file.
    pub fn change_extents(&mut self, change: impl FnOnce(&mut Extents)) {
        let size = self.size();
        let mut extents = self.extents.take().unwrap_or_else(|| Arc::new(Extents::whole(size)));
        change(Arc::make_mut(&mut extents));
        self.extents = (!extents.is_whole(size)).then_some(extents);
    }
    /// Bytes were written to a regular file that had `size` bytes before: blocks in between are not there.
    pub fn keep_extents(&mut self, size: u64, offset: u64, length: u64) {
        if self.extents.is_none() && offset <= size.next_multiple_of(super::extent::BLOCK_BYTES) {
            return;
        }
        let mut extents = self.extents.take().unwrap_or_else(|| Arc::new(Extents::whole(size)));
        let changed = Arc::make_mut(&mut extents);
        changed.cut(self.size().max(size));
        changed.write(offset, length);
        self.extents = (!extents.is_whole(self.size())).then_some(extents);
    }
    /// A regular file that had `size` bytes before has another length now.
    pub fn resize_extents(&mut self, size: u64) {
        let now = self.size();
        if self.extents.is_none()
            && now.div_ceil(super::extent::BLOCK_BYTES) <= size.div_ceil(super::extent::BLOCK_BYTES)
        {
            return;
        }
        let mut extents = self.extents.take().unwrap_or_else(|| Arc::new(Extents::whole(size)));
        if now < size {
            Arc::make_mut(&mut extents).cut(now);
        }
        self.extents = (!extents.is_whole(now)).then_some(extents);
    }

    /// Extended attributes by name.
    pub fn attributes(&self) -> &ExtendedAttributes {
        static NONE: ExtendedAttributes = BTreeMap::new();
        self.attributes.as_deref().unwrap_or(&NONE)
    }
    /// Changes the extended attributes.
    pub fn change_attributes(&mut self, change: impl FnOnce(&mut ExtendedAttributes)) {
        let mut attributes = self.attributes.take().unwrap_or_default();
        change(Arc::make_mut(&mut attributes));
        self.attributes = (!attributes.is_empty()).then_some(attributes);
    }

    /// The kind of the file.
    pub fn kind(&self) -> Kind {
        match self.body {
            Body::File(_) => Kind::File,
            Body::Directory(_) => Kind::Directory,
            Body::Link(_) => Kind::Link,
            Body::Character(_) => Kind::Character,
            Body::Block(_) => Kind::Block,
            Body::Fifo => Kind::Fifo,
            Body::Socket => Kind::Socket,
        }
    }

    /// Whether this is a directory.
    pub fn is_directory(&self) -> bool {
        matches!(self.body, Body::Directory(_))
    }

    /// The names, if this is a directory.
    pub fn names(&self) -> Option<&Names> {
        match &self.body {
            Body::Directory(names) => Some(names),
            _ => None,
        }
    }

    /// The names to change, copied first if shared.
    pub fn names_mut(&mut self) -> Option<&mut Names> {
        match &mut self.body {
            Body::Directory(names) => Some(Arc::make_mut(names)),
            _ => None,
        }
    }

    /// The device number, if this is a device.
    pub fn device(&self) -> Option<DeviceNumber> {
        match self.body {
            Body::Character(number) | Body::Block(number) => Some(number),
            _ => None,
        }
    }

    /// `st_size`.
    pub fn size(&self) -> u64 {
        match &self.body {
            Body::File(content) => content.size(),
            Body::Link(target) => target.len() as u64,
            Body::Directory(names) => 64 + 24 * names.entries.len() as u64,
            _ => 0,
        }
    }
}
