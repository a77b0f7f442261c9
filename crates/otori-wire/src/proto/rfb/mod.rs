//! The remote framebuffer protocol (VNC): its hand-shake is one transaction; what is shown is not read.
//!
//! Key type: `RfbParser`. RFC 6143 7.1 to 7.3; names as Suricata's manual has them ("RFB Keywords").
use super::{FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record};
use crate::{
    cursor::Cursor,
    digest::push_hex,
    flow::Direction,
    limits::{RFB_BYTES, RFB_TYPES},
    reused::Perhaps,
    transaction::{FieldId, Progress, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use std::borrow::Cow;

const fn field(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Rfb, index)
}
const NAME: FieldId = field(0);
const SECURITY_TYPE: FieldId = field(1);
const RESULT: FieldId = field(2);
const PDU_TO_SERVER: FieldId = field(3);
const PDU_TO_CLIENT: FieldId = field(4);

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    FieldRow::new(ToClient, NAME, "rfb.name"),
    FieldRow::new(ToServer, PDU_TO_SERVER, "frame:rfb.pdu"),
    FieldRow::new(ToClient, PDU_TO_CLIENT, "frame:rfb.pdu"),
];

const RESULTS: &[(&str, u64)] = &[("ok", 0), ("fail", 1), ("toomany", 2), ("unknown", UNKNOWN)];
/// What no version of the protocol knows.
const UNKNOWN: u64 = 3;

/// All numbers.
pub static NUMBERS: &[NumberRow] = &[
    NumberRow::new(ToServer, SECURITY_TYPE, "rfb.sectype", NumberForm::Plain),
    NumberRow::new(ToClient, RESULT, "rfb.secresult", NumberForm::Named(RESULTS)),
];

/// `RFB 003.008` and the end of a line.
const VERSION_BYTES: usize = 12;
const NONE: u32 = 1;
const PASSWORD: u32 = 2;
const CHALLENGE_BYTES: usize = 16;

/// The server speaks first; the client answers with a version too.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    match Probe::prefix(bytes, b"RFB ") {
        Probe::Yes if bytes.len() < VERSION_BYTES => Probe::More,
        Probe::Yes if version(bytes).is_some() => Probe::Yes,
        Probe::Yes => Probe::No,
        other => other,
    }
}

/// The digits of both parts of a version.
fn version(bytes: &[u8]) -> Option<([u8; 3], [u8; 3])> {
    let [b'R', b'F', b'B', b' ', a, b, c, b'.', d, e, f, b'\n'] = *bytes.first_chunk::<VERSION_BYTES>()?
    else {
        return None;
    };
    let digits = [a, b, c, d, e, f];
    digits.iter().all(u8::is_ascii_digit).then_some(([a, b, c], [d, e, f]))
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(RfbParser { step: Step::ServerVersion, pending: Default::default(), minor: 8, id: None })
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    ServerVersion,
    ClientVersion,
    /// version 3.3: the server decides
    SecurityType,
    /// later ones: the client chooses
    SecurityTypes,
    Choice,
    Challenge,
    Response,
    SecurityResult,
    Reason,
    ClientInit,
    ServerInit,
    Done,
}

impl Step {
    const fn direction(self) -> Direction {
        match self {
            Step::ClientVersion | Step::Choice | Step::Response | Step::ClientInit => ToServer,
            _ => ToClient,
        }
    }
}

/// What EVE says besides the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct HandShake {
    versions: [Option<([u8; 3], [u8; 3])>; 2],
    challenge: Option<[u8; CHALLENGE_BYTES]>,
    response: Option<[u8; CHALLENGE_BYTES]>,
    result: Option<u32>,
    reason: Perhaps,
    shared: Option<bool>,
    frame: Option<Frame>,
}

impl HandShake {
    /// Nothing was said yet.
    fn clear(&mut self) {
        let mut reason = core::mem::take(&mut self.reason);
        reason.set(None);
        *self = HandShake { reason, ..HandShake::default() };
    }
}

