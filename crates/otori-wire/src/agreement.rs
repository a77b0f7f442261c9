//! Whether both directions of a flow speak the protocol that one of them was recognised by.
//!
//! Key type: [`Agreement`]; [`crate::conversation`] asks it. What it finds belongs to no transaction: the events of
//! Suricata's `app-layer-events.rules`. A connection is judged by the first bytes of each direction, once.
use crate::{
    anomaly::names_of,
    flow::Direction,
    limits::{SETTLED_BYTES, UNKNOWN_BYTES},
    proto::{Probe, ProtocolId, ProtocolRow},
};

/// Events of recognition, as rules name them; the place is the bit of [`Agreement::raised`].
pub const NAMES: [&str; 6] = [
    "applayer_mismatch_protocol_both_directions",
    "applayer_wrong_direction_first_data",
    "applayer_detect_protocol_only_one_direction",
    "applayer_proto_detection_skipped",
    "applayer_no_tls_after_starttls",
    "applayer_unexpected_protocol",
];

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disagreement {
    Mismatch,
    WrongDirection,
    OneDirection,
    Skipped,
    NoTls,
    Unexpected,
}

/// What one direction by itself has shown.
#[derive(Clone, Copy)]
enum Shown {
    Nothing,
    /// the protocol of the flow
    Same,
    /// another one
    Other(&'static ProtocolRow),
    /// none that is known
    None,
}

/// First bytes that did not suffice.
struct Early {
    bytes: [u8; SETTLED_BYTES],
    count: usize,
}

impl Early {
    fn add(&mut self, more: &[u8]) {
        let room = self.bytes.get_mut(self.count..).unwrap_or(&mut []);
        self.count += room.len().min(more.len());
        room.iter_mut().zip(more).for_each(|(to, from)| *to = *from);
    }
    fn heard(&self) -> &[u8] {
        self.bytes.get(..self.count).unwrap_or(&[])
    }
}

/// The judgement of a flow.
pub(crate) struct Agreement {
    shown: [Shown; 2],
    early: Option<Box<Early>>,
    first: Option<Direction>,
    /// bytes of each direction of a connection that nobody recognises
    unknown: [u32; 2],
    /// events that nobody was told of yet
    raised: u8,
    /// all that were raised
    ever: u8,
}

impl Agreement {
    /// Nothing heard.
    pub(crate) const fn empty() -> Agreement {
        Agreement {
            shown: [Shown::Nothing; 2],
            early: None,
            first: None,
            unknown: [0; 2],
            raised: 0,
            ever: 0,
        }
    }
    /// Raises an event, once in a flow.
    pub(crate) const fn raise(&mut self, what: Disagreement) {
        let bit = 1 << what as u8;
        if self.ever & bit == 0 {
            self.ever |= bit;
            self.raised |= bit;
        }
    }
    /// Takes what was raised since the last call.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = &'static str> + use<> {
        names_of(NAMES, core::mem::take(&mut self.raised))
    }
    /// Which direction has spoken first.
    pub(crate) fn hear(&mut self, direction: Direction) {
        self.first.get_or_insert(direction);
    }
    /// Both directions are taken to speak what the flow does.
    pub(crate) const fn settle(&mut self) {
        self.shown = [Shown::Same; 2];
    }
    /// `direction` has shown the protocol of the flow.
    pub(crate) fn recognised(&mut self, direction: Direction, row: &ProtocolRow, midstream: bool) {
        self.shown[direction.index()] = Shown::Same;
        let asks_first = matches!(row.id, ProtocolId::Http | ProtocolId::Tls);
        if asks_first
            && self.first == Some(Direction::ToClient)
            && direction == Direction::ToClient
            && !midstream
        {
            self.raise(Disagreement::WrongDirection);
        }
    }
    /// Whether the first bytes of `direction` are still to be judged.
    pub(crate) const fn wants(&self, direction: Direction) -> bool {
        matches!(self.shown[direction.index()], Shown::Nothing)
    }
    /// Judges the next bytes of a direction that has shown nothing yet, in a connection of `row`. `find` names what
    /// any bytes are.
    pub(crate) fn judge(
        &mut self,
        direction: Direction,
        row: &'static ProtocolRow,
        bytes: &[u8],
        find: impl Fn(&[u8]) -> Option<&'static ProtocolRow>,
    ) {
        let mut early = self.early.take();
        if let Some(early) = &mut early {
            early.add(bytes);
        }
        let all = early.as_ref().map_or(bytes, |early| early.heard());
        let shown = if is_said_by(row, direction, all) {
            Shown::Same
        } else if let Some(other) = find(all).filter(|other| other.id != row.id) {
            Shown::Other(other)
        } else if all.len() >= SETTLED_BYTES {
            Shown::None
        } else {
            // Few connections are cut like that: most show at once what they are.
            let fresh = early.is_none().then(|| {
                let mut fresh = Box::new(Early { bytes: [0; SETTLED_BYTES], count: 0 });
                fresh.add(all);
                fresh
            });
            self.early = early.or(fresh);
            return;
        };
        self.conclude(direction, row, shown);
    }
    /// The same for a datagram, which is whole: one that is not known is no event.
    pub(crate) fn judge_datagram(
        &mut self,
        direction: Direction,
        row: &'static ProtocolRow,
        bytes: &[u8],
        find: impl Fn(&[u8]) -> Option<&'static ProtocolRow>,
    ) {
        let other = if is_said_by(row, direction, bytes) { None } else { find(bytes) };
        let other = other.filter(|other| other.id != row.id);
        self.conclude(direction, row, other.map_or(Shown::Same, Shown::Other));
    }
    /// Notes what a direction has shown in a flow of `row`, and raises what is wrong with that.
    fn conclude(&mut self, direction: Direction, row: &ProtocolRow, shown: Shown) {
        self.shown[direction.index()] = shown;
        match shown {
            Shown::Other(other) if !related(row.id, other.id) => self.raise(Disagreement::Mismatch),
            Shown::None => self.raise(Disagreement::OneDirection),
            _ => {}
        }
    }
    /// Bytes of a connection that recognition has given up, or has not begun to know.
    pub(crate) fn pass_over(&mut self, direction: Direction, count: usize) {
        let heard = &mut self.unknown[direction.index()];
        *heard = heard.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        let both = self.unknown.iter().all(|heard| *heard >= SETTLED_BYTES as u32);
        if both || self.unknown.iter().any(|heard| *heard > UNKNOWN_BYTES) {
            self.raise(Disagreement::Skipped);
        }
    }
    /// EVE's `app_proto_ts` and `app_proto_tc`: what one direction by itself was recognised as, where that is not what
    /// the flow is.
    pub(crate) const fn differs(&self, direction: Direction) -> Option<&'static str> {
        match self.shown[direction.index()] {
            Shown::Other(row) => Some(row.name),
            Shown::None => Some(super::conversation::FAILED),
            Shown::Nothing | Shown::Same => None,
        }
    }
}

