//! Maps an executable and its dynamic loader into fresh memory.
//!
//! Key function: [`load`]. Rules: fs/binfmt_elf.c of Linux; the last page of the file part is zeroed up to its end,
//! the rest of a segment is anonymous memory, the heap starts behind the highest one.
use super::{
    ExecError, Program,
    elf::{self, Image, Segment},
    stack::{self, Contents},
};
use crate::{
    arch::{Abi, PAGE_BYTES},
    errno::Errno,
    kernel::Kernel,
    mm::{AddressSpace, Backing, FileImage, Prot},
    task::{Layout, Tid},
    vfs::Follow,
};
use alloc::{string::String, sync::Arc};

/// A program in memory.
pub(crate) struct Loaded {
    pub(crate) memory: AddressSpace,
    pub(crate) layout: Layout,
    pub(crate) entry: u64,
    pub(crate) stack_pointer: u64,
    /// what [`Abi::mode_of`] says
    pub(crate) mode: u32,
}

/// Room between the top of the mapped files and the stack.
const STACK_GAP: u64 = stack::STACK_BYTES_MAX + 0x10_0000;

/// Maps `bytes` and, if it names one, its dynamic loader; builds the stack.
pub(crate) fn load(
    kernel: &mut Kernel,
    tid: Tid,
    program: &Program,
    bytes: &Arc<[u8]>,
) -> Result<Loaded, ExecError> {
    let abi = kernel.core.abi;
    let image = elf::parse(bytes, abi.elf).map_err(ExecError::Format)?;
    let limits = kernel.core.config.limits.clone();
    let mut memory = AddressSpace::new(abi.task_end, limits.pages);
    let mut layout = Layout::default();
    let base = if image.relocatable { abi.dynamic_base } else { 0 };
    let path = lossy(kernel.path_of(kernel.core.task(tid)?.pid, program.node));
    let file = kernel.core.images.image(bytes).ok_or(Errno::ENOMEM)?;
    map_segments(&mut memory, &file, &image, base, &path)?;
    note_layout(&mut layout, &image, base);
    let mut entry = base.wrapping_add(image.entry);
    let mut interpreter_base = 0;
    let mut loader = None;
    if let Some(interpreter) = &image.interpreter {
        let image;
        (entry, interpreter_base, image) = load_interpreter(kernel, tid, interpreter, abi, &mut memory)?;
        loader = Some(image);
    }
    let mode = abi.mode_of(&image, loader.as_ref())?;
    let (page, name) = abi.trampoline_of(image.flags);
    memory.map_kernel_page(abi.trampoline, name);
    memory.write_anyway(abi.trampoline, &page).map_err(|_| Errno::ENOMEM)?;
    let mut random = [0; 16];
    kernel.core.random.fill(&mut random);
    let identity = &kernel.core.process(kernel.core.task(tid)?.pid)?.identity;
    let contents = Contents {
        name: &program.name,
        arguments: &program.arguments,
        environment: &program.environment,
        random,
        headers_address: base.wrapping_add(image.headers_address),
        header_bytes: u64::from(image.header_bytes),
        header_count: u64::from(image.header_count),
        interpreter_base,
        entry: base.wrapping_add(image.entry),
        ids: [identity.uid, identity.effective.uid, identity.gid, identity.effective.gid],
        executable: image.executable_stack,
        argument_limit: limits.argument_bytes,
    };
    let stack_pointer = stack::build(abi, &mut memory, &contents, &mut layout)?;
    Ok(Loaded { memory, layout, entry, stack_pointer, mode })
}

/// Highest address that mappings without a wish of their own may reach.
pub(crate) fn mapping_top(abi: &Abi) -> u64 {
    (abi.stack_top - STACK_GAP) & !(PAGE_BYTES - 1)
}

fn lossy(path: alloc::vec::Vec<u8>) -> String {
    String::from_utf8_lossy(&path).into_owned()
}

