//! What mapping, copy on write and code pages promise.

use super::*;
use crate::vfs::Stored;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use otori_cpu::{Access, Fault, FaultKind, Memory};

const PAGE: u64 = 4096;

fn space() -> AddressSpace {
    AddressSpace::new(0x7fff_8000, 100)
}

fn anonymous(start: u64, pages: u64, prot: Prot) -> AddressSpace {
    let mut space = space();
    space.map(start, pages * PAGE, prot, Backing::Zero, "").unwrap();
    space
}

fn bytes<const N: usize>(space: &mut AddressSpace, address: u64) -> [u8; N] {
    let mut bytes = [0; N];
    space.read(address, &mut bytes).unwrap();
    bytes
}

fn fault_kind(result: Result<(), MemoryError>) -> FaultKind {
    match result {
        Err(MemoryError::Fault(Fault { kind, .. })) => kind,
        other => panic!("expected a fault, got {other:?}"),
    }
}

#[test]
fn bytes_cross_pages_and_begin_as_zeros() {
    let mut space = anonymous(0x10000, 3, Prot::READ_WRITE);
    assert_eq!(bytes(&mut space, 0x10ffe), [0; 4]);
    assert_eq!(space.pages(), 0, "reading zeros owns nothing");
    space.write(0x10ffe, b"abcd").unwrap();
    assert_eq!(&bytes::<6>(&mut space, 0x10ffd), b"\0abcd\0");
    assert_eq!((space.pages(), space.pages_peak()), (2, 2));
}

#[test]
fn accesses_are_refused_for_the_right_reason() {
    let mut space = anonymous(0x10000, 1, Prot::READ);
    assert_eq!(fault_kind(space.write(0x10000, b"x")), FaultKind::Protection);
    assert_eq!(fault_kind(space.read(0x11000, &mut [0])), FaultKind::Unmapped);
    assert_eq!(fault_kind(space.read(0x10fff, &mut [0; 2])), FaultKind::Unmapped);
    assert_eq!(fault_kind(space.write(u64::MAX, b"xy")), FaultKind::Unmapped);
    assert!(space.readable(0x10001, 3).is_none());
    assert_eq!(space.fault().kind, FaultKind::Unaligned);
    assert_eq!(space.fetch(0x10000).unwrap_err().kind, FaultKind::Protection);
    assert_eq!(space.accessible(0x10ff0, 100, Access::Read), 16);
    assert_eq!(space.accessible(0x10ff0, 100, Access::Write), 0);
}

#[test]
fn fork_copies_on_write_on_both_sides() {
    let mut parent = anonymous(0x10000, 2, Prot::READ_WRITE);
    parent.write(0x10000, b"before").unwrap();
    let mut child = parent.fork();
    assert_eq!(child.pages(), parent.pages());
    parent.write(0x10000, b"parent").unwrap();
    assert_eq!(&bytes::<6>(&mut child, 0x10000), b"before");
    child.write(0x10000, b"child!").unwrap();
    assert_eq!(&bytes::<6>(&mut parent, 0x10000), b"parent");
    assert_eq!(&bytes::<6>(&mut child, 0x10000), b"child!");
}

#[test]
fn forks_do_not_count_a_page_twice_and_unmapping_gives_it_back() {
    let mut parent = anonymous(0x10000, 4, Prot::READ_WRITE);
    parent.write(0x10000, &[1; 3 * 4096]).unwrap();
    for round in 0..100 {
        let mut child = parent.fork();
        assert_eq!((parent.pages(), child.pages()), (3, 3), "round {round}");
        child.write(0x10000, b"child").unwrap();
        child.write(0x13000, b"new").unwrap();
        parent.write(0x11000, b"parent").unwrap();
        assert_eq!((parent.pages(), child.pages()), (3, 4), "round {round}");
    }
    drop(parent.fork());
    parent.unmap(0x10000, 4 * PAGE).unwrap();
    assert_eq!(parent.pages(), 0);
}

#[test]
fn what_is_in_memory_is_told_apart_by_who_wrote_it() {
    let mut parent = anonymous(0x10000, 4, Prot::READ_WRITE);
    parent.write(0x10000, &[1; 2 * 4096]).unwrap();
    // Looked at, so that the page of zeros is there.
    assert_eq!(&bytes::<1>(&mut parent, 0x13000), b"\0");
    let resident = |space: &AddressSpace| space.resident(space.region_at(0x10000).unwrap());
    assert_eq!(resident(&parent), Resident { private_dirty: 2, ..Resident::default() });
    let mut child = parent.fork();
    child.write(0x10000, b"child").unwrap();
    assert_eq!(resident(&child), Resident { private_dirty: 1, shared_dirty: 1, ..Resident::default() });
    assert_eq!(resident(&parent), Resident { shared_dirty: 2, ..Resident::default() });
}

