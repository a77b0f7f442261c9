//! The way of a packet asks for no memory: an allocator that counts, and captures made here.
//!
//! Each talk is a flow (or many) that goes round: some rounds to warm the buffers, then as many that are counted. What
//! is counted is per thread, so tests beside each other do no harm. A flow itself may ask: how often is bounded.
#![allow(unsafe_code, reason = "an allocator is unsafe by its trait; this one counts and hands on")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may unwrap, and say what they measured")]
use otori_event::Timestamp;
use otori_rule::Variables;
use otori_tap::{Engine, Settings};
use otori_wire::{Direction, LinkType, Reassembly, flow::Midstream};
mod protocols;
mod services;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

/// Counts calls of each thread.
struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    CALLS.with(|calls| calls.set(calls.get() + 1));
}

// SAFETY: everything is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the memory came from `alloc` above.
        unsafe { System.dealloc(memory, layout) }
    }
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the memory came from `alloc` above.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Calls of the allocator by `act`.
fn calls(act: impl FnOnce()) -> u64 {
    let before = CALLS.with(Cell::get);
    act();
    CALLS.with(Cell::get) - before
}

/// Rules that look at what the talks carry; patterns of some are there, and the rule decides otherwise.
const RULES: &str = r#"
alert tcp any any -> any any (msg:"bulk"; content:"needle in the stack"; sid:1;)
alert tcp any any -> any any (msg:"bulk, near"; content:"bulk"; depth:8; content:"never"; distance:0; sid:2;)
alert udp any any -> any any (msg:"datagram"; content:"datagram"; content:"never"; distance:0; sid:3;)
alert udp any any -> any 40000 (msg:"size"; dsize:9; sid:4;)
alert tcp any any -> any any (msg:"flags"; flags:FPU,12; sid:5;)
alert http any any -> any any (msg:"uri"; http.uri; content:"/index"; content:"evil"; distance:0; sid:10;)
alert http any any -> any any (msg:"expression"; http.uri; content:"page"; pcre:"/page=[a-f]{40}$/"; sid:11;)
alert http any any -> any any (msg:"header"; http.header; content:"X-Flag|3a| no"; content:"yes"; distance:0; sid:12;)
alert http any any -> any any (msg:"agent"; http.user_agent; content:"Camera"; content:"evil"; distance:0; sid:13;)
alert http any any -> any any (msg:"body"; http.request_body; content:"value="; content:"evil"; distance:0; sid:14;)
alert http any any -> any any (msg:"answer"; file.data; content:"hello"; content:"evil"; distance:0; sid:15;)
alert http any any -> any any (msg:"host"; http.host; dotprefix; content:".evil.example"; endswith; sid:16;)
alert http any any -> any any (msg:"status"; http.stat_code; content:"200"; http.server; content:"evil"; sid:17;)
alert http any any -> any any (msg:"names"; http.header_names; to_lowercase; content:"x-flag"; content:"evil"; sid:18;)
alert dns any any -> any any (msg:"name"; dns.query; dotprefix; content:".evil.example"; endswith; sid:20;)
alert dns any any -> any any (msg:"answer"; dns.answers.rrname; content:"camera"; content:"evil"; sid:21;)
alert dns any any -> any any (msg:"type"; dns.query; content:"camera"; dns.rrtype:TXT; sid:22;)
alert tls any any -> any any (msg:"sni"; tls.sni; content:"camera"; content:"evil"; distance:0; sid:30;)
alert tcp any any -> any 443 (msg:"encrypted"; content:"|17 03 03|"; content:"evil"; sid:31;)
alert mqtt any any -> any any (msg:"topic"; mqtt.publish.topic; content:"home/"; content:"evil"; sid:40;)
alert mqtt any any -> any any (msg:"message"; mqtt.publish.message; content:"temperature"; content:"evil"; sid:41;)
alert snmp any any -> any any (msg:"community"; snmp.community; content:"public"; content:"evil"; sid:50;)
"#;

/// Rounds of a talk that warm, and as many that are counted.
const ROUNDS: u32 = 200;