/// Size and pixels of what is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Frame {
    width: u16,
    height: u16,
    pixel: [u8; 16],
}

struct RfbParser {
    step: Step,
    pending: [Vec<u8>; 2],
    /// minor version that both speak
    minor: u8,
    id: Option<u64>,
}

impl Parser for RfbParser {
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        if transactions.is_full() {
            return 0;
        }
        if self.step == Step::Done {
            return bytes.len();
        }
        let id = *self.id.get_or_insert_with(|| transactions.open(ProtocolId::Rfb));
        let Some(transaction) = transactions.get_mut(id) else { return bytes.len() };
        let pending = &mut self.pending[direction.index()];
        if pending.len() + bytes.len() > RFB_BYTES {
            transaction.note("rfb.malformed_message");
            self.finish(transaction);
            return bytes.len();
        }
        pending.extend_from_slice(bytes);
        // What one side sends may let the other side's bytes be read.
        while self.step != Step::Done {
            let way = self.step.direction();
            let mut waiting = core::mem::take(&mut self.pending[way.index()]);
            let taken = self.take(&waiting, transaction);
            let Some(taken) = taken.filter(|taken| *taken > 0) else {
                self.pending[way.index()] = waiting;
                break;
            };
            let pdu = if way == ToServer { PDU_TO_SERVER } else { PDU_TO_CLIENT };
            let message = waiting.drain(..taken.min(waiting.len()));
            transaction.fields.write_dear(pdu, |out| out.extend_from_slice(message.as_slice()));
            drop(message);
            transaction.advance(way, Progress::Started);
            self.pending[way.index()] = waiting;
        }
        if self.step == Step::Done {
            self.pending = Default::default();
        }
        bytes.len()
    }
    fn gap(&mut self, _direction: Direction, _count: u64, transactions: &mut Transactions) {
        self.close(transactions);
    }
    fn end(&mut self, _direction: Direction, transactions: &mut Transactions) {
        self.close(transactions);
    }
}