#[test]
fn a_clone_from_behind_a_shared_reference_is_independent_at_once() {
    let mut space = anonymous(0x10000, 1, Prot::READ_WRITE);
    space.write(0x10000, b"one").unwrap();
    let mut copy = space.clone();
    space.write(0x10000, b"two").unwrap();
    assert_eq!(&bytes::<3>(&mut copy, 0x10000), b"one");
}

#[test]
fn the_page_limit_counts_pages_stored_to() {
    let mut space = AddressSpace::new(0x7fff_8000, 2);
    space.map(0x10000, 4 * PAGE, Prot::READ_WRITE, Backing::Zero, "").unwrap();
    space.write(0x10000, &[1; 8192]).unwrap();
    assert_eq!(fault_kind(space.write(0x12000, b"x")), FaultKind::Exhausted);
    space.unmap(0x10000, PAGE).unwrap();
    space.write(0x12000, b"x").unwrap();
    assert_eq!((space.pages(), space.pages_peak()), (2, 2));
}

#[test]
fn files_are_mapped_privately_with_zeros_behind_their_end() {
    let content: Vec<u8> = (0..5000u32).map(|n| n as u8).collect();
    let mut images = ImageCache::default();
    let file = Stored::Held(Arc::from(content.as_slice()));
    let image = images.image(&file).unwrap();
    assert!(Arc::ptr_eq(&image, &images.image(&file).unwrap()));
    let mut space = space();
    let backing = Backing::File { image: Arc::clone(&image), offset: 0 };
    space.map(0x40_0000, 3 * PAGE, Prot::READ_WRITE, backing, "/bin/x").unwrap();
    assert_eq!(bytes::<2>(&mut space, 0x40_0000 + 4999), [4999u32 as u8, 0]);
    assert_eq!(fault_kind(space.read(0x40_2000, &mut [0])), FaultKind::BeyondFile);
    space.write(0x40_1000, b"mine").unwrap();
    assert_eq!(image.page(1).unwrap().load_u8(0), 4096u32 as u8);
    let mut other = self::space();
    other.map(0x1000, PAGE, Prot::READ, Backing::File { image, offset: PAGE }, "/bin/x").unwrap();
    assert_eq!(bytes::<1>(&mut other, 0x1000), [4096u32 as u8]);
}

#[test]
fn shared_mappings_are_seen_by_both_sides_until_detached() {
    let mut parent = space();
    let pages = Arc::new(SharedPages::new(2, None, &SharedBudget::new(2)).unwrap());
    assert!(SharedPages::new(1, None, &SharedBudget::new(0)).is_none());
    parent.map(0x10000, 2 * PAGE, Prot::READ_WRITE, Backing::Shared { pages, offset: 0 }, "").unwrap();
    let mut child = parent.fork();
    child.write(0x11000, b"hi").unwrap();
    assert_eq!(&bytes::<2>(&mut parent, 0x11000), b"hi");
    let (mut snapshot_parent, mut snapshot_child) = (parent.clone(), child.clone());
    let mut copies = SharedCopies::new(SharedBudget::new(2));
    snapshot_parent.detach_shared(&mut copies);
    snapshot_child.detach_shared(&mut copies);
    snapshot_child.write(0x11000, b"ho").unwrap();
    assert_eq!(&bytes::<2>(&mut snapshot_parent, 0x11000), b"ho");
    assert_eq!(&bytes::<2>(&mut parent, 0x11000), b"hi");
}

#[test]
fn unmapping_and_protecting_parts_splits_and_joins_regions() {
    let mut space = anonymous(0x10000, 4, Prot::READ_WRITE);
    space.protect(0x11000, PAGE, Prot::READ).unwrap();
    let list: Vec<_> = space.regions().map(|region| (region.start, region.end)).collect();
    assert_eq!(list, [(0x10000, 0x11000), (0x11000, 0x12000), (0x12000, 0x14000)]);
    assert_eq!(fault_kind(space.write(0x11000, b"x")), FaultKind::Protection);
    space.protect(0x11000, PAGE, Prot::READ_WRITE).unwrap();
    assert_eq!(space.regions().count(), 1);
    space.unmap(0x11000, PAGE).unwrap();
    assert_eq!(space.protect(0x10000, 4 * PAGE, Prot::READ), Err(MapError::Unmapped));
    assert_eq!(fault_kind(space.write(0x10000, b"x")), FaultKind::Protection, "before the hole");
    space.write(0x12000, b"x").unwrap();
    assert_eq!(space.protect(0x11000, PAGE, Prot::READ), Err(MapError::Unmapped));
    assert_eq!(space.unmap(0x10000, 4 * PAGE), Ok(()));
    assert_eq!(space.regions().count(), 0);
    assert_eq!(space.map(0x10001, PAGE, Prot::READ, Backing::Zero, ""), Err(MapError::Range));
    assert_eq!(space.map(0, PAGE, Prot::READ, Backing::Zero, ""), Err(MapError::Range));
    assert_eq!(space.map(0x7fff_8000, PAGE, Prot::READ, Backing::Zero, ""), Err(MapError::Range));
    assert_eq!(space.map(0x1000, u64::MAX, Prot::READ, Backing::Zero, ""), Err(MapError::Range));
}