/// How an engine is set up.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// bytes are looked at when they are in order
    Inline,
    /// bytes are looked at when they are acknowledged
    Mirror,
}

fn engine(way: Way, rules: &str) -> Engine {
    let immediate = matches!(way, Way::Inline);
    let reassembly = Reassembly { midstream: Midstream::Allow, immediate, ..Reassembly::default() };
    let mut engine =
        Engine::new(Settings { eve: false, reassembly, ..Settings::default() }, Variables::default());
    let report = engine.load("test", rules);
    assert_eq!(report.refused, [], "the rules are all taken");
    engine
}

/// One flow between two hosts.
struct Talk {
    protocol: u8,
    ports: [u16; 2],
    sequence: [u32; 2],
    frames: Vec<Vec<u8>>,
}

impl Talk {
    fn new(protocol: u8, ports: [u16; 2]) -> Talk {
        let mut talk = Talk { protocol, ports, sequence: [1000, 5000], frames: Vec::new() };
        if protocol == 6 {
            talk.segment(Direction::ToServer, 2, b"");
            talk.segment(Direction::ToClient, 18, b"");
            talk.segment(Direction::ToServer, 16, b"");
        }
        talk
    }
    fn packet(&mut self, way: Direction, head: &[u8], payload: &[u8]) {
        let total = (20 + head.len() + payload.len()) as u16;
        let mut bytes = vec![0x45, 0];
        bytes.extend_from_slice(&total.to_be_bytes());
        bytes.extend_from_slice(&[0, 0, 0, 0, 64, self.protocol, 0, 0]);
        let ends = [[192, 0, 2, 1], [198, 51, 100, 7]];
        bytes.extend_from_slice(&ends[way.index()]);
        bytes.extend_from_slice(&ends[way.flip().index()]);
        bytes.extend_from_slice(head);
        bytes.extend_from_slice(payload);
        self.frames.push(bytes);
    }
    fn ports(&self, way: Direction) -> [u8; 4] {
        let [from, to] = [self.ports[way.index()], self.ports[way.flip().index()]].map(u16::to_be_bytes);
        [from[0], from[1], to[0], to[1]]
    }
    fn segment(&mut self, way: Direction, flags: u8, payload: &[u8]) {
        let (own, other) = (way.index(), way.flip().index());
        let acknowledged = if flags & 16 == 0 { 0 } else { self.sequence[other] };
        let numbers = [self.sequence[own], acknowledged].map(u32::to_be_bytes).concat();
        let head = [&self.ports(way)[..], &numbers, &[0x50, flags, 0xff, 0xff, 0, 0, 0, 0]].concat();
        self.packet(way, &head, payload);
        self.sequence[own] =
            self.sequence[own].wrapping_add(payload.len() as u32 + u32::from(flags & 2 != 0));
    }
    /// Bytes one way, in segments as on Ethernet, and what acknowledges them.
    fn say(&mut self, way: Direction, bytes: &[u8]) {
        match self.protocol {
            6 => {
                bytes.chunks(1400).for_each(|piece| self.segment(way, 24, piece));
                self.segment(way.flip(), 16, b"");
            }
            _ => {
                let length = (8 + bytes.len()) as u16;
                let head = [&self.ports(way)[..], &length.to_be_bytes(), &[0, 0]].concat();
                self.packet(way, &head, bytes);
            }
        }
    }
}

use Direction::{ToClient, ToServer};

/// Packets of a talk that begins, then warms up, then is counted: calls while warming, while counted, and packets.
fn measure(engine: &mut Engine, begin: &[Vec<u8>], warm: &[Vec<u8>], counted: &[Vec<u8>]) -> (u64, u64) {
    let mut number = 0;
    let mut feed = |frames: &[Vec<u8>]| {
        for frame in frames {
            number += 1;
            engine.packet(Timestamp(number * 1_000_000), LinkType::Ip, frame, 0);
        }
    };
    feed(begin);
    let before = calls(|| feed(warm));
    (before, calls(|| feed(counted)))
}

/// What is said: who, and what.
type Said = Vec<(Direction, Vec<u8>)>;