impl RfbParser {
    fn close(&mut self, transactions: &mut Transactions) {
        if let Some(transaction) = self.id.and_then(|id| transactions.get_mut(id)) {
            self.finish(transaction);
        }
    }
    fn finish(&mut self, transaction: &mut Transaction) {
        self.step = Step::Done;
        self.pending = Default::default();
        Direction::BOTH.into_iter().for_each(|way| transaction.advance(way, Progress::Complete));
    }
    /// Reads the next message, if it is whole; how long it is. After what cannot be read the parser is done.
    fn take(&mut self, bytes: &[u8], transaction: &mut Transaction) -> Option<usize> {
        transaction
            .with_own_detail(HandShake::clear, |shake, transaction| self.read(bytes, shake, transaction))
    }
    fn read(&mut self, bytes: &[u8], shake: &mut HandShake, transaction: &mut Transaction) -> Option<usize> {
        let mut cursor = Cursor::new(bytes);
        let next = match self.step {
            Step::ServerVersion | Step::ClientVersion => {
                let Some(said) = version(cursor.take(VERSION_BYTES)?) else {
                    transaction.note("rfb.malformed_message");
                    self.finish(transaction);
                    return None;
                };
                let client = self.step == Step::ClientVersion;
                shake.versions[usize::from(!client)] = Some(said);
                match (client, said) {
                    (false, _) => Step::ClientVersion,
                    // What comes after version 3 begins as 3.8 does.
                    (true, ([_, _, major], [_, _, minor])) => {
                        self.minor = if major > b'3' { 8 } else { minor - b'0' };
                        if self.minor < 7 { Step::SecurityType } else { Step::SecurityTypes }
                    }
                }
            }
            Step::SecurityType => self.chosen(cursor.u32()?, transaction),
            Step::SecurityTypes => {
                let count = usize::from(cursor.u8()?).min(RFB_TYPES);
                cursor.skip(count)?;
                if count == 0 { Step::Reason } else { Step::Choice }
            }
            Step::Choice => self.chosen(u32::from(cursor.u8()?), transaction),
            Step::Challenge => {
                shake.challenge = cursor.take(CHALLENGE_BYTES)?.try_into().ok();
                Step::Response
            }
            Step::Response => {
                shake.response = cursor.take(CHALLENGE_BYTES)?.try_into().ok();
                Step::SecurityResult
            }
            Step::SecurityResult => {
                let result = cursor.u32()?;
                shake.result = Some(result);
                self.result(result, transaction)
            }
            Step::Reason => {
                let length = cursor.u32()? as usize;
                shake.reason.set(Some(cursor.take(length)?));
                Step::Done
            }
            Step::ClientInit => {
                shake.shared = Some(cursor.u8()? != 0);
                Step::ServerInit
            }
            Step::ServerInit => {
                let (width, height) = (cursor.u16()?, cursor.u16()?);
                let pixel = cursor.take(16)?.try_into().ok()?;
                let length = cursor.u32()? as usize;
                transaction.fields.set(NAME, cursor.take(length)?);
                shake.frame = Some(Frame { width, height, pixel });
                Step::Done
            }
            Step::Done => return None,
        };
        self.step = next;
        if next == Step::Done {
            self.finish(transaction);
        }
        Some(cursor.position())
    }
    fn result(&self, result: u32, transaction: &mut Transaction) -> Step {
        transaction.fields.set_number(RESULT, u64::from(result).min(UNKNOWN));
        match result {
            0 => Step::ClientInit,
            1 | 2 if self.minor >= 8 => Step::Reason,
            1 | 2 => Step::Done,
            _ => {
                transaction.note("rfb.unknown_security_result");
                Step::Done
            }
        }
    }
    fn chosen(&self, kind: u32, transaction: &mut Transaction) -> Step {
        transaction.fields.set_number(SECURITY_TYPE, u64::from(kind));
        transaction.advance(ToServer, Progress::Headers);
        match kind {
            0 if self.minor < 7 => Step::Reason,
            NONE if self.minor >= 8 => Step::SecurityResult,
            NONE => Step::ClientInit,
            PASSWORD => Step::Challenge,
            _ => {
                transaction.note("rfb.unimplemented_security_type");
                Step::Done
            }
        }
    }
}

/// The `rfb` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(shake) = transaction.detail_of::<HandShake>() else { return };
    for (key, said) in
        [("server_protocol_version", shake.versions[1]), ("client_protocol_version", shake.versions[0])]
    {
        if let Some((major, minor)) = said {
            record.object(key, &mut |record| {
                record.text("major", &major);
                record.text("minor", &minor);
            });
        }
    }
    if let Some(kind) = transaction.fields.number(SECURITY_TYPE) {
        record.object("authentication", &mut |record| authentication(shake, kind, record));
    }
    if let Some(shared) = shake.shared {
        record.flag("screen_shared", shared);
    }
    if let Some(frame) = shake.frame {
        let name = transaction.fields.get(NAME).unwrap_or_default();
        record.object("framebuffer", &mut |record| framebuffer(frame, name, record));
    }
}

fn authentication(shake: &HandShake, kind: u64, record: &mut dyn Record) {
    record.number("security_type", kind.cast_signed());
    if shake.challenge.is_some() || shake.response.is_some() {
        record.object("vnc", &mut |record| {
            let mut hexadecimal = Vec::with_capacity(2 * CHALLENGE_BYTES);
            for (key, bytes) in [("challenge", shake.challenge), ("response", shake.response)] {
                if let Some(bytes) = bytes {
                    hexadecimal.clear();
                    push_hex(&mut hexadecimal, &bytes);
                    record.text(key, &hexadecimal);
                }
            }
        });
    }
    if let Some(result) = shake.result {
        let name: Cow<'_, str> = match result {
            0 => "OK".into(),
            1 => "FAIL".into(),
            2 => "TOOMANY".into(),
            other => format!("UNKNOWN ({other})").into(),
        };
        record.text("security_result", name.as_bytes());
    }
    if let Some(reason) = shake.reason.get() {
        record.text("security_failure_reason", reason);
    }
}

