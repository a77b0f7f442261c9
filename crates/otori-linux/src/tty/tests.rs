//! Behaviour of terminals as a telnet session meets it.
use super::*;
use crate::abi::Numbering;
use alloc::string::String;
use alloc::vec;

fn terminal() -> (Ttys, TtyId) {
    let mut ttys = Ttys::default();
    let id = ttys.open().unwrap();
    ttys.open_slave(id).unwrap();
    ttys.set_session(id, Some(10), Some(11));
    (ttys, id)
}

fn shown(ttys: &mut Ttys, id: TtyId) -> String {
    let mut buffer = vec![0; OUTPUT_MAX];
    let count = ttys.master_read(id, &mut buffer).unwrap_or(0);
    String::from_utf8_lossy(&buffer[..count]).into_owned()
}

fn read(ttys: &mut Ttys, id: TtyId) -> Result<String, Errno> {
    let mut buffer = [0; 64];
    let count = ttys.slave_read(id, &mut buffer)?;
    Ok(String::from_utf8_lossy(&buffer[..count]).into_owned())
}

/// What the slave reads and the master sees after typing.
fn check(typed: &[u8], reads: &[&str], echoed: &str) {
    let (mut ttys, id) = terminal();
    assert_eq!(ttys.master_write(id, typed), Ok(typed.len()));
    for expect in reads {
        assert_eq!(read(&mut ttys, id).as_deref(), Ok(*expect), "typed {typed:?}");
    }
    assert_eq!(read(&mut ttys, id), Err(Errno::EAGAIN), "typed {typed:?}");
    assert_eq!(shown(&mut ttys, id), echoed, "typed {typed:?}");
}

#[test]
fn a_line_is_read_when_it_is_ended() {
    check(b"ls", &[], "ls");
    check(b"ls\r", &["ls\n"], "ls\r\n");
    check(b"a\nb\n", &["a\n", "b\n"], "a\r\nb\r\n");
    check(b"\x04", &[""], "");
    check(b"ab\x04", &["ab"], "ab");
}

#[test]
fn keys_edit_the_line() {
    check(b"ax\x7fb\n", &["ab\n"], "ax\x08 \x08b\r\n");
    check(b"\x01\x7fb\n", &["b\n"], "^A\x08 \x08\x08 \x08b\r\n");
    check(b"abc\x15d\n", &["d\n"], "abc\x08 \x08\x08 \x08\x08 \x08d\r\n");
    check(b"rm foo\x17x\n", &["rm x\n"], "rm foo\x08 \x08\x08 \x08\x08 \x08x\r\n");
    check(b"\x16\x03\n", &["\x03\n"], "^\x08^C\r\n");
}

#[test]
fn control_characters_raise_signals_for_the_group_in_front() {
    let (mut ttys, id) = terminal();
    ttys.master_write(id, b"sleep\x03").unwrap();
    let target = TtySignalTarget::Group(11);
    assert_eq!(ttys.take_signals(), [TtySignal { target, kind: TtySignalKind::Interrupt }]);
    assert_eq!(read(&mut ttys, id), Err(Errno::EAGAIN));
    assert_eq!(shown(&mut ttys, id), "^C");
    ttys.set_size(id, WindowSize { rows: 24, columns: 80, width: 0, height: 0 }).unwrap();
    ttys.hang_up(id);
    let kinds: Vec<_> = ttys.take_signals().into_iter().map(|signal| signal.kind).collect();
    assert_eq!(kinds.first(), Some(&TtySignalKind::WindowChange));
    assert!(kinds.contains(&TtySignalKind::HangUp));
    assert_eq!(read(&mut ttys, id).as_deref(), Ok(""));
    assert_eq!(ttys.slave_write(id, b"x"), Err(Errno::EIO));
    assert!(ttys.close_slave(id));
    assert!(!ttys.exists(id));
}

#[test]
fn raw_mode_passes_bytes_at_once_and_honours_min_and_time() {
    let (mut ttys, id) = terminal();
    let mut raw = ttys.termios(id).unwrap();
    raw.local = 0;
    raw.input = 0;
    raw.output = 0;
    ttys.master_write(id, b"half").unwrap();
    ttys.set_termios(id, raw, Flush::Nothing).unwrap();
    assert_eq!(read(&mut ttys, id).as_deref(), Ok("half"));
    ttys.master_write(id, b"\x03\r\x7f").unwrap();
    assert_eq!(read(&mut ttys, id).as_deref(), Ok("\x03\r\x7f"));
    assert!(ttys.take_signals().is_empty());
    assert_eq!(read(&mut ttys, id), Err(Errno::EAGAIN));
    raw.characters[6] = 0;
    ttys.set_termios(id, raw, Flush::Nothing).unwrap();
    assert_eq!(read(&mut ttys, id).as_deref(), Ok(""));
    raw.characters[5] = 2;
    ttys.set_termios(id, raw, Flush::Nothing).unwrap();
    assert_eq!(read(&mut ttys, id), Err(Errno::EAGAIN));
    assert_eq!(ttys.read_timeout_ns(id), Some(200_000_000));
}

