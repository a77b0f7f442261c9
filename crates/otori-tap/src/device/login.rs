//! Finds log-ins in clear text: telnet, FTP, HTTP and RTSP with Basic, forms of pages, MQTT, communities of SNMP.
//!
//! Key type: [`Pending`], kept with a flow: name, password and answer may come one after the other. RFC 7617 (Basic).
use super::contact::{Login, Outcome};
use otori_rule::base64::{Mode, decode};
use otori_wire::{
    Transaction,
    proto::{ProtocolId, ftp, http, mqtt, rtsp, snmp, telnet},
};

/// Bytes of a name or password that are looked at.
const SECRET_BYTES: usize = 256;

/// A log-in whose end is not known yet.
#[derive(Debug, Default)]
pub struct Pending {
    service: &'static str,
    user: Vec<u8>,
    secret: Option<Vec<u8>>,
    waits: bool,
}

/// Who takes log-ins.
type Tell<'a> = &'a mut dyn FnMut(&Login<'_>);

fn cut(bytes: &[u8]) -> Vec<u8> {
    bytes.get(..bytes.len().min(SECRET_BYTES)).unwrap_or(bytes).to_vec()
}

impl Pending {
    fn start(&mut self, service: &'static str, user: &[u8], secret: Option<&[u8]>, waits: bool) {
        *self = Pending { service, user: cut(user), secret: secret.map(cut), waits };
    }
    /// What waits has ended so.
    fn end(&mut self, outcome: Outcome, tell: Tell<'_>) {
        if core::mem::take(&mut self.waits) {
            let Pending { service, user, secret, .. } = self;
            tell(&Login { service, user, secret: secret.as_deref(), outcome });
        }
    }
    /// The flow is over. Who was let into a telnet server says something.
    pub fn close(&mut self, tell: Tell<'_>) {
        let outcome = if self.service == "telnet" { Outcome::Refused } else { Outcome::Unknown };
        self.end(outcome, tell);
    }
    /// Takes a whole transaction.
    pub fn take(&mut self, transaction: &Transaction, tell: Tell<'_>) {
        let fields = &transaction.fields;
        match transaction.protocol {
            ProtocolId::Telnet => self.telnet(transaction, tell),
            ProtocolId::Ftp => self.ftp(transaction, tell),
            ProtocolId::Http | ProtocolId::Http2 => {
                let headers = fields.all(http::REQUEST_ONE_HEADER);
                let mut given = headers.filter_map(|field| authorization(&field.bytes));
                if let Some(given) = given.next() {
                    self.authorize("http", given);
                    self.status(fields.get(http::STATUS), tell);
                } else if let Some((user, secret)) = fields.get(http::REQUEST_BODY).and_then(form) {
                    self.start("http-form", &user, Some(&secret), true);
                    // What a page says instead of a door is not known.
                    let refused = matches!(fields.get(http::STATUS), Some(b"401" | b"403"));
                    self.end(if refused { Outcome::Refused } else { Outcome::Unknown }, tell);
                }
            }
            // Requests and responses are transactions of their own.
            ProtocolId::Rtsp => {
                if let Some(given) = fields.get(rtsp::AUTHORIZATION) {
                    self.authorize("rtsp", given);
                } else if self.waits {
                    self.status(fields.get(rtsp::CODE), tell);
                }
            }
            ProtocolId::Mqtt => {
                if let Some(user) = fields.get(mqtt::USERNAME) {
                    self.start("mqtt", user, fields.get(mqtt::PASSWORD), true);
                    let outcome = match fields.number(mqtt::REASON_CODE) {
                        Some(0) => Outcome::Accepted,
                        // 3.1.1: bad user name or password, not authorised; 5: the same.
                        Some(4 | 5 | 0x86 | 0x87) => Outcome::Refused,
                        _ => Outcome::Unknown,
                    };
                    self.end(outcome, tell);
                }
            }
            ProtocolId::Snmp => {
                if let Some(community) = fields.get(snmp::COMMUNITY_TO_CLIENT) {
                    self.start("snmp", b"", Some(community), true);
                    self.end(Outcome::Accepted, tell);
                }
            }
            _ => {}
        }
    }
    fn telnet(&mut self, transaction: &Transaction, tell: Tell<'_>) {
        let fields = &transaction.fields;
        if let Some(user) = fields.get(telnet::USERNAME) {
            // Asked once more: the last one was wrong.
            self.end(Outcome::Refused, tell);
            self.start("telnet", user, None, false);
        } else if let Some(secret) = fields.get(telnet::PASSWORD) {
            self.end(Outcome::Refused, tell);
            let user = core::mem::take(&mut self.user);
            self.start("telnet", &user, Some(secret), true);
        } else {
            self.end(Outcome::Accepted, tell);
        }
    }
    fn ftp(&mut self, transaction: &Transaction, tell: Tell<'_>) {
        let fields = &transaction.fields;
        let data = fields.get(ftp::COMMAND_DATA).unwrap_or_default();
        match fields.get(ftp::COMMAND) {
            Some(b"USER") => self.start("ftp", data, None, false),
            Some(b"PASS") => {
                let user = core::mem::take(&mut self.user);
                self.start("ftp", &user, Some(data), true);
                let code = fields.get(ftp::CODE).unwrap_or_default();
                let outcome = match code.first() {
                    Some(b'2') => Outcome::Accepted,
                    Some(b'5') => Outcome::Refused,
                    _ => Outcome::Unknown,
                };
                self.end(outcome, tell);
            }
            _ => {}
        }
    }
    /// `Basic` tells name and password; of `Digest` only the answer counts. Others are no passwords: a token that has expired
    /// is refused again and again.
    fn authorize(&mut self, service: &'static str, given: &[u8]) {
        let (scheme, rest) =
            given.split_at(given.iter().position(|byte| *byte == b' ').unwrap_or(given.len()));
        if scheme.eq_ignore_ascii_case(b"digest") {
            return self.start(service, b"", None, true);
        }
        if !scheme.eq_ignore_ascii_case(b"basic") {
            return;
        }
        let pair = decode(rest.trim_ascii(), Mode::Rfc4648).unwrap_or_default();
        let colon = pair.iter().position(|byte| *byte == b':').unwrap_or(pair.len());
        self.start(service, pair.get(..colon).unwrap_or_default(), pair.get(colon + 1..), true);
    }
    fn status(&mut self, code: Option<&[u8]>, tell: Tell<'_>) {
        let outcome = match code {
            Some(b"401") => Outcome::Refused,
            Some([b'2' | b'3', ..]) => Outcome::Accepted,
            _ => Outcome::Unknown,
        };
        self.end(outcome, tell);
    }
}

/// Names of fields that hold a name, and those that hold a password, in forms of devices' own pages.
const USERS: &[&[u8]] = &[b"user", b"username", b"login", b"usr", b"name", b"account", b"uid", b"loginuser"];
const SECRETS: &[&[u8]] = &[b"pass", b"password", b"passwd", b"pwd", b"psd", b"loginpass", b"loginpas"];
/// Bytes of a form that are looked at.
const FORM_BYTES: usize = 1_024;

/// Name and password of a form (`application/x-www-form-urlencoded`).
fn form(body: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let body = body.get(..body.len().min(FORM_BYTES))?;
    let value = |names: &[&[u8]]| {
        body.split(|byte| *byte == b'&').find_map(|pair| {
            let (name, value) = pair.split_at(pair.iter().position(|byte| *byte == b'=')?);
            let known = names.iter().any(|known| known.eq_ignore_ascii_case(name));
            known.then(|| unescape(value.get(1..).unwrap_or_default().trim_ascii_end()))
        })
    };
    Some((value(USERS)?, value(SECRETS)?))
}

/// Undoes `%XX` and `+`.
fn unescape(text: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let mut out = Vec::with_capacity(text.len());
    let mut place = 0;
    while let Some(byte) = text.get(place) {
        let pair = (digit(text.get(place + 1)), digit(text.get(place + 2)));
        match (byte, pair) {
            (b'%', (Some(high), Some(low))) => {
                out.push((high << 4 | low) as u8);
                place += 2;
            }
            (b'+', _) => out.push(b' '),
            (other, _) => out.push(*other),
        }
        place += 1;
    }
    out
}

/// The value of a header `Authorization`.
fn authorization(header: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"authorization";
    let colon = header.iter().position(|byte| *byte == b':')?;
    let (name, value) = header.split_at(colon);
    name.trim_ascii().eq_ignore_ascii_case(NAME).then(|| value.get(1..).unwrap_or_default().trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use otori_wire::{FieldId, transaction::Transactions};

    /// A transaction's protocol and fields.
    type Step<'a> = (ProtocolId, &'a [(FieldId, &'a [u8])]);

    fn said(steps: &[Step<'_>]) -> Vec<String> {
        let mut all = Vec::new();
        let mut tell = |login: &Login<'_>| {
            let secret = login.secret.map(String::from_utf8_lossy);
            let user = String::from_utf8_lossy(login.user);
            all.push(format!("{} {user} {secret:?} {:?}", login.service, login.outcome));
        };
        let mut pending = Pending::default();
        for (protocol, fields) in steps {
            let mut transactions = Transactions::default();
            let id = transactions.open(*protocol);
            let transaction = transactions.get_mut(id).unwrap();
            fields.iter().for_each(|(id, bytes)| transaction.fields.set(*id, *bytes));
            pending.take(transaction, &mut tell);
        }
        pending.close(&mut tell);
        all
    }

    #[test]
    fn the_answer_tells_how_a_log_in_ends() {
        use ProtocolId::{Ftp, Http, Rtsp, Telnet};
        let user: &[_] = &[(telnet::USERNAME, b"root".as_slice())];
        let secret: &[_] = &[(telnet::PASSWORD, b"xc3511".as_slice())];
        let command: &[_] = &[(telnet::COMMAND, b"ls".as_slice())];
        let (refused, accepted) =
            ("telnet root Some(\"xc3511\") Refused", "telnet root Some(\"xc3511\") Accepted");
        let twice =
            said(&[(Telnet, user), (Telnet, secret), (Telnet, user), (Telnet, secret), (Telnet, command)]);
        assert_eq!(twice, [refused, accepted]);
        assert_eq!(said(&[(Telnet, user), (Telnet, secret)]), [refused], "hung up");
        let ftp = |code: &'static [u8]| {
            let user: &[_] = &[(ftp::COMMAND, b"USER".as_slice()), (ftp::COMMAND_DATA, b"a".as_slice())];
            let pass: &[_] = &[
                (ftp::COMMAND, b"PASS".as_slice()),
                (ftp::COMMAND_DATA, b"b".as_slice()),
                (ftp::CODE, code),
            ];
            said(&[(Ftp, user), (Ftp, pass)])
        };
        assert_eq!(ftp(b"230"), ["ftp a Some(\"b\") Accepted"]);
        assert_eq!(ftp(b"530"), ["ftp a Some(\"b\") Refused"]);
        let http = |header: &'static [u8], code: &'static [u8]| {
            said(&[(Http, &[(http::REQUEST_ONE_HEADER, header), (http::STATUS, code)])])
        };
        assert_eq!(http(b"authorization:  Basic YTpiOmM=", b"200"), ["http a Some(\"b:c\") Accepted"]);
        assert_eq!(http(b"Authorization: Digest username=\"a\"", b"401"), ["http  None Refused"]);
        assert_eq!(http(b"Authorization: Bearer YTpi", b"401"), [""; 0], "a token");
        assert_eq!(http(b"X-Authorization: Basic YTpi", b"401"), [""; 0], "a challenge is no refusal");
        let form = |body: &'static [u8], code: &'static [u8]| {
            said(&[(Http, &[(http::REQUEST_BODY, body), (http::STATUS, code)])])
        };
        let body = b"lang=en&UserName=ad%6Din&passwd=a+b%2&x=1\r\n";
        assert_eq!(form(body, b"200"), ["http-form admin Some(\"a b%2\") Unknown"]);
        assert_eq!(form(body, b"403"), ["http-form admin Some(\"a b%2\") Refused"]);
        assert_eq!(form(b"user=a&comment=password", b"200"), [""; 0]);
        let ask: &[_] = &[(rtsp::AUTHORIZATION, b"Basic YTpi".as_slice())];
        let answer: &[_] = &[(rtsp::CODE, b"401".as_slice())];
        assert_eq!(said(&[(Rtsp, answer), (Rtsp, ask), (Rtsp, answer)]), ["rtsp a Some(\"b\") Refused"]);
        let broken: &[_] = &[(rtsp::AUTHORIZATION, b"Basic".as_slice())];
        assert_eq!(said(&[(Rtsp, broken)]), ["rtsp  None Unknown"]);
    }
}