fn framebuffer(frame: Frame, name: &[u8], record: &mut dyn Record) {
    record.number("width", frame.width.into());
    record.number("height", frame.height.into());
    record.text("name", name);
    let [bits, depth, big, color, r1, r2, g1, g2, b1, b2, red, green, blue, ..] = frame.pixel;
    record.object("pixel_format", &mut |record| {
        record.number("bits_per_pixel", bits.into());
        record.number("depth", depth.into());
        record.flag("big_endian", big != 0);
        record.flag("true_color", color != 0);
        record.number("red_max", u16::from_be_bytes([r1, r2]).into());
        record.number("green_max", u16::from_be_bytes([g1, g2]).into());
        record.number("blue_max", u16::from_be_bytes([b1, b2]).into());
        record.number("red_shift", red.into());
        record.number("green_shift", green.into());
        record.number("blue_shift", blue.into());
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read as talk};

    #[test]
    fn a_password_is_asked_for_and_the_screen_has_a_name() {
        let init = [
            &[5, 0, 3, 32, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0][..],
            b"\0\0\0\x06camera",
        ];
        let talk = talk(
            parser,
            &[
                (ToClient, b"RFB 003.008\n"),
                (ToServer, b"RFB 003.008\n"),
                (ToClient, &[2, 1, 2]),
                (ToServer, &[2]),
                (ToClient, &[7; 16]),
                (ToServer, &[8; 16]),
                (ToClient, &[0, 0, 0, 0]),
                (ToServer, &[1]),
                (ToClient, &init.concat()),
                (ToClient, b"pixels that nobody reads"),
            ],
        );
        let fields = &nth(&talk, 0).fields;
        assert_eq!(fields.get(NAME), Some(&b"camera"[..]));
        assert_eq!((fields.number(SECURITY_TYPE), fields.number(RESULT)), (Some(2), Some(0)));
        assert_eq!((talk.opened(), nth(&talk, 0).is_complete()), (1, true));
        let shake = nth(&talk, 0).detail_of::<HandShake>().unwrap();
        assert_eq!(shake.frame.map(|frame| (frame.width, frame.height)), Some((1280, 800)));
        assert_eq!(shake.shared, Some(true));
    }

    #[test]
    fn refusals_and_old_versions_are_read() {
        let refused = talk(
            parser,
            &[
                (ToClient, b"RFB 003.008\n"),
                (ToServer, b"RFB 003.008\n"),
                (ToClient, &[1, 2]),
                (ToServer, &[2]),
                (ToClient, &[7; 16]),
                (ToServer, &[8; 16]),
                (ToClient, b"\0\0\0\x01\0\0\0\x02no"),
            ],
        );
        let shake = nth(&refused, 0).detail_of::<HandShake>().unwrap();
        assert_eq!((shake.result, shake.reason.get()), (Some(1), Some(&b"no"[..])));
        let old = talk(
            parser,
            &[(ToClient, b"RFB 003.003\n"), (ToServer, b"RFB 003.003\n"), (ToClient, &[0, 0, 0, 30])],
        );
        assert_eq!(nth(&old, 0).fields.number(SECURITY_TYPE), Some(30));
        assert_eq!(nth(&old, 0).anomalies, ["rfb.unimplemented_security_type"]);
        let new = talk(
            parser,
            &[
                (ToClient, b"RFB 004.001\n"),
                (ToServer, b"RFB 004.001\n"),
                (ToClient, &[1, 2]),
                (ToServer, &[2]),
            ],
        );
        assert_eq!(nth(&new, 0).fields.number(SECURITY_TYPE), Some(2));
        assert_eq!(probe(ToClient, b"RFB 003"), Probe::More);
        assert_eq!(probe(ToClient, b"RFB 00x.008\n"), Probe::No);
    }
}
