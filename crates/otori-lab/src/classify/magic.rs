//! Magic numbers of archives, file systems, pictures and packages.
//!
//! Key table: [`MAGICS`]: where, which bytes, which word. Sorted by nothing: the first row that fits wins.
use super::bytes::contains;
use super::sure;
use otori_event::Classification;

/// One row: offset, bytes, format.
static MAGICS: [(usize, &[u8], &str); 37] = [
    (0, b"\x1f\x8b", "gzip"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (257, b"ustar", "tar"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"\x04\x22\x4d\x18", "lz4"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"\x5d\0\0", "lzma"),
    (0, b"!<arch>\n", "ar"),
    (0, b"070701", "cpio"),
    (0, b"070702", "cpio"),
    (0, b"070707", "cpio"),
    (0, b"hsqs", "squashfs"),
    (0, b"sqsh", "squashfs"),
    (0, b"UBI#", "ubi"),
    (0, b"\x85\x19", "jffs2"),
    (0, b"\x19\x85", "jffs2"),
    (0, b"\x45\x3d\xcd\x28", "cramfs"),
    (0, b"\x27\x05\x19\x56", "uimage"),
    (0, b"HDR0", "trx"),
    (0, b"ANDROID!", "android-boot"),
    (0, b"dex\n", "dex"),
    (0, b"\xca\xfe\xba\xbe", "java-class"),
    (0, b"\0asm", "wasm"),
    (0, b"%PDF-", "pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"GIF8", "gif"),
    (0, b"SQLite format 3\0", "sqlite"),
    (0, b"\xd4\xc3\xb2\xa1", "pcap"),
    (0, b"\xa1\xb2\xc3\xd4", "pcap"),
    (0, b"\x0a\x0d\x0d\x0a", "pcapng"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (0, b"MZ", "dos"),
];

/// Names a file by its magic number.
pub(crate) fn classify(bytes: &[u8], class: &mut Classification) -> bool {
    let fits = |row: &&(usize, &[u8], &str)| bytes.get(row.0..).is_some_and(|rest| rest.starts_with(row.1));
    let Some((offset, magic, format)) = MAGICS.iter().find(fits) else { return false };
    let format = match *format {
        "zip" if contains(bytes, b"AndroidManifest.xml") => "apk",
        "zip" if contains(bytes, b"META-INF/MANIFEST.MF") => "jar",
        "ar" if contains(bytes.get(..128).unwrap_or(bytes), b"debian-binary") => "deb",
        format => format,
    };
    let confidence = if magic.len() >= 4 { 95 } else { 75 };
    class.format = sure(format, format!("bytes {} at {offset}", magic.escape_ascii()), confidence);
    if matches!(format, "gzip" | "zip" | "tar" | "bzip2" | "xz" | "7z" | "rar" | "zstd" | "lzma") {
        class.notes.push("an archive: its contents are not opened yet".into());
    }
    true
}