#[test]
fn mapping_over_a_mapping_replaces_its_pages() {
    let mut space = anonymous(0x10000, 2, Prot::READ_WRITE);
    space.write(0x10000, b"old").unwrap();
    space.map(0x10000, PAGE, Prot::READ_WRITE, Backing::Zero, "[heap]").unwrap();
    assert_eq!(bytes(&mut space, 0x10000), [0; 3]);
    assert_eq!((space.pages(), space.regions().count()), (0, 2));
}

#[test]
fn room_is_found_at_the_hint_or_below_the_top() {
    let mut space = anonymous(0x7000_0000, 1, Prot::READ);
    assert_eq!(space.find_free(PAGE, Some(0x1234_5678), 0x7000_1000), Some(0x1234_5000));
    assert_eq!(space.find_free(PAGE, Some(0x7000_0000), 0x7000_1000), Some(0x6fff_f000));
    assert_eq!(space.find_free(1, None, 0x7000_2000), Some(0x7000_1000));
    assert_eq!(space.find_free(2 * PAGE, None, 0x7000_2000), Some(0x6fff_e000));
    assert_eq!(space.find_free(0, None, 0x7000_2000), None);
    assert_eq!(space.find_free(u64::MAX, None, 0x7000_2000), None);
    space.map(0x1000, 0x6fff_f000, Prot::NONE, Backing::Zero, "").unwrap();
    assert_eq!(space.find_free(PAGE, None, 0x7000_1000), None);
}

#[test]
fn remap_moves_bytes_and_grows() {
    let mut space = anonymous(0x10000, 2, Prot::READ_WRITE);
    space.write(0x10ffe, b"abcd").unwrap();
    space.remap(0x10000, 2 * PAGE, 0x20000, 3 * PAGE).unwrap();
    assert_eq!(&bytes::<4>(&mut space, 0x20ffe), b"abcd");
    assert_eq!(bytes(&mut space, 0x22000), [0]);
    assert_eq!(fault_kind(space.read(0x10000, &mut [0])), FaultKind::Unmapped);
    space.remap(0x20000, 3 * PAGE, 0x10000, PAGE).unwrap();
    assert_eq!((space.pages(), space.regions().count()), (1, 1));
}

#[test]
fn remap_in_place_grows_into_free_room_and_shrinks() {
    let mut space = anonymous(0x10000, 2, Prot::READ_WRITE);
    space.write(0x11000, b"kept").unwrap();
    space.remap(0x11000, PAGE, 0x11000, 3 * PAGE).unwrap();
    assert_eq!(bytes::<4>(&mut space, 0x11000), *b"kept");
    assert_eq!(bytes::<1>(&mut space, 0x13fff), [0]);
    space.remap(0x10000, 4 * PAGE, 0x10000, PAGE).unwrap();
    assert!(space.require_mapped(0x10000, 0x11000).is_ok() && space.is_free(0x11000, 0x14000));
    space.map(0x12000, PAGE, Prot::READ_WRITE, Backing::Zero, "").unwrap();
    assert_eq!(space.remap(0x10000, PAGE, 0x10000, 3 * PAGE), Err(MapError::Range));
}

#[test]
fn strings_end_at_their_nul_or_fail() {
    let mut space = anonymous(0x10000, 2, Prot::READ_WRITE);
    space.write(0x10ffc, b"/bin/sh\0").unwrap();
    assert_eq!(space.read_c_string(0x10ffc, 7).unwrap(), b"/bin/sh");
    assert_eq!(space.read_c_string(0x10ffc, 6), Err(MemoryError::TooLong));
    space.write(0x11000, &[b'a'; 4096]).unwrap();
    assert!(matches!(space.read_c_string(0x11000, 10_000), Err(MemoryError::Fault(_))));
}

