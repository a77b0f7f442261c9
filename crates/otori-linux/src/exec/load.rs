//! From a file to fresh memory with a program in it: headers, interpreter, segments, stack.
//!
//! Key function: [`load`]. Rules: fs/binfmt_elf.c of Linux. Neighbours: `exec/elf.rs` reads the headers, `exec/segments.rs`
//! maps, `exec/stack.rs` lays out the stack.
use super::{
    ExecError, Program,
    elf::{self, ElfError, Image, SegmentProblem},
    segments::{Base, Mapped, Mapper},
    stack::{self, Contents},
};
use crate::{
    arch::{Abi, PAGE_BYTES},
    errno::Errno,
    kernel::Kernel,
    mm::AddressSpace,
    task::{Layout, Tid},
    vfs::{Follow, Stored},
};
use alloc::{string::String, vec::Vec};

/// A program in memory.
pub(crate) struct Loaded {
    pub(crate) memory: AddressSpace,
    pub(crate) layout: Layout,
    pub(crate) entry: u64,
    pub(crate) stack_pointer: u64,
    /// what [`Abi::mode_of`] says
    pub(crate) mode: u32,
    /// READ_IMPLIES_EXEC becomes part of the personality
    pub(crate) reads_execute: bool,
}

/// Room between the top of the mapped files and the stack.
const STACK_GAP: u64 = stack::STACK_BYTES_MAX + 0x10_0000;

/// A dynamic loader that was found and read.
struct Interpreter {
    path: Vec<u8>,
    file: Stored,
    image: Image,
}

/// Maps `file` and, if it names one, its dynamic loader; builds the stack.
pub(crate) fn load(
    kernel: &mut Kernel,
    tid: Tid,
    program: &Program,
    file: &Stored,
) -> Result<Loaded, ExecError> {
    let abi = kernel.core.abi;
    let image = elf::read(file, abi.elf).map_err(ExecError::Format)?;
    let interpreter = match &image.interpreter {
        Some(path) => Some(find_interpreter(kernel, tid, path)?),
        None => None,
    };
    let mode = abi.mode_of(&image, interpreter.as_ref().map(|found| &found.image))?;
    let limits = kernel.core.config.limits.clone();
    let path = lossy(kernel.path_of(kernel.core.task(tid)?.pid, program.node));
    let reads_execute = abi.reads_execute(image.stack);
    let mut memory = AddressSpace::new(abi.task_end, limits.pages);
    let pages = kernel.core.images.image(file).ok_or(Errno::ENOMEM)?;
    let base = match (image.relocatable, &interpreter) {
        (false, _) => Base::Linked,
        (true, Some(_)) => Base::At(abi.dynamic_base),
        (true, None) => Base::Anywhere,
    };
    let mut mapper = Mapper { memory: &mut memory, abi, image: &pages, path: &path, reads_execute };
    let mapped = mapper.program(&image, base).map_err(ExecError::Killed)?;
    let own_entry = abi.address(mapped.bias, image.entry);
    let mut layout = Layout::default();
    note_layout(&mut layout, abi, &image, base, &mapped);
    let (entry, interpreter_base) = match &interpreter {
        Some(found) => map_interpreter(kernel, found, &mut memory, mapped.bias, reads_execute)?,
        None => (own_entry, 0),
    };
    if entry >= abi.task_end {
        return Err(ExecError::Killed(ElfError::EntryOutside(entry)));
    }
    map_trampoline(abi, &image, &mut memory)?;
    let mut random = [0; 16];
    kernel.core.random.fill(&mut random);
    let identity = &kernel.core.process(kernel.core.task(tid)?.pid)?.identity;
    let contents = Contents {
        name: &program.name,
        arguments: &program.arguments,
        environment: &program.environment,
        random,
        headers_address: abi.address(mapped.bias, image.headers_address),
        header_bytes: u64::from(image.header_bytes),
        header_count: u64::from(image.header_count),
        interpreter_base,
        entry: own_entry,
        ids: [identity.uid, identity.effective.uid, identity.gid, identity.effective.gid],
        executable: reads_execute || image.stack == elf::StackWish::Executable,
        argument_limit: limits.argument_bytes,
    };
    let stack_pointer =
        stack::build(abi, &mut memory, &contents, &mut layout).map_err(|error| match error {
            Errno::ENOMEM => {
                let problem = SegmentProblem::NoRoom;
                ExecError::Killed(ElfError::Segment { address: abi.stack_top, problem })
            }
            other => other.into(),
        })?;
    Ok(Loaded { memory, layout, entry, stack_pointer, mode, reads_execute })
}

