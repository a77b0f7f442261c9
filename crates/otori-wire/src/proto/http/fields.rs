//! The fields of HTTP: their numbers, and the names by which rules know them.
use crate::{
    flow::Direction,
    proto::{FieldRow, ProtocolId, file},
    transaction::FieldId,
};
use Direction::{ToClient, ToServer};

/// Fields of responses start here.
const RESPONSE: u8 = 64;

macro_rules! field {
    ($(#[$meta:meta])* $name:ident = $index:expr) => {
        $(#[$meta])*
        pub const $name: FieldId = FieldId::new(ProtocolId::Http, $index);
    };
}
field!(/// method as sent
    METHOD = 0);
field!(/// path and query in normal form
    URI = 1);
field!(/// request target as sent
    URI_RAW = 2);
field!(/// host, lower case, without port
    HOST = 3);
field!(/// host as sent
    HOST_RAW = 4);
field!(/// User-Agent
    USER_AGENT = 5);
field!(/// all request headers but cookies, one per line
    REQUEST_HEADER = 6);
field!(/// request headers as sent
    REQUEST_HEADER_RAW = 7);
field!(/// names of the request's headers
    REQUEST_HEADER_NAMES = 8);
field!(/// first line of the request
    REQUEST_LINE = 9);
field!(/// body of the request, de-chunked
    REQUEST_BODY = 10);
field!(/// Cookie
    COOKIE = 11);
field!(/// Referer
    REFERER = 12);
field!(/// Content-Type of the request
    REQUEST_CONTENT_TYPE = 13);
field!(/// Content-Length of the request
    REQUEST_CONTENT_LEN = 14);
field!(/// Accept
    ACCEPT = 15);
field!(/// Accept-Encoding
    ACCEPT_ENC = 16);
field!(/// Accept-Language
    ACCEPT_LANG = 17);
field!(/// Connection of the request
    REQUEST_CONNECTION = 18);
field!(/// protocol of the request
    REQUEST_PROTOCOL = 19);
field!(/// first line and headers of the request
    REQUEST_START = 20);
field!(/// one header of the request, `Name: value`
    REQUEST_ONE_HEADER = 21);
field!(/// body of the response, de-chunked
    RESPONSE_BODY = RESPONSE);
field!(/// status code
    STATUS = RESPONSE + 1);
field!(/// status text
    STATUS_MESSAGE = RESPONSE + 2);
field!(/// all response headers but Set-Cookie, one per line
    RESPONSE_HEADER = RESPONSE + 3);
field!(/// response headers as sent
    RESPONSE_HEADER_RAW = RESPONSE + 4);
field!(/// names of the response's headers
    RESPONSE_HEADER_NAMES = RESPONSE + 5);
field!(/// first line of the response
    RESPONSE_LINE = RESPONSE + 6);
field!(/// Set-Cookie
    SET_COOKIE = RESPONSE + 7);
field!(/// Content-Type of the response
    RESPONSE_CONTENT_TYPE = RESPONSE + 8);
field!(/// Content-Length of the response
    RESPONSE_CONTENT_LEN = RESPONSE + 9);
field!(/// Server
    SERVER = RESPONSE + 10);
field!(/// Location
    LOCATION = RESPONSE + 11);
field!(/// Connection of the response
    RESPONSE_CONNECTION = RESPONSE + 12);
field!(/// protocol of the response
    RESPONSE_PROTOCOL = RESPONSE + 13);
field!(/// first line and headers of the response
    RESPONSE_START = RESPONSE + 14);
field!(/// one header of the response, `Name: value`
    RESPONSE_ONE_HEADER = RESPONSE + 15);

field!(/// the request as it came
    REQUEST_FRAME = 22);
field!(/// the response as it came
    RESPONSE_FRAME = RESPONSE + 16);
field!(/// bytes of the response's body before it was decoded, where these are others
    RESPONSE_LENGTH = RESPONSE + 17);

/// Whether the field comes with that direction.
pub(super) const fn is_of(id: FieldId, direction: Direction) -> bool {
    let response = match file::direction_of(id) {
        Some(direction) => matches!(direction, ToClient),
        None => id.0 & 0xff >= RESPONSE as u16,
    };
    response == matches!(direction, ToClient)
}

const fn row(
    id: FieldId,
    keyword: &'static str,
    modifier: Option<&'static str>,
    direction: Direction,
) -> FieldRow {
    FieldRow { id, keyword, aliases: &[], modifier, direction }
}

/// A row with the name that it had in Suricata 4.
const fn also(
    id: FieldId,
    keyword: &'static str,
    aliases: &'static [&'static str],
    direction: Direction,
) -> FieldRow {
    FieldRow { id, keyword, aliases, modifier: None, direction }
}

/// All rows.
pub static FIELDS: &[FieldRow] = &[
    row(METHOD, "http.method", Some("http_method"), ToServer),
    row(URI, "http.uri", Some("http_uri"), ToServer),
    row(URI_RAW, "http.uri.raw", Some("http_raw_uri"), ToServer),
    row(HOST, "http.host", Some("http_host"), ToServer),
    row(HOST_RAW, "http.host.raw", Some("http_raw_host"), ToServer),
    row(USER_AGENT, "http.user_agent", Some("http_user_agent"), ToServer),
    row(REQUEST_HEADER, "http.header", Some("http_header"), ToServer),
    row(RESPONSE_HEADER, "http.header", Some("http_header"), ToClient),
    row(REQUEST_HEADER_RAW, "http.header.raw", Some("http_raw_header"), ToServer),
    row(RESPONSE_HEADER_RAW, "http.header.raw", Some("http_raw_header"), ToClient),
    FieldRow {
        id: REQUEST_HEADER_NAMES,
        keyword: "http.header_names",
        aliases: &["http_header_names"],
        modifier: None,
        direction: ToServer,
    },
    FieldRow {
        id: RESPONSE_HEADER_NAMES,
        keyword: "http.header_names",
        aliases: &["http_header_names"],
        modifier: None,
        direction: ToClient,
    },
    FieldRow {
        id: REQUEST_LINE,
        keyword: "http.request_line",
        aliases: &["http_request_line"],
        modifier: None,
        direction: ToServer,
    },
    row(REQUEST_BODY, "http.request_body", Some("http_client_body"), ToServer),
    row(COOKIE, "http.cookie", Some("http_cookie"), ToServer),
    row(SET_COOKIE, "http.cookie", Some("http_cookie"), ToClient),
    FieldRow {
        id: REFERER,
        keyword: "http.referer",
        aliases: &["http_referer"],
        modifier: None,
        direction: ToServer,
    },
    also(REQUEST_CONTENT_TYPE, "http.content_type", &["http_content_type"], ToServer),
    also(RESPONSE_CONTENT_TYPE, "http.content_type", &["http_content_type"], ToClient),
    also(REQUEST_CONTENT_LEN, "http.content_len", &["http_content_len"], ToServer),
    also(RESPONSE_CONTENT_LEN, "http.content_len", &["http_content_len"], ToClient),
    also(ACCEPT, "http.accept", &["http_accept"], ToServer),
    also(ACCEPT_ENC, "http.accept_enc", &["http_accept_enc"], ToServer),
    also(ACCEPT_LANG, "http.accept_lang", &["http_accept_lang"], ToServer),
    also(REQUEST_CONNECTION, "http.connection", &["http_connection"], ToServer),
    also(RESPONSE_CONNECTION, "http.connection", &["http_connection"], ToClient),
    FieldRow {
        id: REQUEST_PROTOCOL,
        keyword: "http.protocol",
        aliases: &["http_protocol"],
        modifier: None,
        direction: ToServer,
    },
    FieldRow {
        id: RESPONSE_PROTOCOL,
        keyword: "http.protocol",
        aliases: &["http_protocol"],
        modifier: None,
        direction: ToClient,
    },
    also(REQUEST_START, "http.start", &["http_start"], ToServer),
    also(RESPONSE_START, "http.start", &["http_start"], ToClient),
    row(REQUEST_ONE_HEADER, "http.request_header", None, ToServer),
    row(RESPONSE_ONE_HEADER, "http.response_header", None, ToClient),
    row(RESPONSE_BODY, "http.response_body", Some("http_server_body"), ToClient),
    row(STATUS, "http.stat_code", Some("http_stat_code"), ToClient),
    row(STATUS_MESSAGE, "http.stat_msg", Some("http_stat_msg"), ToClient),
    FieldRow {
        id: RESPONSE_LINE,
        keyword: "http.response_line",
        aliases: &["http_response_line"],
        modifier: None,
        direction: ToClient,
    },
    also(SERVER, "http.server", &["http_server"], ToClient),
    also(LOCATION, "http.location", &["http_location"], ToClient),
    FieldRow {
        id: REQUEST_FRAME,
        keyword: "frame:http1.request",
        aliases: &["frame:http.request"],
        modifier: None,
        direction: ToServer,
    },
    FieldRow {
        id: RESPONSE_FRAME,
        keyword: "frame:http1.response",
        aliases: &["frame:http.response"],
        modifier: None,
        direction: ToClient,
    },
];
