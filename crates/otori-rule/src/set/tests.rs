//! Tests of the rule set on small flows made by hand.
use super::*;
use crate::{
    rule::Action,
    state::{FlowMarks, Globals, Rate},
};
use otori_wire::{Conversation, LinkType, decode};

fn udp(payload: &[u8]) -> Vec<u8> {
    let total = (28 + payload.len()) as u16;
    let mut bytes = vec![0x45, 0];
    bytes.extend_from_slice(&total.to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2, 4, 0, 0, 53]);
    bytes.extend_from_slice(&(total - 20).to_be_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes.extend_from_slice(payload);
    bytes
}

struct Rig {
    set: RuleSet,
    marks: FlowMarks,
    globals: Globals,
    scratch: Scratch,
}
impl Rig {
    fn new(rules: &str) -> Rig {
        let mut set = RuleSet::new(Variables::default());
        let report = set.load("test", rules);
        assert!(report.refused.is_empty(), "{:?}", report.refused);
        Rig { set, marks: FlowMarks::default(), globals: Globals::default(), scratch: Scratch::default() }
    }
    fn view_of<'a, 'p>(packet: &'a Packet<'p>, application: Option<ProtocolId>) -> View<'a, 'p> {
        let (source, destination) = packet.endpoints().unwrap();
        View {
            direction: Some(Direction::ToServer),
            established: true,
            application,
            first: true,
            flow_number: 1,
            flow_packets: [1, 0],
            flow_bytes: [1, 0],
            flow_started_at: Timestamp(0),
            ..View::lone(packet, source, destination, packet.ip.as_ref().unwrap().protocol)
        }
    }
    fn packet(&mut self, payload: &[u8]) -> Vec<u32> {
        let bytes = udp(payload);
        let packet = decode(LinkType::Ip, Timestamp(0), &bytes);
        let mut hits = Vec::new();
        let mut ask = Ask {
            marks: &mut self.marks,
            globals: &mut self.globals,
            scratch: &mut self.scratch,
            hits: &mut hits,
        };
        let view = Rig::view_of(&packet, None);
        self.set.inspect_packet(&view, &mut ask);
        let told = |hit: &&Hit| !hit.rule.silent && self.globals.rate(&hit.rule, &view) == Rate::Alert;
        hits.iter().filter(|hit| told(hit)).map(|hit| hit.rule.sid).collect()
    }
    /// A segment of TCP as packet and as what comes next in its stream: which rules match which of the two.
    fn segment(&mut self, bytes: &[u8], continues: bool) -> Vec<(u32, bool)> {
        let frame = udp(bytes);
        let packet = decode(LinkType::Ip, Timestamp(0), &frame);
        let mut hits = Vec::new();
        let mut ask = Ask {
            marks: &mut self.marks,
            globals: &mut self.globals,
            scratch: &mut self.scratch,
            hits: &mut hits,
        };
        let view = View { streamed: true, continues, protocol: 6, ..Rig::view_of(&packet, None) };
        self.set.inspect_packet(&view, &mut ask);
        self.set.inspect_stream(&view, Direction::ToServer, bytes, &mut ask);
        hits.iter().map(|hit| (hit.rule.sid, hit.in_stream)).collect()
    }
    fn stream(&mut self, bytes: &[u8]) -> Vec<u32> {
        let frame = udp(b"");
        let packet = decode(LinkType::Ip, Timestamp(0), &frame);
        let mut hits = Vec::new();
        let mut ask = Ask {
            marks: &mut self.marks,
            globals: &mut self.globals,
            scratch: &mut self.scratch,
            hits: &mut hits,
        };
        let view = View { streamed: true, protocol: 6, ..Rig::view_of(&packet, None) };
        self.set.inspect_stream(&view, Direction::ToServer, bytes, &mut ask);
        hits.iter().map(|hit| hit.rule.sid).collect()
    }
    /// Feeds an HTTP request in pieces; the sids that fire at each piece.
    fn http(&mut self, pieces: &[&[u8]]) -> Vec<Vec<u32>> {
        self.client(80, pieces)
    }
    /// The same of what a client says to any port.
    fn client(&mut self, port: u16, pieces: &[&[u8]]) -> Vec<Vec<u32>> {
        let frame = udp(b"");
        let packet = decode(LinkType::Ip, Timestamp(0), &frame);
        let mut conversation = Conversation::new(6, 1024, port);
        let mut fired = Vec::new();
        for piece in pieces {
            conversation.feed(Direction::ToServer, piece);
            let application = conversation.protocol_id();
            let mut hits = Vec::new();
            for transaction in conversation.transactions().iter_mut() {
                let mut ask = Ask {
                    marks: &mut self.marks,
                    globals: &mut self.globals,
                    scratch: &mut self.scratch,
                    hits: &mut hits,
                };
                let view = View { streamed: true, protocol: 6, ..Rig::view_of(&packet, application) };
                self.set.inspect_transaction(&view, Direction::ToServer, transaction, &mut ask);
            }
            fired.push(hits.iter().map(|hit| hit.rule.sid).collect());
        }
        fired
    }
}