/// Highest address that mappings without a wish of their own may reach.
pub(crate) fn mapping_top(abi: &Abi) -> u64 {
    (abi.stack_top - STACK_GAP) & !(PAGE_BYTES - 1)
}

fn lossy(path: Vec<u8>) -> String {
    String::from_utf8_lossy(&path).into_owned()
}

/// Looks the dynamic loader up as open(2) does, and reads its headers.
fn find_interpreter(kernel: &mut Kernel, tid: Tid, path: &[u8]) -> Result<Interpreter, ExecError> {
    let named = |error| ExecError::Interpreter { path: path.to_vec(), error };
    let place = kernel.core.process(kernel.core.task(tid)?.pid)?.place.cwd;
    // the kernel itself opens an empty path: that is the folder it stands in, which cannot be run
    let wanted = if path.is_empty() { b"." } else { path };
    let node = kernel.with_files(tid, |vfs, context| {
        let node = vfs.lookup(context, place, wanted, Follow::Yes)?;
        vfs.check_execute(context, node)?;
        Ok(node)
    });
    let file = node.and_then(|node| kernel.vfs.share(node)).map_err(named)?;
    let expected = kernel.core.abi.elf;
    if file.size() < if expected.wide { 64 } else { 52 } {
        return Err(named(Errno::EIO));
    }
    let image = elf::read(&file, expected).map_err(|error| match error {
        ElfError::Type(_) => ExecError::Killed(error),
        ElfError::Outside | ElfError::Position(_) | ElfError::AbiFlags(_) => named(error.errno()),
        _ => named(Errno::ELIBBAD),
    })?;
    Ok(Interpreter { path: path.to_vec(), file, image })
}

/// Maps the dynamic loader; gives its entry and base.
fn map_interpreter(
    kernel: &mut Kernel,
    found: &Interpreter,
    memory: &mut AddressSpace,
    program_bias: u64,
    reads_execute: bool,
) -> Result<(u64, u64), ExecError> {
    let abi = kernel.core.abi;
    let pages = kernel.core.images.image(&found.file).ok_or(Errno::ENOMEM)?;
    let path = lossy(found.path.clone());
    let mut mapper = Mapper { memory, abi, image: &pages, path: &path, reads_execute };
    let first = found.image.segments.first().map_or(0, |segment| segment.address);
    let base = match (found.image.relocatable, program_bias) {
        (false, _) => Base::Linked,
        // one that was linked to an address gets it beside a program that is where it was linked
        (true, 0) if first != 0 => Base::Wish(first),
        (true, _) => Base::Anywhere,
    };
    let mapped = mapper.interpreter(&found.image, base).map_err(ExecError::Killed)?;
    Ok((abi.address(mapped.bias, found.image.entry), mapped.bias))
}

/// The page with the kernel's instructions, where nothing of the program may be.
fn map_trampoline(abi: &Abi, image: &Image, memory: &mut AddressSpace) -> Result<(), ExecError> {
    let address = abi.trampoline;
    if !memory.is_free(address, address.saturating_add(PAGE_BYTES)) {
        return Err(ExecError::Killed(ElfError::Segment { address, problem: SegmentProblem::NoRoom }));
    }
    let (page, name) = abi.trampoline_of(image.flags);
    memory.map_kernel_page(address, name);
    memory.write_anyway(address, &page).map_err(|_| Errno::ENOMEM)?;
    Ok(())
}

fn note_layout(layout: &mut Layout, abi: &Abi, image: &Image, base: Base, mapped: &Mapped) {
    let span = |segment: &elf::Segment| {
        let start = abi.address(mapped.bias, segment.address);
        (start, start.wrapping_add(segment.file_bytes))
    };
    layout.code = image.segments.iter().find(|segment| segment.execute).map_or((0, 0), span);
    layout.data = image.segments.iter().rfind(|segment| segment.write).map_or((0, 0), span);
    layout.heap_start = match base {
        // a loader run by itself, or a static program that may be anywhere: its heap grows elsewhere
        Base::Anywhere => abi.dynamic_base,
        _ => mapped.end,
    };
    layout.heap_end = layout.heap_start;
}