#[test]
fn buffers_are_bounded_and_a_full_line_can_still_be_ended() {
    let (mut ttys, id) = terminal();
    let mut raw = ttys.termios(id).unwrap();
    raw.local &= !(2 | 8);
    ttys.set_termios(id, raw, Flush::Nothing).unwrap();
    assert_eq!(ttys.master_write(id, &vec![b'a'; 10_000]), Ok(INPUT_MAX));
    assert_eq!(ttys.master_write(id, b"a"), Err(Errno::EAGAIN));
    let (mut ttys, id) = terminal();
    assert_eq!(ttys.master_write(id, &vec![b'a'; 10_000]), Ok(10_000));
    assert_eq!(ttys.master_write(id, b"\n"), Ok(1));
    assert_eq!(ttys.input_queue(id), INPUT_MAX);
    let taken = ttys.slave_write(id, &vec![b'x'; 200_000]).unwrap();
    assert!(taken < OUTPUT_MAX);
    assert_eq!(ttys.slave_write(id, b"x"), Err(Errno::EAGAIN));
    assert_eq!(ttys.slave_poll(id), PollMask::IN);
}

#[test]
fn settings_survive_the_layout_of_each_architecture() {
    let mut termios = Termios::default();
    termios.local |= 0x100;
    for numbering in [Numbering::Generic, Numbering::Mips] {
        for endian in [Endian::Little, Endian::Big] {
            let bytes = termios.encode(Layout::Termios, numbering, endian);
            assert_eq!(bytes.len(), Layout::Termios.size(numbering));
            assert_eq!(Termios::decode(&bytes, numbering, endian), Some(termios));
            assert_eq!(Termios::decode(&bytes[..30], numbering, endian), None);
        }
    }
    let mips = termios.encode(Layout::Termios, Numbering::Mips, Endian::Little);
    assert_eq!((mips.len(), mips[17 + 16], mips[17 + 4]), (40, 4, 1));
    assert_eq!(mips[12..14], [0x3b, 0x8b]);
    assert_eq!(TtyRequest::from_number(0x4008_7468, Numbering::Mips), Some(TtyRequest::GetSize));
    assert_eq!(TtyRequest::from_number(0x5413, Numbering::Generic), Some(TtyRequest::GetSize));
}

#[test]
fn settings_of_system_v_change_what_they_name_and_nothing_else() {
    let mut termios = Termios::default();
    (termios.control, termios.local, termios.characters[11]) = (0x1_00bf, termios.local | 0x100, 9);
    for numbering in [Numbering::Generic, Numbering::Mips] {
        for endian in [Endian::Little, Endian::Big] {
            let mut old = termios.encode(Layout::Termio, numbering, endian);
            assert_eq!(old.len(), Layout::Termio.size(numbering));
            assert_eq!(termios.with_old(&old, numbering, endian), Some(termios));
            old[4..6].copy_from_slice(&endian.u16(0xbd));
            old[10] = b'q';
            let mut expected = termios;
            (expected.control, expected.characters[1]) = (0x1_00bd, b'q');
            assert_eq!(termios.with_old(&old, numbering, endian), Some(expected));
            assert_eq!(termios.with_old(&old[..16], numbering, endian), None);
        }
    }
    assert_eq!(TtyRequest::from_number(0x5405, Numbering::Generic), Some(TtyRequest::GetOld));
    assert_eq!(TtyRequest::from_number(0x5401, Numbering::Mips), Some(TtyRequest::GetOld));
}

#[test]
fn packet_mode_puts_a_byte_before_data_and_tells_what_the_other_side_did() {
    let (mut ttys, id) = terminal();
    let read = |ttys: &mut Ttys| {
        let mut buffer = [0xff; 64];
        ttys.master_read(id, &mut buffer).map(|count| buffer[..count].to_vec())
    };
    ttys.flush(id, Flush::Both).unwrap();
    ttys.set_packet_mode(id, PacketMode::On).unwrap();
    assert_eq!(ttys.packet_mode(id), Ok(PacketMode::On));
    ttys.slave_write(id, b"hello").unwrap();
    assert_eq!(read(&mut ttys), Ok(b"\0hello".to_vec()));
    assert_eq!(read(&mut ttys), Err(Errno::EAGAIN));
    ttys.flush(id, Flush::Both).unwrap();
    let raw = Termios { input: 0, ..ttys.termios(id).unwrap() };
    ttys.set_termios(id, raw, Flush::Nothing).unwrap();
    assert!(ttys.master_poll(id).intersects(PollMask::PRI));
    assert_eq!(read(&mut ttys), Ok(vec![1 | 2 | 16]));
    assert!(!ttys.master_poll(id).intersects(PollMask::PRI));
    ttys.set_stopped(id, Flow::Stop).unwrap();
    ttys.set_stopped(id, Flow::Start).unwrap();
    assert_eq!(read(&mut ttys), Ok(vec![8]));
    ttys.set_packet_mode(id, PacketMode::Off).unwrap();
    ttys.slave_write(id, b"plain").unwrap();
    assert_eq!(read(&mut ttys), Ok(b"plain".to_vec()));
}