#[test]
fn what_is_encrypted_is_no_longer_searched_but_its_packets_are_still_asked_about() {
    let mut rig = Rig::new(
        "alert tcp any any -> any any (content:\"ab\"; sid:1;)\n\
         alert tcp any any -> any any (dsize:4; sid:2;)\n\
         alert tcp any any -> any any (content:!\"x\"; sid:3;)",
    );
    assert!(rig.segment(b"..ab", true).iter().any(|(sid, _)| *sid == 1));
    assert!(!rig.marks.tail(Direction::ToServer).is_empty());
    rig.marks.seal();
    let told: Vec<u32> = rig.segment(b"..ab", true).into_iter().map(|(sid, _)| sid).collect();
    assert_eq!(told, [2]);
    assert!(rig.marks.tail(Direction::ToServer).is_empty());
}

#[test]
fn packets_meet_their_rules() {
    let mut rig = Rig::new(
        "alert udp any any -> any 53 (content:\"ab\"; sid:1;)\n\
         alert udp any any -> any 54 (content:\"ab\"; sid:2;)\n\
         drop udp any any -> any any (content:\"AB\"; nocase; content:!\"x\"; sid:3;)\n\
         alert ip any any -> 198.51.100.0/24 any (sid:4;)\n\
         alert ip 198.51.100.0/24 any -> any any (sid:5;)\n\
         alert udp any any -> any any (dsize:<2; sid:6;)\n\
         alert tcp any any -> any any (content:\"ab\"; sid:7;)",
    );
    assert_eq!(rig.packet(b"..ab"), [3, 1, 4]);
    assert_eq!(rig.packet(b"abx"), [1], "addresses are asked once per flow and direction");
    assert_eq!(rig.packet(b"z"), [6]);
}

#[test]
fn a_list_under_one_sid_is_kept_and_a_newer_revision_replaces_it() {
    let mut rig = Rig::new(
        "alert udp any any -> any any (content:\"one\"; sid:1; rev:1;)\n\
         alert udp any any -> any any (content:\"two\"; sid:1; rev:1;)",
    );
    assert_eq!((rig.set.len(), rig.packet(b"one"), rig.packet(b"two")), (2, vec![1], vec![1]));
    let newer = "alert udp any any -> any any (content:\"three\"; sid:1; rev:2;)";
    let older = "alert udp any any -> any any (content:\"one\"; sid:1; rev:1;)";
    let report = rig.set.load("test", &format!("{newer}\n{older}\n{newer}"));
    assert_eq!((report.loaded, report.refused.len(), rig.set.len()), (1, 2, 1));
    assert_eq!((rig.packet(b"one two"), rig.packet(b"three")), (vec![], vec![1]));
    assert!(rig.set.remove(1) && rig.set.is_empty());
}

#[test]
fn a_rule_on_a_field_sees_the_stream_even_when_it_is_the_only_one() {
    let mut rig = Rig::new(
        "alert tcp any any -> any any (http.uri; content:\"/a\"; pkt_data; content:\"Host: h\"; sid:1;)",
    );
    let bytes = udp(b"");
    let packet = decode(LinkType::Ip, Timestamp(0), &bytes);
    let mut hits = Vec::new();
    let mut ask =
        Ask { marks: &mut rig.marks, globals: &mut rig.globals, scratch: &mut rig.scratch, hits: &mut hits };
    let view = View { streamed: true, protocol: 6, ..Rig::view_of(&packet, Some(ProtocolId::Http)) };
    let request = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    rig.set.inspect_stream(&view, Direction::ToServer, request, &mut ask);
    let mut conversation = Conversation::new(6, 1024, 80);
    conversation.feed(Direction::ToServer, request);
    for transaction in conversation.transactions().iter_mut() {
        rig.set.inspect_transaction(&view, Direction::ToServer, transaction, &mut ask);
    }
    assert_eq!(hits.iter().map(|hit| hit.rule.sid).collect::<Vec<_>>(), [1]);
}