/// A talk of rounds asks for nothing once it is warm, with and without rules, in the way and beside it.
fn check(
    name: &str,
    protocol: u8,
    ports: [u16; 2],
    begin: &[(Direction, Vec<u8>)],
    round: &[(Direction, Vec<u8>)],
) {
    check_rounds(name, protocol, ports, begin, |_| round.to_vec());
}

/// The same, with rounds that differ by their number.
fn check_rounds(
    name: &str,
    protocol: u8,
    ports: [u16; 2],
    begin: &[(Direction, Vec<u8>)],
    round: impl Fn(u32) -> Said,
) {
    assert_eq!(most_calls(name, protocol, ports, begin, round), 0, "{name}");
}

/// The most calls in the rounds that are counted, of all ways.
fn most_calls(
    name: &str,
    protocol: u8,
    ports: [u16; 2],
    begin: &[(Direction, Vec<u8>)],
    round: impl Fn(u32) -> Said,
) -> u64 {
    let mut talk = Talk::new(protocol, ports);
    let all = |talk: &mut Talk, said: &[(Direction, Vec<u8>)]| {
        said.iter().for_each(|(way, bytes)| talk.say(*way, bytes));
    };
    all(&mut talk, begin);
    let begun = core::mem::take(&mut talk.frames);
    let mut rounds = |numbers: core::ops::Range<u32>| {
        numbers.for_each(|number| all(&mut talk, &round(number)));
        core::mem::take(&mut talk.frames)
    };
    let (warm, counted) = (rounds(0..ROUNDS), rounds(ROUNDS..2 * ROUNDS));
    let mut most = 0;
    for way in [Way::Inline, Way::Mirror] {
        for rules in ["", RULES] {
            let mut engine = engine(way, rules);
            let (before, after) = measure(&mut engine, &begun, &warm, &counted);
            let kind = if rules.is_empty() { "no rules" } else { "rules" };
            println!("{name}, {way:?}, {kind}: {before} while warming, {after} in {} packets", counted.len());
            most = most.max(after);
        }
    }
    most
}

#[test]
fn the_allocator_counts() {
    let mut list = Vec::new();
    assert_eq!(calls(|| list.push(1u64)), 1);
    assert!(calls(|| (0..1000).for_each(|n| list.push(n))) > 0);
    let mut talk = Talk::new(6, [40_000, 80]);
    talk.say(ToServer, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut engine = engine(Way::Inline, RULES);
    assert!(
        measure(&mut engine, &[], &talk.frames, &[]).0 > 0,
        "a flow and its first request ask for memory"
    );
}

#[test]
fn tcp_in_bulk() {
    let text = b"bulk of bytes, not a needle ".repeat(120);
    check(
        "TCP",
        6,
        [40_000, 9_999],
        &[(ToServer, b"hello".to_vec())],
        &[(ToServer, text.clone()), (ToClient, text)],
    );
}

#[test]
fn datagrams() {
    let round = [(ToServer, b"datagram there".to_vec()), (ToClient, b"datagram back".to_vec())];
    check("UDP", 17, [40_001, 40_000], &[], &round);
}

#[test]
fn http_transactions() {
    let request =
        b"GET /index.html?page=%41bcdef HTTP/1.1\r\nHost: camera.example:8080\r\nUser-Agent: Camera 1.0\r\n\
        Accept: */*\r\nX-Flag: no\r\nCookie: a=b\r\nConnection: keep-alive\r\n\r\n";
    let answer = [
        b"HTTP/1.1 200 OK\r\nServer: none\r\nContent-Type: text/html\r\nContent-Length: 2500\r\n\r\n"
            .as_slice(),
        &b"hello ".repeat(417)[..2500],
    ]
    .concat();
    let post = b"POST /set HTTP/1.1\r\nHost: camera.example\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nvalue=17";
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let round = [
        (ToServer, request.to_vec()),
        (ToClient, answer),
        (ToServer, post.to_vec()),
        (ToClient, chunked.to_vec()),
    ];
    check("HTTP", 6, [40_002, 80], &[], &round);
}

/// A question for `camera.example`, type A, and its answer.
fn dns() -> [Vec<u8>; 2] {
    let name = b"\x06camera\x07example\0\0\x01\0\x01";
    let question = [b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0".as_slice(), name].concat();
    let answer = [
        b"\x12\x34\x81\x80\0\x01\0\x02\0\0\0\0".as_slice(),
        name,
        b"\xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x07\x04edge\xc0\x0c",
        b"\xc0\x2c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x07",
    ]
    .concat();
    [question, answer]
}

#[test]
fn dns_messages() {
    let [question, answer] = dns();
    check("DNS", 17, [40_003, 53], &[], &[(ToServer, question), (ToClient, answer)]);
}

/// A record of TLS.
fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &(body.len() as u16).to_be_bytes(), body].concat()
}