/// The bytes are what the protocol says in that direction. Alerts of TLS and its data are, although no connection
/// is recognised by them; greetings of FTP are told from those of SMTP by the commands that they answer.
pub(crate) fn is_said_by(row: &ProtocolRow, direction: Direction, bytes: &[u8]) -> bool {
    (row.probe)(direction, bytes) == Probe::Yes
        || row.id == ProtocolId::Tls && matches!(bytes, [20..=23, 3, 0..=4, ..])
}

/// Two names of one protocol, or one carried by the other.
fn related(a: ProtocolId, b: ProtocolId) -> bool {
    let pair = |one, other| matches!((one, other), (ProtocolId::Ftp, ProtocolId::Smtp));
    a.covers(b) || b.covers(a) || pair(a, b) || pair(b, a)
}

#[cfg(test)]
mod tests {
    use crate::{conversation::Conversation, decode::protocol, flow::Direction};
    use Direction::{ToClient, ToServer};

    /// What a talk between those ports raises.
    fn raised(port: u16, talk: &[(Direction, &[u8])]) -> Vec<&'static str> {
        let mut conversation = Conversation::new(protocol::TCP, 40000, port);
        let mut all = Vec::new();
        for (direction, bytes) in talk {
            let mut at = 0;
            while at < bytes.len() {
                at += conversation.feed(*direction, &bytes[at..]);
            }
            all.extend(conversation.disagreements());
        }
        for direction in Direction::BOTH {
            conversation.end(direction);
        }
        all.extend(conversation.disagreements());
        all
    }

    const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    const NOISE: &[u8] = b"nobody knows what this is at all";

    #[test]
    fn both_directions_of_a_sound_talk_agree() {
        assert!(raised(80, &[(ToServer, GET), (ToClient, ANSWER)]).is_empty());
        let piecewise: Vec<_> = ANSWER.chunks(3).map(|piece| (ToClient, piece)).collect();
        assert!(raised(80, &[&[(ToServer, GET)], &piecewise[..]].concat()).is_empty());
        assert!(raised(22, &[(ToClient, b"SSH-2.0-a\r\n"), (ToServer, b"SSH-2.0-b\r\n")]).is_empty());
        assert!(raised(21, &[(ToClient, b"220 (x) ready\r\n"), (ToServer, b"USER bot\r\n")]).is_empty());
    }

    #[test]
    fn one_direction_may_be_strange_or_speak_something_else() {
        let strange = "applayer_detect_protocol_only_one_direction";
        assert_eq!(raised(80, &[(ToServer, GET), (ToClient, NOISE)]), [strange]);
        assert_eq!(raised(80, &[(ToServer, GET), (ToClient, b"hm"), (ToClient, NOISE)]), [strange]);
        assert!(raised(80, &[(ToServer, GET), (ToClient, b"too short")]).is_empty());
        let mismatch = ["applayer_mismatch_protocol_both_directions"];
        assert_eq!(raised(80, &[(ToServer, GET), (ToClient, b"SSH-2.0-dropbear\r\n")]), mismatch);
    }

    #[test]
    fn a_talk_may_begin_with_its_answer_or_with_nothing_known() {
        let wrong = ["applayer_wrong_direction_first_data"];
        assert_eq!(raised(80, &[(ToClient, ANSWER), (ToServer, GET)]), wrong);
        let skipped = ["applayer_proto_detection_skipped"];
        assert_eq!(raised(5000, &[(ToServer, NOISE), (ToClient, NOISE), (ToServer, NOISE)]), skipped);
        assert!(raised(5000, &[(ToServer, NOISE), (ToClient, b"ok")]).is_empty());
    }

    #[test]
    fn encryption_that_was_agreed_on_has_to_begin() {
        let agreed: [(Direction, &[u8]); 3] = [
            (ToClient, b"220 mx\r\n"),
            (ToServer, b"EHLO a\r\nSTARTTLS\r\n"),
            (ToClient, b"250 mx\r\n220 go\r\n"),
        ];
        let both = ["applayer_no_tls_after_starttls", "applayer_unexpected_protocol"];
        assert_eq!(raised(25, &[&agreed[..], &[(ToServer, GET)]].concat()), both);
        assert_eq!(
            raised(25, &[&agreed[..], &[(ToServer, b"MAIL FROM:<a@example.org>\r\n")]].concat()),
            both
        );
        let hello = [22, 3, 1, 0, 60, 1, 0, 0, 56, 3, 3];
        assert!(raised(25, &[&agreed[..], &[(ToServer, &hello)]].concat()).is_empty());
        assert!(raised(25, &agreed).is_empty());
    }
}