#[test]
fn rules_come_and_go_while_packets_flow() {
    let mut rig = Rig::new("alert udp any any -> any any (content:\"old\"; sid:1;)");
    assert_eq!(rig.packet(b"new old"), [1]);
    rig.set.add("drop udp any any -> any any (content:\"new\"; sid:2;)", None).unwrap();
    assert_eq!(rig.packet(b"new old"), [2, 1]);
    rig.set.add("drop ip any any -> 198.51.100.2 any (sid:3;)", None).unwrap();
    assert_eq!(rig.packet(b""), [3], "a flow that is there already meets a new address rule");
    rig.set.add("alert udp any any -> any any (content:\"other\"; sid:2;)", None).unwrap();
    assert_eq!(rig.packet(b"new other"), [2]);
    assert!(rig.set.remove(2) && rig.set.remove(3) && !rig.set.remove(2));
    assert_eq!(rig.packet(b"new other old"), [1]);
    for sid in 100..1000 {
        rig.set
            .add(&format!("alert udp any any -> any any (content:\"live{sid}\"; sid:{sid};)"), None)
            .unwrap();
    }
    assert_eq!(rig.packet(b"live500 live999 old"), [1, 500, 999]);
    assert_eq!(rig.set.len(), 901);
}

#[test]
fn a_stream_is_matched_across_its_pieces_once() {
    let mut rig = Rig::new(
        "alert tcp any any -> any any (content:\"split\"; sid:1;)\n\
         alert tcp any any -> any any (content:\"first\"; content:\"second\"; distance:0; fast_pattern; sid:2;)\n\
         alert tcp any any -> any any (content:\"alpha\"; fast_pattern; content:\"beta\"; distance:0; sid:3;)",
    );
    assert!(rig.stream(b"..spl").is_empty());
    assert_eq!(rig.stream(b"it alpha"), [1]);
    assert!(rig.stream(b" more first").is_empty());
    assert_eq!(rig.stream(b" beta"), [3]);
    assert_eq!(rig.stream(b" second"), [2]);
    assert!(rig.stream(b" and on").is_empty());
}

#[test]
fn transactions_fire_as_soon_as_they_can() {
    let mut rig = Rig::new(
        "drop http any any -> any any (http.host; content:\"evil.example\"; startswith; endswith; http.uri; \
            content:\"/bot\"; startswith; sid:1;)\n\
         alert http any any -> any any (http.host; dotprefix; content:\".example\"; endswith; sid:2;)\n\
         alert http any any -> any any (http.request_body; content:\"wget\"; sid:3;)\n\
         alert http any any -> any any (http.request_body; content:!\"wget\"; http.method; content:\"POST\"; sid:4;)\n\
         alert http any any -> any any (content:\"/bot\"; http_uri; content:!\"curl\"; http_user_agent; sid:5;)\n\
         alert http any any -> any any (urilen:4; sid:6;)\n\
         alert tls any any -> any any (tls.sni; content:\"evil\"; sid:7;)",
    );
    let fired = rig.http(&[
        b"POST /bot HTTP/1.1\r\nHost: evil",
        b".example\r\nUser-Agent: x\r\nContent-Length: 8\r\n\r\n",
        b";wg",
        b"et..",
        b"x",
    ]);
    assert_eq!(fired, [vec![6], vec![1, 2, 5], vec![], vec![3], vec![]]);
    let fired = rig.http(&[b"POST /no HTTP/1.1\r\nHost: other.test\r\nContent-Length: 2\r\n\r\na", b"b"]);
    assert_eq!(fired, [vec![], vec![4]]);
}

