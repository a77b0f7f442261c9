//! Answers as a small embedded server writes them (RFC 9112, dates of RFC 9110 section 5.6.7).
//!
//! Key type: [`Reply`].
use otori_event::Timestamp;

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// status code
    pub status: u16,
    /// Content-Type
    pub content_type: String,
    /// further fields
    pub fields: Vec<(&'static str, String)>,
    /// the page
    pub body: Vec<u8>,
}

/// What goes with an answer.
#[derive(Clone, Copy, Debug)]
pub struct Manner<'a> {
    /// Server field
    pub server: &'a str,
    /// Date field
    pub now: Timestamp,
    /// the connection stays open
    pub keeps_open: bool,
    /// the request was HEAD
    pub head_only: bool,
    /// version of the request: 0 gets the body alone
    pub version: u8,
}

/// The words of a status line.
pub fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Payload Too Large",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Status",
    }
}

impl Reply {
    /// A page.
    pub fn page(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Reply { status, content_type: content_type.into(), fields: Vec::new(), body }
    }
    /// An error as small servers show it.
    pub fn error(status: u16) -> Self {
        let title = format!("{status} {}", reason(status));
        let body =
            format!("<HTML><HEAD><TITLE>{title}</TITLE></HEAD>\n<BODY><H4>{title}</H4></BODY></HTML>\n");
        Reply::page(status, "text/html", body.into_bytes())
    }
    /// Another place.
    pub fn redirect(location: &str) -> Self {
        let mut reply = Reply::error(302);
        reply.fields.push(("Location", location.into()));
        reply
    }
    /// The bytes on the wire.
    pub fn encode(&self, manner: &Manner<'_>) -> Vec<u8> {
        if manner.version == 0 {
            return self.body.clone();
        }
        let version = if manner.version == 10 { "1.0" } else { "1.1" };
        let mut head = format!("HTTP/{version} {} {}\r\n", self.status, reason(self.status));
        let mut field = |name: &str, value: &str| {
            head.push_str(name);
            head.push_str(": ");
            // Whatever a product file holds, a field is one line.
            head.extend(value.chars().filter(|c| !c.is_control()));
            head.push_str("\r\n");
        };
        if !manner.server.is_empty() {
            field("Server", manner.server);
        }
        field("Date", &date(manner.now));
        field("Content-Type", &self.content_type);
        for (name, value) in &self.fields {
            field(name, value);
        }
        field("Content-Length", &self.body.len().to_string());
        field("Connection", if manner.keeps_open { "keep-alive" } else { "close" });
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        if !manner.head_only {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

/// `Sun, 22 Nov 2026 18:48:37 GMT`
pub fn date(at: Timestamp) -> String {
    static DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    static MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = at.as_ms().div_euclid(1000);
    let day = DAYS[seconds.div_euclid(86_400).rem_euclid(7) as usize];
    // RFC 3339 has every other part: 2026-11-22T18:48:37…
    let text = at.to_string();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let month = part(5, 7)
        .parse::<usize>()
        .ok()
        .and_then(|m| MONTHS.get(m.wrapping_sub(1)))
        .copied()
        .unwrap_or("Jan");
    format!("{day}, {} {month} {} {} GMT", part(8, 10), part(0, 4), part(11, 19))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(date(Timestamp::from_ms(784_111_777_000)), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date(Timestamp(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn a_reply_is_encoded_for_its_request() {
        let manner = Manner {
            server: "mini_httpd\r\nX: y",
            now: Timestamp(0),
            keeps_open: false,
            head_only: false,
            version: 11,
        };
        let text = String::from_utf8(Reply::redirect("/home").encode(&manner)).unwrap();
        assert!(text.starts_with("HTTP/1.1 302 Found\r\nServer: mini_httpdX: y\r\nDate: Thu, "), "{text}");
        assert!(text.contains("\r\nLocation: /home\r\n"));
        let head = Reply::error(404).encode(&Manner { head_only: true, ..manner });
        assert!(head.ends_with(b"\r\n\r\n"));
        assert!(Reply::error(404).encode(&Manner { version: 0, ..manner }).starts_with(b"<HTML>"));
    }
}
