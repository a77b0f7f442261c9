//! Whatever a peer of the decoy's fronts sends: telnet options, log-ins, HTTP heads, bodies and forms.
#![no_main]
use libfuzzer_sys::fuzz_target;
use otori_decoy::front::http::{body::Body, body::uploaded_files, decode, request::parse_head, suspicion::suspect};
use otori_decoy::front::telnet::{login::Login, login::LoginTexts, protocol::Decoder};
use otori_decoy::typed::TypedLines;

fuzz_target!(|bytes: &[u8]| {
    let mut decoder = Decoder::default();
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let mut data = decoder.push(first).data;
    data.extend(decoder.push(second).data);
    TypedLines::default().push(&data);
    let texts = LoginTexts { banner: vec![], user_prompt: b"login: ".to_vec(), password_prompt: vec![] };
    let mut out = Vec::new();
    Login::start(texts, &mut out).feed(&mut data.into(), &mut out);
    decode::form(bytes);
    decode::basic_credentials(bytes);
    if let Ok(Some((head, length))) = parse_head(bytes, 1 << 16) {
        let rest = &bytes[length..];
        suspect(&head, rest);
        uploaded_files(&head, rest);
        if let Ok(mut body) = Body::new(head.framing, 1 << 16) {
            let _ = body.push(rest);
        }
    }
});