#[test]
fn bits_and_thresholds_are_remembered() {
    let mut rig = Rig::new(
        "alert udp any any -> any any (content:\"a\"; flowbits:set,seen; flowbits:noalert; sid:1;)\n\
         alert udp any any -> any any (content:\"b\"; flowbits:isset,seen; sid:2;)\n\
         alert udp any any -> any any (content:\"c\"; threshold:type limit,track by_src,count 1,seconds 9; sid:3;)",
    );
    assert!(rig.packet(b"b").is_empty());
    assert_eq!(rig.packet(b"ab"), [2]);
    assert_eq!(rig.packet(b"c"), [3]);
    assert!(rig.packet(b"c").is_empty());
}

#[test]
fn a_bad_rule_is_refused_and_the_others_load() {
    let mut set = RuleSet::new(Variables::default());
    let text = "# c\nalert tcp any any -> any any (sid:1;)\nalert tcp any any -> any any (nonsense; sid:2;)\n\
        drop udp any any -> any any (sid:3;)\nalert tcp any any -> any any (sid:1;)";
    let report = set.load("my.rules", text);
    assert_eq!(report.loaded, 2);
    let shown: Vec<String> = report.refused.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "my.rules:3:31: unknown keyword \"nonsense\" (sid 2)",
            "my.rules:5:1: sid 1 is there already (sid 1)"
        ]
    );
    assert_eq!(set.rule(1).unwrap().action, Action::Drop);
}

#[test]
fn modbus_is_asked_by_unit_function_access_address_and_value() {
    let head = "alert modbus any any -> any any (modbus: ";
    let rules = [
        "unit 10; sid:1;)",
        "function 16; sid:2;)",
        "function assigned; sid:3;)",
        "function !public; sid:4;)",
        "access write holding; sid:5;)",
        "access read; sid:6;)",
        "access write holding, address 11; sid:7;)",
        "access write, address >11; sid:8;)",
        "access write holding, address 11, value >255; sid:9;)",
        "access write holding, address 10, value >255; sid:10;)",
        "unit >9, access write, address 5<>20; sid:11;)",
    ];
    let mut rig = Rig::new(&rules.map(|rule| format!("{head}{rule}")).join("\n"));
    // Registers 10 and 11 get 5 and 256.
    let write = [0, 1, 0, 0, 0, 11, 10, 16, 0, 9, 0, 2, 4, 0, 5, 1, 0];
    let mut fired = rig.client(502, &[&write]).remove(0);
    fired.sort_unstable();
    assert_eq!(fired, [1, 2, 3, 5, 7, 9, 11]);
}

#[test]
fn industry_keywords_refuse_what_they_cannot_mean() {
    let refused = |rule: &str| {
        let mut set = RuleSet::new(Variables::default());
        !set.load("test", rule).refused.is_empty()
    };
    assert!(refused("alert modbus any any -> any any (modbus: access write, value 3; sid:1;)"));
    assert!(refused("alert modbus any any -> any any (modbus: speed 3; sid:1;)"));
    assert!(refused("alert dnp3 any any -> any any (dnp3_obj: 300,1; sid:1;)"));
    assert!(refused("alert enip any any -> any any (cip_service: 1,2,3,4; sid:1;)"));
    let fine = "alert dnp3 any any -> any any (dnp3_func:disable_unsolicited; dnp3_data; content:\"|c3 06|\"; sid:1;)\n\
         alert dnp3 any any -> any any (dnp3_ind:all_stations,need_time; dnp3_obj:22,1; sid:2;)\n\
         alert enip any any -> any any (enip_command:list_identity; cip_service:16,246,6; sid:3;)";
    assert!(!refused(fine));
}