/// Maps the dynamic loader; gives its entry, base and headers.
fn load_interpreter(
    kernel: &mut Kernel,
    tid: Tid,
    path: &[u8],
    abi: &Abi,
    memory: &mut AddressSpace,
) -> Result<(u64, u64, Image), ExecError> {
    let root = kernel.core.process(kernel.core.task(tid)?.pid)?.place.root;
    let node = kernel.with_files(tid, |vfs, context| {
        let node = vfs.lookup(context, root, path, Follow::Yes)?;
        vfs.check_execute(context, node)?;
        Ok(node)
    })?;
    let bytes = kernel.vfs.share(node)?;
    let image = elf::parse(&bytes, abi.elf).map_err(ExecError::Format)?;
    let file = kernel.core.images.image(&bytes).ok_or(Errno::ENOMEM)?;
    let (low, high) = extent(&image);
    let base = match image.relocatable {
        true => memory.find_free(high - low, None, mapping_top(abi)).ok_or(Errno::ENOMEM)?.wrapping_sub(low),
        false => 0,
    };
    map_segments(memory, &file, &image, base, &lossy(path.to_vec()))?;
    Ok((base.wrapping_add(image.entry), base, image))
}

fn page_down(address: u64) -> u64 {
    address & !(PAGE_BYTES - 1)
}
fn page_up(address: u64) -> u64 {
    page_down(address.saturating_add(PAGE_BYTES - 1))
}

/// First and last address of an image as linked, whole pages.
fn extent(image: &Image) -> (u64, u64) {
    let low = image.segments.iter().map(|s| page_down(s.address)).min().unwrap_or(0);
    let high =
        image.segments.iter().map(|s| page_up(s.address.saturating_add(s.memory_bytes))).max().unwrap_or(0);
    (low, high.max(low))
}

fn map_segments(
    memory: &mut AddressSpace,
    file: &Arc<FileImage>,
    image: &Image,
    base: u64,
    path: &str,
) -> Result<(), ExecError> {
    for segment in &image.segments {
        map_segment(memory, file, segment, base, path)?;
    }
    Ok(())
}

fn map_segment(
    memory: &mut AddressSpace,
    file: &Arc<FileImage>,
    segment: &Segment,
    base: u64,
    path: &str,
) -> Result<(), Errno> {
    let prot = Prot {
        read: segment.read || segment.execute || segment.write,
        write: segment.write,
        execute: segment.execute,
    };
    let start = base.checked_add(segment.address).ok_or(Errno::ENOEXEC)?;
    let file_end = start.checked_add(segment.file_bytes).ok_or(Errno::ENOEXEC)?;
    let memory_end = start.checked_add(segment.memory_bytes).ok_or(Errno::ENOEXEC)?;
    let first = page_down(start);
    let file_pages_end = if segment.file_bytes > 0 { page_up(file_end) } else { first };
    let no_room = |_| Errno::ENOMEM;
    if segment.file_bytes > 0 {
        if segment.offset % PAGE_BYTES != start % PAGE_BYTES {
            return Err(Errno::ENOEXEC);
        }
        let backing = Backing::File { image: Arc::clone(file), offset: page_down(segment.offset) };
        memory.map(first, file_pages_end - first, prot, backing, path).map_err(no_room)?;
    }
    let end = page_up(memory_end);
    if end > file_pages_end {
        memory.map(file_pages_end, end - file_pages_end, prot, Backing::Zero, "").map_err(no_room)?;
    }
    if segment.write && memory_end > file_end && file_pages_end > file_end && segment.file_bytes > 0 {
        let zeros = alloc::vec![0; (file_pages_end - file_end) as usize];
        memory.write_anyway(file_end, &zeros).map_err(|_| Errno::ENOMEM)?;
    }
    Ok(())
}

fn note_layout(layout: &mut Layout, image: &Image, base: u64) {
    let span = |segment: &Segment| {
        let start = base.wrapping_add(segment.address);
        (start, start.wrapping_add(segment.file_bytes))
    };
    layout.code = image.segments.iter().find(|segment| segment.execute).map_or((0, 0), span);
    layout.data = image.segments.iter().rfind(|segment| segment.write).map_or((0, 0), span);
    layout.heap_start = base.wrapping_add(extent(image).1);
    layout.heap_end = layout.heap_start;
}
