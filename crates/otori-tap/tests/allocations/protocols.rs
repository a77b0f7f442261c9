//! Talks of protocols beyond those beside: bodies of HTTP that are long or coded, mail, phones, devices, factories.
use super::{ROUNDS, Said, ToClient, ToServer, check, check_rounds, most_calls};

fn http(head: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\n{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

fn asks(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: camera.example\r\n\r\n").into_bytes()
}

/// A protocol that still asks: no more than so often for a round.
fn check_few(name: &str, ports: [u16; 2], begin: &Said, round: impl Fn(u32) -> Said, calls_per_round: u64) {
    let most = most_calls(name, 6, ports, begin, round);
    // Some buffers find their size late.
    assert!(most <= calls_per_round * u64::from(ROUNDS) + 8, "{name}: {most}");
}

/// Text, compressed: 7,800 bytes.
const GZIP: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xca\xc1\x0d\x80\x20\x10\x00\xb0\x55\x6e\x00\xe3\x4e\
    \xc4\x1c\xf2\x80\x60\x08\x0f\xc7\x77\x01\x47\x68\xdf\x6d\xd9\xfb\x8c\xba\xe6\x88\xdd\x32\xae\x32\
    \x72\x95\x23\x4a\x3c\xe5\xce\x98\x35\x76\xbe\xfb\x8c\xa6\x69\x9a\xa6\x69\x9a\xa6\x69\x9a\xa6\x69\
    \x9a\xa6\x69\x9a\xa6\x69\x9a\xa6\x69\x9a\xa6\x69\x7f\xed\x03\x88\x4a\xab\xce\x78\x1e\x00\x00";

#[test]
fn long_bodies() {
    let page = b"hello from the camera ".repeat(2000);
    let round = [(ToServer, asks("/video")), (ToClient, http("Content-Type: text/plain\r\n", &page))];
    // A field grows to 44 kB; what is larger than 4 kB is not kept.
    check_few("HTTP, long", [41_000, 80], &Said::new(), |_| round.to_vec(), 7);
}

#[test]
fn long_uploads() {
    let page = b"value=17&".repeat(3000);
    let head =
        format!("POST /set HTTP/1.1\r\nHost: camera.example\r\nContent-Length: {}\r\n\r\n", page.len());
    let round = [(ToServer, [head.as_bytes(), &page].concat()), (ToClient, http("", b"ok"))];
    check_few("HTTP, upload", [41_001, 80], &Said::new(), |_| round.to_vec(), 6);
}

#[test]
fn coded_bodies() {
    let round = [(ToServer, asks("/page")), (ToClient, http("Content-Encoding: gzip\r\n", GZIP))];
    check_few("HTTP, gzip", [41_002, 80], &Said::new(), |_| round.to_vec(), 6);
}

#[test]
fn http2_streams() {
    let frame = |kind: u8, flags: u8, stream: u32, body: &[u8]| {
        let size = (body.len() as u32).to_be_bytes();
        [&size[1..], &[kind, flags], &stream.to_be_bytes(), body].concat()
    };
    let begin = [
        (ToServer, [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &frame(4, 0, 0, &[])].concat()),
        (ToClient, frame(4, 0, 0, &[])),
    ];
    let round = |number: u32| {
        let stream = 2 * number + 1;
        let answer = [frame(1, 4, stream, b"\x88"), frame(0, 1, stream, b"hello")].concat();
        vec![(ToServer, frame(1, 5, stream, b"\x82\x86\x84\x01\x0ecamera.example")), (ToClient, answer)]
    };
    check_rounds("HTTP/2", 6, [41_003, 80], &begin, round);
}

#[test]
fn sip_messages() {
    let ask = b"OPTIONS sip:cam@192.0.2.7 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n\
        From: <sip:a@example.org>;tag=1\r\nTo: <sip:cam@example.org>\r\nCall-ID: 1@a\r\nCSeq: 1 OPTIONS\r\n\
        User-Agent: phone\r\nContent-Length: 0\r\n\r\n";
    let answer = b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nCSeq: 1 OPTIONS\r\n\
        Server: cam\r\nContent-Length: 4\r\n\r\nv=0\n";
    let round = [(ToServer, ask.to_vec()), (ToClient, answer.to_vec())];
    check("SIP", 17, [41_004, 5060], &[], &round);
}

#[test]
fn rtsp_messages() {
    let ask = b"DESCRIBE rtsp://192.0.2.9/live RTSP/1.0\r\nCSeq: 2\r\nAuthorization: Basic YTpi\r\n\r\n";
    let answer = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nServer: cam\r\nContent-Length: 3\r\n\r\nv=0$\0\0\x04abcd";
    let round = [(ToServer, ask.to_vec()), (ToClient, answer.to_vec())];
    check("RTSP", 6, [41_005, 554], &[], &round);
}

#[test]
fn mails() {
    let begin = [
        (ToClient, b"220 mx.example ESMTP\r\n".to_vec()),
        (ToServer, b"EHLO bot.example\r\n".to_vec()),
        (ToClient, b"250-mx.example\r\n250 SIZE 9999\r\n".to_vec()),
    ];
    let round = [
        (ToServer, b"MAIL FROM:<a@example.org>\r\n".to_vec()),
        (ToClient, b"250 ok\r\n".to_vec()),
        (ToServer, b"RCPT TO:<b@example.org>\r\n".to_vec()),
        (ToClient, b"250 ok\r\n".to_vec()),
        (ToServer, b"DATA\r\n".to_vec()),
        (ToClient, b"354 go on\r\n".to_vec()),
        (ToServer, b"Subject: picture\r\nFrom: a\r\n\r\nhello there\r\nand more\r\n.\r\n".to_vec()),
        (ToClient, b"250 taken\r\n".to_vec()),
    ];
    // Each line of the mail's head is kept until the next one.
    check_few("SMTP", [41_006, 25], &begin.to_vec(), |_| round.to_vec(), 3);
}

#[test]
fn ftp_commands() {
    let begin = [(ToClient, b"220 cam FTP\r\n".to_vec()), (ToServer, b"USER admin\r\n".to_vec())];
    let round = [
        (ToClient, b"250 that is where we are from now on\r\n".to_vec()),
        (ToServer, b"CWD /video/of/the/front/door/today\r\n".to_vec()),
    ];
    check("FTP", 6, [41_007, 21], &begin, &round);
}

#[test]
fn telnet_lines() {
    let begin = [
        (ToClient, b"\xff\xfd\x01\xff\xfb\x01login: ".to_vec()),
        (ToServer, b"\xff\xfc\x01root\r\n".to_vec()),
    ];
    let round = [
        (ToClient, b"\r\nthere is nothing to see here # ".to_vec()),
        (ToServer, b"cat /proc/mounts /proc/self/status\r\n".to_vec()),
    ];
    check("telnet", 6, [41_008, 23], &begin, &round);
}

#[test]
fn ssh_records() {
    let begin =
        [(ToClient, b"SSH-2.0-dropbear_2020.81\r\n".to_vec()), (ToServer, b"SSH-2.0-Go\r\n".to_vec())];
    let packet = [&[0, 0, 0, 28, 4, 94][..], &[7; 26]].concat();
    check("SSH", 6, [41_009, 22], &begin, &[(ToServer, packet.clone()), (ToClient, packet)]);
}

#[test]
fn addresses_of_a_network() {
    let message = |kind: u8, options: &[u8]| {
        let mut head = vec![0; 240];
        head[236..].copy_from_slice(&[0x63, 0x82, 0x53, 0x63]);
        (head[0], head[1], head[2], head[7], head[28]) = (kind, 1, 6, 9, 2);
        [&head, options].concat()
    };
    let ask = message(1, &[53, 1, 3, 12, 3, b'c', b'a', b'm', 55, 3, 1, 3, 6, 60, 2, b'u', b'd', 255]);
    let answer = message(2, &[53, 1, 5, 51, 4, 0, 0, 14, 16, 54, 4, 192, 0, 2, 1, 255]);
    check("DHCP", 17, [68, 67], &[], &[(ToServer, ask), (ToClient, answer)]);
}

#[test]
fn modbus_messages() {
    let ask = vec![0, 7, 0, 0, 0, 6, 10, 3, 0, 1, 0, 2];
    let answer = vec![0, 7, 0, 0, 0, 7, 10, 3, 4, 0, 1, 0, 2];
    let round = [(ToServer, ask), (ToClient, answer)];
    check_few("Modbus", [41_010, 502], &Said::new(), |_| round.to_vec(), 0);
}

#[test]
fn dnp3_messages() {
    let checksum = |bytes: &[u8]| {
        let step = |crc: u16, _| if crc & 1 == 1 { crc >> 1 ^ 0xa6bc } else { crc >> 1 };
        (!bytes.iter().fold(0u16, |crc, byte| (0..8).fold(crc ^ u16::from(*byte), step))).to_le_bytes()
    };
    let frame = |control: u8, data: &[u8]| {
        let head = [5, 0x64, 5 + data.len() as u8, control, 2, 0, 1, 0];
        [&head[..], &checksum(&head), data, &checksum(data)].concat()
    };
    let ask = frame(0xc4, &[0xc0, 0xc0, 1, 60, 3, 6]);
    let answer = frame(0x44, &[0xc0, 0xc0, 129, 0x80, 1, 1, 2, 0, 3, 4, 0, 0]);
    let round = [(ToServer, ask), (ToClient, answer)];
    check_few("DNP3", [41_011, 20_000], &Said::new(), |_| round.to_vec(), 9);
}

#[test]
fn enip_messages() {
    let wrap = |command: u16, data: &[u8]| {
        let (command, length) = (command.to_le_bytes(), (data.len() as u16).to_le_bytes());
        [&command[..], &length, &[0; 20], data].concat()
    };
    let cip = [0x0e, 3, 0x20, 0xf6, 0x24, 1, 0x30, 6];
    let data = [&[0; 6][..], &[2, 0, 0, 0, 0, 0, 0xb2, 0, 8, 0], &cip].concat();
    let tail = [0x8e, 0, 0, 0, 1, 2, 3, 4];
    let answer = [&[0; 6][..], &[2, 0, 0, 0, 0, 0, 0xb2, 0, 8, 0], &tail].concat();
    let round = [(ToServer, wrap(0x6f, &data)), (ToClient, wrap(0x6f, &answer))];
    check("EtherNet/IP", 6, [41_012, 44_818], &[], &round);
}

#[test]
fn bacnet_messages() {
    let read = vec![0x81, 0x0a, 0, 17, 1, 4, 0, 5, 1, 12, 0x0c, 2, 0, 0, 7, 0x19, 75];
    let who_is = vec![0x81, 0x0b, 0, 12, 1, 0x20, 0xff, 0xff, 0, 0xff, 0x10, 8];
    check("BACnet", 17, [47_808, 47_808], &[], &[(ToServer, read), (ToClient, who_is)]);
}

#[test]
fn coap_messages() {
    let ask = b"\x42\x01\x30\x39\xaa\xbb\x33cam\x85video\x02on\x44a=12".to_vec();
    let answer = b"\x62\x45\x30\x39\xaa\xbb\xc0\xff21 C".to_vec();
    check("CoAP", 17, [41_013, 5683], &[], &[(ToServer, ask), (ToClient, answer)]);
}

#[test]
fn echonet_messages() {
    let ask = b"\x10\x81\0\x01\x05\xff\x01\x01\x30\x01\x62\x01\x80\0".to_vec();
    let answer = b"\x10\x81\0\x01\x01\x30\x01\x05\xff\x01\x72\x01\x80\x01\x30".to_vec();
    check("ECHONET Lite", 17, [3610, 3610], &[], &[(ToServer, ask), (ToClient, answer)]);
}

#[test]
fn times() {
    let message = |mode: u8| [&[0x20 | mode, 2, 6, 0xec][..], &[0; 44]].concat();
    check("NTP", 17, [41_014, 123], &[], &[(ToServer, message(3)), (ToClient, message(4))]);
}

#[test]
fn searches_for_devices() {
    let ask = b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n";
    let answer = b"HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nSERVER: cam UPnP/1.0\r\nUSN: uuid:1\r\n\r\n";
    check("SSDP", 17, [41_015, 1900], &[], &[(ToServer, ask.to_vec()), (ToClient, answer.to_vec())]);
}

#[test]
fn names_without_a_server() {
    let name = b"\x06camera\x05local\0\0\x01\0\x01";
    let ask = [b"\0\0\0\0\0\x01\0\0\0\0\0\0".as_slice(), name].concat();
    check("mDNS", 17, [5353, 5353], &[], &[(ToServer, ask)]);
    let ask = [b"\x12\x34\0\0\0\x01\0\0\0\0\0\0".as_slice(), name].concat();
    check("LLMNR", 17, [41_016, 5355], &[], &[(ToServer, ask)]);
}

#[test]
fn mqtt5_publishes() {
    let publish = |message: &[u8]| {
        let properties = b"\x03\0\x0atext/plain\x26\0\x04unit\0\x01C";
        let body = [&[0, 9][..], b"home/room", &[properties.len() as u8], properties, message].concat();
        [&[0x30, body.len() as u8][..], &body].concat()
    };
    let connect = b"\x10\x11\0\x04MQTT\x05\x02\0\x3c\0\0\x04abcd".to_vec();
    let begin = [(ToServer, connect), (ToClient, b"\x20\x03\0\0\0".to_vec())];
    let round = [(ToServer, publish(b"{\"temperature\":21}")), (ToClient, publish(b"{\"temperature\":22}"))];
    // Properties that are text.
    check_few("MQTT 5", [41_017, 1883], &begin.to_vec(), |_| round.to_vec(), 2);
}

#[test]
fn adb_messages() {
    let message = |command: &[u8; 4], data: &[u8]| {
        let word = u32::from_le_bytes(*command);
        let sum: u32 = data.iter().map(|byte| u32::from(*byte)).sum();
        let words = [word, 1, 2, data.len() as u32, sum, !word];
        [words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>(), data.to_vec()].concat()
    };
    let begin = [(ToServer, message(b"CNXN", b"host::\0")), (ToClient, message(b"CNXN", b"device::\0"))];
    let round = [(ToServer, message(b"WRTE", b"shell:id\n")), (ToClient, message(b"OKAY", b""))];
    check("ADB", 6, [41_018, 5555], &begin, &round);
}

#[test]
fn websocket_messages() {
    let ask = b"GET /live HTTP/1.1\r\nHost: cam\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    let begin = [(ToServer, ask.to_vec()), (ToClient, answer.to_vec())];
    let round = [
        (ToServer, [&b"\x81\xa8\x01\x02\x03\x04"[..], &[b'a'; 40]].concat()),
        (ToClient, [&b"\x82\x28"[..], &[b'b'; 40]].concat()),
    ];
    check("WebSocket", 6, [41_019, 80], &begin, &round);
}

#[test]
fn transfers() {
    let block = |number: u32| [&[0, 3][..], &(number as u16 + 1).to_be_bytes(), &[7; 512]].concat();
    let acknowledged = |number: u32| [&[0, 4][..], &(number as u16 + 1).to_be_bytes()].concat();
    let begin = [(ToServer, b"\0\x01firmware.bin\0octet\0".to_vec())];
    let round = |number: u32| vec![(ToClient, block(number)), (ToServer, acknowledged(number))];
    check_rounds("TFTP", 17, [41_020, 69], &begin, round);
}