#[test]
fn one_pass_over_a_segment_finds_what_a_pass_each_for_packet_and_stream_finds() {
    let rules = [
        "alert tcp any any -> any any (content:\"abcab\"; sid:1;)",
        "alert tcp-pkt any any -> any any (content:\"bcabc\"; sid:2;)",
        "alert tcp-stream any any -> any any (content:\"aabbc\"; sid:3;)",
        "alert tcp any any -> any any (content:\"abc\"; depth:5; sid:4;)",
        "alert tcp any any -> any any (content:\"cab\"; depth:5; content:\"bbbb\"; distance:0; sid:5;)",
        "alert tcp-pkt any any -> any any (content:\"ba\"; offset:2; depth:8; sid:6;)",
        "alert tcp any any -> any any (flow:no_stream; content:\"cccc\"; sid:7;)",
        "alert tcp any any -> any any (flow:only_stream; content:\"caac\"; sid:8;)",
        "alert tcp any any -> any any (dsize:>20; content:\"acca\"; sid:9;)",
    ]
    .join("\n");
    let mut state = 11u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let (mut found, mut across) = (0, 0);
    for _ in 0..60 {
        let (mut one, mut two) = (Rig::new(&rules), Rig::new(&rules));
        for _ in 0..40 {
            let bytes: Vec<u8> = (0..=random(40)).map(|_| b'a' + random(3) as u8).collect();
            let joined = one.segment(&bytes, random(8) > 0);
            assert_eq!(joined, two.segment(&bytes, false), "{}", String::from_utf8_lossy(&bytes));
            found += joined.len();
            let alone = bytes.windows(5).any(|five| five == b"aabbc");
            across += usize::from(!alone && joined.contains(&(3, true)));
            if random(20) == 0 {
                one.marks.gap(Direction::ToServer, 3);
                two.marks.gap(Direction::ToServer, 3);
            }
        }
    }
    assert!(found > 300 && across > 10, "{found} {across}");
}

/// The sids of rules that a lone frame meets.
fn lone(rules: &str, frame: &[u8]) -> Vec<u32> {
    let mut rig = Rig::new(rules);
    let packet = decode(LinkType::Ethernet, Timestamp(0), frame);
    let nobody = Endpoint { ip: core::net::IpAddr::V4(core::net::Ipv4Addr::UNSPECIFIED), port: 0 };
    let (source, destination) = packet.endpoints().unwrap_or((nobody, nobody));
    let protocol = packet.ip.as_ref().map_or(0, |ip| ip.protocol);
    let view = View::lone(&packet, source, destination, protocol);
    let mut hits = Vec::new();
    let mut ask =
        Ask { marks: &mut rig.marks, globals: &mut rig.globals, scratch: &mut rig.scratch, hits: &mut hits };
    rig.set.inspect_packet(&view, &mut ask);
    hits.iter().map(|hit| hit.rule.sid).collect()
}

#[test]
fn rules_about_arp_meet_frames_of_arp_alone() {
    let rules = "alert arp any any -> any any (sid:1;)\n\
        alert arp any any -> any any (content:\"|00 01 08 00|\"; startswith; sid:2;)\n\
        alert pkthdr any any -> any any (dsize:>0; sid:3;)";
    let ends = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    let asks = [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2];
    assert_eq!(lone(rules, &[&ends[..], &[8, 6], &asks].concat()), [1, 2, 3]);
    assert_eq!(lone(rules, &[&ends[..], &[0x88, 0xcc], &asks].concat()), [3]);
    assert_eq!(lone(rules, &[&ends[..], &[8, 0], &udp(b"\x00\x01\x08\x00")].concat()), [3]);
}