#[test]
fn a_store_into_a_fetched_page_changes_the_generation_and_spares_other_readers() {
    let mut space = anonymous(0x10000, 1, Prot::ALL);
    space.write(0x10000, b"code").unwrap();
    let generation = space.generation();
    space.write(0x10000, b"CODE").unwrap();
    assert_eq!(space.generation(), generation, "nothing was fetched yet");
    let fetched = space.fetch(0x10000).unwrap();
    assert!(fetched.keeps_code);
    space.write(0x10000, b"data").unwrap();
    assert_ne!(space.generation(), generation);
    assert_eq!(fetched.page.load_u8(0), b'C');
    let renewed = space.generation();
    space.write(0x10000, b"more").unwrap();
    assert_eq!(space.generation(), renewed, "the fresh page was not fetched from");
    space.protect(0x10000, PAGE, Prot::READ).unwrap();
    assert_ne!(space.generation(), renewed);
}

/// A file of instructions mapped to execute, with a page of them fetched, and its child.
fn with_kin(prot: Prot) -> (AddressSpace, AddressSpace) {
    let image = Arc::new(FileImage::new(Stored::Held(vec![1; 3 * 4096].into())));
    let mut parent = AddressSpace::new(1 << 31, 1000);
    parent.map(0x10000, 3 * PAGE, prot, Backing::File { image, offset: 0 }, "/bin/sh").unwrap();
    parent.map(0x20000, PAGE, Prot::READ_WRITE, Backing::Zero, "").unwrap();
    parent.fetch(0x10000).unwrap();
    let child = parent.fork();
    assert!(parent.has_kin() && parent.generation() == child.generation());
    (parent, child)
}

#[test]
fn a_child_is_of_its_parents_generation_until_their_instructions_may_differ() {
    type Change = fn(&mut AddressSpace);
    let changes: [(&str, bool, Prot, Change); 9] = [
        ("data is stored", false, Prot::READ_EXECUTE, |space| space.write(0x20000, b"data").unwrap()),
        ("the file's code is fetched", false, Prot::READ_EXECUTE, |space| {
            space.fetch(0x11000).unwrap();
        }),
        ("data is mapped", false, Prot::READ_EXECUTE, |space| {
            space.map(0x30000, PAGE, Prot::READ_WRITE, Backing::Zero, "").unwrap();
        }),
        ("code is mapped where nothing was", true, Prot::READ_EXECUTE, |space| {
            space.map(0x30000, PAGE, Prot::READ_EXECUTE, Backing::Zero, "").unwrap();
        }),
        ("code is unmapped", true, Prot::READ_EXECUTE, |space| space.unmap(0x12000, PAGE).unwrap()),
        ("data becomes code", true, Prot::READ_EXECUTE, |space| {
            space.protect(0x20000, PAGE, Prot::READ_EXECUTE).unwrap();
        }),
        ("a debugger stores where nobody fetched", true, Prot::READ_EXECUTE, |space| {
            space.own(0x12000).unwrap();
        }),
        ("code that was fetched is stored to", true, Prot::ALL, |space| {
            space.write(0x10000, b"code").unwrap()
        }),
        ("a page is fetched that may be stored to", true, Prot::ALL, |space| {
            space.write(0x12000, b"code").unwrap();
            space.fetch(0x12000).unwrap();
        }),
    ];
    for (name, leaves, prot, change) in changes {
        for whose in ["parent", "child"] {
            let (mut parent, mut child) = with_kin(prot);
            let before = parent.generation();
            let (one, other) = match whose {
                "parent" => (&mut parent, &mut child),
                _ => (&mut child, &mut parent),
            };
            change(one);
            assert_eq!(one.generation() != before, leaves, "{whose}: {name}");
            assert_eq!(other.generation(), before, "{whose}: {name}");
            assert_eq!(other.has_kin(), !leaves, "{whose}: {name}");
        }
    }
    let (parent, child) = with_kin(Prot::READ_EXECUTE);
    assert_ne!(child.clone().generation(), parent.generation(), "a snapshot is of a machine of its own");
    drop(child);
    assert!(!parent.has_kin());
}

#[test]
fn what_is_fetched_of_a_file_counts_whoever_fetched_it() {
    let (mut parent, child) = with_kin(Prot::READ_EXECUTE);
    parent.fetch(0x11000).unwrap();
    let resident = |space: &AddressSpace| space.resident(space.region_at(0x10000).unwrap());
    assert_eq!(resident(&parent), Resident { shared_clean: 3, ..Resident::default() });
    assert_eq!((resident(&child), child.held_pages()), (resident(&parent), parent.held_pages()));
    parent.own(0x12000).unwrap();
    assert_eq!(resident(&parent), Resident { shared_clean: 2, private_dirty: 1, ..Resident::default() });
}