#[test]
fn tls_application_data() {
    let name = b"camera.example";
    let list = [&[0, 17, 0, 0, 14][..], name].concat();
    let extension = [&[0, 0, 0, list.len() as u8][..], &list].concat();
    let body =
        [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0, 0, extension.len() as u8], &extension].concat();
    let hello = |kind: u8, body: &[u8]| record(22, &[&[kind, 0, 0, body.len() as u8][..], body].concat());
    let answer = [&[3, 3][..], &[6; 32], &[0, 0x13, 1, 0, 0, 0]].concat();
    let data = record(23, &[0xa5; 3000]);
    let begin = [
        (ToServer, hello(1, &body)),
        (ToClient, hello(2, &answer)),
        (ToServer, record(20, &[1])),
        (ToClient, record(20, &[1])),
    ];
    check("TLS", 6, [40_004, 443], &begin, &[(ToServer, data.clone()), (ToClient, data)]);
}

#[test]
fn mqtt_publishes() {
    let publish = |flags: u8, id: &[u8], message: &[u8]| {
        let body = [&[0, 9][..], b"home/room", id, message].concat();
        [&[0x30 | flags, body.len() as u8][..], &body].concat()
    };
    let connect = b"\x10\x10\0\x04MQTT\x04\x02\0\x3c\0\x04abcd".to_vec();
    let begin = [(ToServer, connect), (ToClient, b"\x20\x02\0\0".to_vec())];
    let round = [
        (ToServer, publish(0, b"", b"{\"temperature\":21}")),
        (ToClient, publish(0, b"", b"{\"temperature\":22}")),
        (ToServer, publish(2, &[0, 7], b"{\"temperature\":23}")),
        (ToClient, b"\x40\x02\0\x07".to_vec()),
    ];
    check("MQTT", 6, [40_005, 1883], &begin, &round);
}

#[test]
fn snmp_messages() {
    let ask = b"\x30\x29\x02\x01\x01\x04\x06public\xa1\x1c\x02\x04\x0b\x35\x6f\x8f\x02\x01\0\x02\x01\0\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x01\0\x05\0";
    check("SNMP", 17, [40_006, 161], &[], &[(ToServer, ask.to_vec())]);
}

/// A new flow may ask for memory: for itself and its parser, not for its messages.
#[test]
fn a_flow_of_one_question_asks_a_few_times() {
    const FLOWS: u64 = 2000;
    const CALLS_PER_FLOW: u64 = 4;
    let [question, answer] = dns();
    let frames = |ports: core::ops::Range<u16>| {
        let mut frames = Vec::new();
        for port in ports {
            let mut talk = Talk::new(17, [port, 53]);
            talk.say(ToServer, &question);
            talk.say(ToClient, &answer);
            frames.append(&mut talk.frames);
        }
        frames
    };
    for rules in ["", RULES] {
        let mut engine = engine(Way::Inline, rules);
        let (_, after) = measure(
            &mut engine,
            &[],
            &frames(1000..1000 + FLOWS as u16),
            &frames(10_000..10_000 + FLOWS as u16),
        );
        println!("{:.2} calls for a flow", after as f64 / FLOWS as f64);
        assert!(after <= FLOWS * CALLS_PER_FLOW, "{after} calls for {FLOWS} flows");
    }
}