#[test]
fn counts_of_a_flow_are_of_one_direction_of_either_or_of_both() {
    let rules = "alert ip any any -> any any (flow.pkts:either,>3; sid:1;)\n\
        alert ip any any -> any any (flow.pkts:both,>3; sid:2;)\n\
        alert ip any any -> any any (flow.pkts:>5; sid:3;)\n\
        alert ip any any -> any any (flow.bytes:either,<50; sid:4;)\n\
        alert ip any any -> any any (flow.bytes:both,<50; sid:5;)\n\
        alert ip any any -> any any (flow.bytes:toclient,<50; sid:6;)";
    let told = |packets: [u64; 2], bytes: [u64; 2]| {
        let mut rig = Rig::new(rules);
        let frame = udp(b"x");
        let packet = decode(LinkType::Ip, Timestamp(0), &frame);
        let mut hits = Vec::new();
        let mut ask = Ask {
            marks: &mut rig.marks,
            globals: &mut rig.globals,
            scratch: &mut rig.scratch,
            hits: &mut hits,
        };
        let view = View { flow_packets: packets, flow_bytes: bytes, ..Rig::view_of(&packet, None) };
        rig.set.inspect_packet(&view, &mut ask);
        hits.iter().map(|hit| hit.rule.sid).collect::<Vec<_>>()
    };
    assert_eq!(told([4, 1], [40, 60]), [1, 4]);
    assert_eq!(told([3, 3], [60, 40]), [3, 4, 6]);
    assert_eq!(told([4, 4], [40, 40]), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn rules_that_are_meant_for_others_are_skipped_and_not_refused() {
    let mut set = RuleSet::new(Variables::default());
    let report = set.load(
        "test",
        "alert tcp any any -> any any (new.word:x; requires:version >= 99; sid:1;)\n\
         alert newest any any -> any any (requires:keyword new.word; sid:2;)\n\
         alert tcp any any -> any any (requires:weather sunny; sid:3;)\n\
         alert tcp any any -> any any (new.word:x; requires:version >= 7; sid:4;)\n\
         alert tcp any any -> any any (requires:version >= 99 | < 99, keyword tcp.hdr; sid:5;)",
    );
    let sids = |list: &[crate::RuleError]| list.iter().filter_map(|error| error.sid).collect::<Vec<_>>();
    assert_eq!((report.loaded, sids(&report.skipped), sids(&report.refused)), (1, vec![1, 2, 3], vec![4]));
    assert!(report.skipped.iter().all(|error| error.reason.starts_with("requires")), "{:?}", report.skipped);
}

#[test]
fn an_extracted_number_is_rounded_up_as_align_says() {
    let rule = |align: &str| {
        format!(
            "alert udp any any -> any any (byte_extract:1,0,n{align}; content:\"b\"; offset:n; depth:1; sid:1;)"
        )
    };
    let meets = |align: &str, payload: &[u8]| Rig::new(&rule(align)).packet(payload) == [1];
    assert!(meets("", b"\x05----b---") && !meets("", b"\x05-----b--"));
    assert!(meets(",align 2", b"\x05-----b--") && !meets(",align 2", b"\x05----b---"));
    assert!(meets(",align 4", b"\x05-------b") && meets(",align 4", b"\x08-------b"));
    assert!(meets(",multiplier 3,align 4", b"\x01---b") && !meets(",multiplier 3,align 4", b"\x02---b"));
}

#[test]
fn bits_of_hosts_are_forgotten_when_their_time_is_over() {
    let mut rig = Rig::new(
        "alert udp any any -> any any (content:\"set\"; hostbits:set,a,src,60; noalert; sid:1;)\n\
         alert udp any any -> any any (content:\"ask\"; hostbits:isset,a,src; sid:2;)",
    );
    let mut at = |seconds: i64, payload: &[u8]| {
        let bytes = udp(payload);
        let packet = decode(LinkType::Ip, Timestamp(0).plus_seconds(seconds), &bytes);
        let mut hits = Vec::new();
        let mut ask = Ask {
            marks: &mut rig.marks,
            globals: &mut rig.globals,
            scratch: &mut rig.scratch,
            hits: &mut hits,
        };
        rig.set.inspect_packet(&Rig::view_of(&packet, None), &mut ask);
        hits.iter().map(|hit| hit.rule.sid).collect::<Vec<_>>()
    };
    assert_eq!((at(0, b"set"), at(59, b"ask"), at(61, b"ask")), (vec![1], vec![2], vec![]));
}

#[test]
fn numbers_of_which_there_are_several_are_counted() {
    let name = [1, b'a', 0];
    let question = |kind: u8| [&name[..], &[0, kind, 0, 1]].concat();
    let message = |kinds: &[u8]| {
        let head = [0, 7, 1, 0, 0, kinds.len() as u8, 0, 0, 0, 0, 0, 0];
        let body: Vec<u8> = kinds.iter().flat_map(|kind| question(*kind)).collect();
        let whole = [&head[..], &body].concat();
        [&(whole.len() as u16).to_be_bytes()[..], &whole].concat()
    };
    let rules = ["A,nb>1", "count >1", "A,all_or_absent", "!A,or_absent", "A,nb0"];
    let rules: String = rules
        .iter()
        .enumerate()
        .map(|(n, value)| format!("alert dns any any -> any any (dns.rrtype:{value}; sid:{};)\n", n + 1))
        .collect();
    let told = |kinds: &[u8]| {
        let mut sids = Rig::new(&rules).client(53, &[&message(kinds)]).remove(0);
        sids.sort_unstable();
        sids
    };
    assert_eq!(told(&[1, 1]), [1, 2, 3]);
    assert_eq!(told(&[1, 28]), [2, 4]);
    assert_eq!(told(&[1]), [3]);
    assert_eq!(told(&[28]), [4, 5]);
}
