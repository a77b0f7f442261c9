//! The API as a browser sees it: every answer fits its schema, strangers get nothing, hostile text stays data.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
mod common;

use common::{Browser, Site, sample, schema};
use otori_event::{EventKind, RawText, SessionId};
use otori_hub::{HubConfig, Phase};
use sample::NOON;
use serde_json::Value;
use std::sync::atomic::Ordering;

/// A site with one attack in it.
fn attacked() -> Site {
    let site = Site::start();
    let sha256 = site.store.put_artifact(b"\x7fELF").unwrap();
    site.store.append_recording(SessionId::new(0xabc), b"{\"version\":2}\n[0.1,\"o\",\"# \"]\n").unwrap();
    site.store.append(&sample::attack(NOON.plus_seconds(-600), 0xabc, sha256)).unwrap();
    site.status.set_phase(Phase::Ready);
    site.status.set_queue("intake", 3, 1024);
    site.status.add_front("telnet", "camera-mipsel", "127.0.0.1:2323".parse().unwrap());
    site
}

/// Paths of the document with their parameters filled in.
fn filled(path: &str) -> String {
    let id = if path.contains("samples") { NO_SAMPLE } else { "000000000abc" };
    match (path.find('{'), path.find('}')) {
        (Some(from), Some(to)) => format!("{}{id}{}", &path[..from], &path[to + 1..]),
        _ => path.to_owned(),
    }
}
/// A well-formed name that no file has.
const NO_SAMPLE: &str = "00000000000000000000000000000000000000000000000000000000000000aa";

fn fits(document: &Value, name: &str, value: &Value) {
    let schema = serde_json::json!({ "$ref": format!("#/components/schemas/{name}") });
    schema::check(document, &schema, value, name).unwrap();
}

#[test]
fn every_answer_fits_its_schema() {
    let site = attacked();
    let browser = site.sign_in();
    let document = browser.json("/openapi.json");
    let sha256 = browser.json("/api/v1/samples")["items"][0]["sha256"].as_str().unwrap().to_owned();
    let mut checked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(operation) = operations.get("get") else { continue };
        let content = operation["responses"]["200"]["content"].as_object().unwrap();
        if content.contains_key("text/event-stream") {
            continue; // never ends; has its own test
        }
        let path = filled(path).replace(NO_SAMPLE, &sha256);
        let answer = browser.get(&path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        if let Some(schema) = content.get("application/json") {
            schema::check(&document, &schema["schema"], &answer.json(), &path).unwrap();
            checked += 1;
        }
    }
    assert!(checked >= 14, "only {checked} answers were checked");
    for range in ["1h", "24h", "7d", "30d", "all"] {
        for page in ["overview", "geo", "network"] {
            let schema = format!("{}{}", page[..1].to_uppercase(), &page[1..]);
            for demo in ["include", "exclude", "only"] {
                fits(&document, &schema, &browser.json(&format!("/api/v1/{page}?range={range}&demo={demo}")));
            }
        }
    }
    // The same for a store with nothing in it.
    let empty = Site::start();
    let browser = empty.sign_in();
    for (page, schema) in [
        ("overview?range=all", "Overview"),
        ("geo", "Geo"),
        ("network", "Network"),
        ("events", "EventPage"),
        ("sessions", "SessionPage"),
        ("samples", "SamplePage"),
        ("indicators", "IndicatorPage"),
        ("system", "System"),
    ] {
        fits(&document, schema, &browser.json(&format!("/api/v1/{page}")));
    }
    let answer = browser.get("/api/v1/sessions/000000000001");
    assert_eq!(answer.status, 404);
    fits(&document, "Problem", &answer.json());
}

#[test]
fn the_document_and_the_page_name_the_same_paths_as_the_router() {
    let site = Site::start();
    let browser = site.sign_in();
    let document = browser.json("/openapi.json");
    let page = include_str!("../../../docs/api.md");
    for (path, operations) in document["paths"].as_object().unwrap() {
        assert!(page.contains(path.as_str()), "docs/api.md does not name {path}");
        for method in operations.as_object().unwrap().keys() {
            // Another method than the documented one is known not to be taken: the router has the path.
            let other = if method == "get" { "DELETE" } else { "PUT" };
            let answer = site.send(other, &filled(path), &[("Cookie", &browser.cookie)], "");
            assert_eq!(answer.status, 405, "{other} {path}");
        }
        for reference in references(&operations.to_string()) {
            assert!(document.pointer(&reference).is_some(), "{path}: {reference} leads nowhere");
        }
    }
    for reference in references(&document.to_string()) {
        assert!(document.pointer(&reference).is_some(), "{reference} leads nowhere");
    }
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        for call in line.split('`').filter(|part| part.starts_with("GET /") || part.starts_with("POST /")) {
            let path = call.split(' ').nth(1).unwrap();
            assert!(document["paths"].get(path).is_some(), "docs/api.md names {path}, which is no route");
        }
    }
    let answer = browser.get("/api/v1/nothing");
    assert_eq!(
        (answer.status, answer.field("content-type").as_deref()),
        (404, Some("application/problem+json"))
    );
}

fn references(text: &str) -> Vec<String> {
    text.split("\"#/").skip(1).map(|rest| format!("/{}", rest.split('"').next().unwrap())).collect()
}

#[test]
fn closed_by_default() {
    let site = attacked();
    let document = site.sign_in().json("/openapi.json");
    let open = ["/healthz", "/readyz", "/api/v1/sign-in"];
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            if open.contains(&path.as_str()) {
                continue;
            }
            let method = method.to_uppercase();
            for cookie in ["", "otori_session=", "otori_session=00", "other=1"] {
                let fields = [("Cookie", cookie), ("Content-Type", "application/json")];
                let answer = site.send(&method, &filled(path), &fields, "{}");
                assert_eq!(answer.status, 401, "{method} {path}");
                fits(&document, "Problem", &answer.json());
            }
        }
    }
    for path in ["/api", "/api/", "/api/v1/unknown", "/api/v2/events", "/api/v1/sessions/../events"] {
        assert_eq!(site.send("GET", path, &[], "").status, 401, "{path}");
    }
    assert_eq!(site.send("GET", "/healthz", &[], "").json()["status"], "ok");
    assert_eq!(site.send("GET", "/readyz", &[], "").status, 200);
    site.status.set_phase(Phase::Draining);
    assert_eq!(site.send("GET", "/readyz", &[], "").json()["status"], "draining");
    assert_eq!(site.send("GET", "/", &[], "").status, 200);
    let browser = site.sign_in_again();
    assert!(browser.get("/metrics").text().contains("otori_events_total{kind=\"login_attempt\"} 2"));
    let opened = Site::start_with(HubConfig { metrics_open: true, ..HubConfig::default() });
    assert!(opened.send("GET", "/metrics", &[], "").text().contains("otori_ready 0"));
}

impl Site {
    /// Signs in with a link made by another process.
    fn sign_in_again(&self) -> Browser<'_> {
        let link = otori_hub::sign_in_link(self.folder.path(), NOON).unwrap();
        assert!(link.starts_with(&format!("http://{}/sign-in#", self.address)));
        let body = format!("{{\"token\":\"{}\"}}", link.split_once('#').unwrap().1);
        let answer = self.send("POST", "/api/v1/sign-in", &[("Content-Type", "application/json")], &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let cookie = answer.field("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Browser { site: self, cookie, csrf: answer.json()["csrf"].as_str().unwrap().to_owned() }
    }
}

#[test]
fn a_link_signs_in_once_and_the_session_ends() {
    let site = Site::start();
    let body = format!("{{\"token\":\"{}\"}}", site.token());
    let json = ("Content-Type", "application/json");
    let answer = site.send("POST", "/api/v1/sign-in", &[json], &body);
    let cookie = answer.field("set-cookie").unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let again = site.send("POST", "/api/v1/sign-in", &[json], &body);
    assert_eq!(again.status, 401);
    assert!(again.json()["remedy"].as_str().unwrap().contains("otori sign-in-link"));
    for body in ["", "{}", "[]", "{\"token\":5}", "{\"token\":\"x\",\"more\":1}"] {
        assert_eq!(site.send("POST", "/api/v1/sign-in", &[json], body).status, 400, "{body}");
    }
    let guesses: Vec<u16> = (0..12)
        .map(|_| site.send("POST", "/api/v1/sign-in", &[json], "{\"token\":\"guess\"}").status)
        .collect();
    assert!(guesses.contains(&401) && guesses.ends_with(&[429]), "{guesses:?}");

    let cookie = cookie.split(';').next().unwrap().to_owned();
    let get = |path: &str| site.send("GET", path, &[("Cookie", &cookie)], "").status;
    assert_eq!(get("/api/v1/me"), 200);
    site.clock.fetch_add(13 * 3_600 * 1_000_000_000, Ordering::Relaxed);
    assert_eq!(get("/api/v1/me"), 401, "a session ends after twelve hours");
}

#[test]
fn a_post_needs_the_csrf_value_and_comes_from_our_page() {
    let site = Site::start();
    let browser = site.sign_in();
    let post = |fields: &[(&str, &str)]| {
        let mut all = vec![("Cookie", browser.cookie.as_str())];
        all.extend_from_slice(fields);
        site.send("POST", "/api/v1/sign-out", &all, "{}").status
    };
    let (json, csrf) = (("Content-Type", "application/json"), ("X-Otori-Csrf", browser.csrf.as_str()));
    assert_eq!(post(&[json]), 403);
    assert_eq!(post(&[json, ("X-Otori-Csrf", "0")]), 403);
    assert_eq!(post(&[csrf]), 415);
    assert_eq!(post(&[("Content-Type", "text/plain"), csrf]), 415);
    assert_eq!(post(&[json, csrf, ("Sec-Fetch-Site", "cross-site")]), 403);
    assert_eq!(post(&[json, csrf, ("Origin", "http://evil.example")]), 403);
    assert_eq!(browser.get("/api/v1/me").status, 200, "none of these signed out");
    let origin = format!("http://{}", site.address);
    assert_eq!(post(&[json, csrf, ("Sec-Fetch-Site", "same-origin"), ("Origin", &origin)]), 204);
    assert_eq!(browser.get("/api/v1/me").status, 401);
}

#[test]
fn a_foreign_host_name_is_not_served() {
    let site = Site::start_with(HubConfig { host_names: vec!["otori.lan".into()], ..HubConfig::default() });
    let status = |host: &str, path: &str| site.send("GET", path, &[("Host", host)], "").status;
    for path in ["/", "/healthz", "/api/v1/me"] {
        assert_eq!(status("evil.example", path), 421, "{path}");
        assert_eq!(status("evil.example:7878", path), 421, "{path}");
    }
    for host in ["localhost", "LOCALHOST:7878", "127.0.0.1:1", "[::1]:7878", "otori.lan", "Otori.lan:7878"] {
        assert_eq!(status(host, "/healthz"), 200, "{host}");
    }
}

#[test]
fn every_answer_has_the_protective_fields() {
    let site = attacked();
    let browser = site.sign_in();
    for path in [
        "/",
        "/healthz",
        "/api/v1/overview",
        "/api/v1/nothing",
        "/openapi.json",
        "/metrics",
        "/assets/none.js",
    ] {
        let answer = browser.get(path);
        let field = |name: &str| answer.field(name).unwrap_or_default();
        let policy = field("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(field("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(field("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(field("cross-origin-opener-policy"), "same-origin", "{path}");
        if path.starts_with("/api") {
            assert_eq!(field("cache-control"), "no-store", "{path}");
        }
    }
}

#[test]
fn bad_parameters_are_named_and_bounded() {
    let site = attacked();
    let browser = site.sign_in();
    for (path, name) in [
        ("/api/v1/overview?range=2h", "range"),
        ("/api/v1/overview?demo=maybe", "demo"),
        ("/api/v1/events?limit=0", "limit"),
        ("/api/v1/events?limit=501", "limit"),
        ("/api/v1/events?since=yesterday", "since"),
        ("/api/v1/events?source=1.2.3", "source"),
        ("/api/v1/events?session=zz", "session"),
        ("/api/v1/events?product=../etc", "product"),
        ("/api/v1/sessions?stage=worst", "stage"),
        ("/api/v1/indicators?kind=thing", "kind"),
        ("/api/v1/stream?after=x", "after"),
    ] {
        let answer = browser.get(path);
        assert_eq!(answer.status, 400, "{path}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(&format!("parameter {name}")), "{path}: {detail}");
    }
    for path in ["/api/v1/events?cursor=x", "/api/v1/sessions?cursor=t1.%27", "/api/v1/samples?cursor=e00"] {
        assert_eq!(browser.get(path).status, 400, "{path}");
    }
    let long = format!("/api/v1/events?q={}", "A".repeat(2_000));
    assert_eq!(browser.get(&long).status, 400);
    for path in ["/api/v1/sessions/%2e%2e", "/api/v1/samples/zz", "/api/v1/sessions/000000000abc%00"] {
        assert_eq!(browser.get(path).status, 404, "{path}");
    }
    let paged = browser.json("/api/v1/events?limit=5");
    assert_eq!(paged["items"].as_array().unwrap().len(), 5);
    let next = browser.json(&format!("/api/v1/events?limit=500&cursor={}", paged["next"].as_str().unwrap()));
    assert_eq!(next["items"].as_array().unwrap().len(), 7);
    assert_eq!(
        browser.json("/api/v1/events?kind=command,login_attempt")["items"].as_array().unwrap().len(),
        3
    );
    assert_eq!(browser.json("/api/v1/events?q=XC3511")["items"].as_array().unwrap().len(), 1);
}

#[test]
fn reports_are_brief_in_lists_and_whole_with_the_sample() {
    let site = attacked();
    let browser = site.sign_in();
    let listed = browser.json("/api/v1/events?kind=detonated");
    let report = &listed["items"][0]["report"];
    assert_eq!((report["trace"].as_array().unwrap().len(), &report["trace_omitted"]), (0, &1.into()));
    let sha256 = report["sha256"].as_str().unwrap();
    let whole = browser.json(&format!("/api/v1/samples/{sha256}"));
    assert_eq!(whole["report"]["trace"].as_array().unwrap().len(), 1);
}

/// Text that has hurt other dashboards.
fn hostile() -> Vec<Vec<u8>> {
    vec![
        b"<script>alert(1)</script>".to_vec(),
        b"</script><svg onload=alert(1)>\"'`{{7*7}}".to_vec(),
        b"<!--<img src=x onerror=alert(1)>".to_vec(),
        "\u{202e}\u{2066}exe.gpj\u{2069}\u{200b}\u{feff}".into(),
        b"\x1b[2J\x1b]0;owned\x07\x9b31m".to_vec(),
        b"a\0b\r\nSet-Cookie: x=y\r\n\r\nevent: reset\ndata: {}\n\n".to_vec(),
        "\u{2028}\u{2029}".into(),
        b"\xff\xfe\xc0\x80".to_vec(),
        b"=cmd|' /C calc'!A0".to_vec(),
        vec![b'A'; 1 << 20],
    ]
}

/// Stores every text in every place where an attacker can put one; session `i + 1` has the `i`-th.
fn plant(site: &Site, corpus: &[Vec<u8>]) {
    for (i, text) in corpus.iter().enumerate() {
        let (session, at) = (i as u64 + 1, NOON.plus_seconds(i as i64 - 100));
        let raw = || RawText::new(text);
        let mut artifact = sample::artifact(site.store.put_artifact(text).unwrap());
        (artifact.name, artifact.url) = (raw(), Some(String::from_utf8_lossy(text).into_owned()));
        let request = EventKind::HttpRequest {
            method: raw(),
            target: raw(),
            host: raw(),
            user_agent: raw(),
            body: raw(),
            status: 400,
        };
        let kinds = [
            EventKind::LoginAttempt { user: raw(), password: raw(), success: true },
            EventKind::Command { line: raw() },
            request,
            EventKind::FileCaptured { artifact },
        ];
        let mut events = vec![sample::opened(at, session)];
        events.extend(
            kinds.into_iter().enumerate().map(|(j, kind)| sample::event(at, session, j as u32 + 1, kind)),
        );
        site.store.append(&events).unwrap();
        site.store.append_recording(SessionId::new(session), &[text.as_slice(), b"\n"].concat()).unwrap();
    }
}

#[test]
fn hostile_text_goes_through_unharmed_and_never_as_markup() {
    let site = Site::start();
    let corpus = hostile();
    plant(&site, &corpus);
    let browser = site.sign_in();
    let mut seen: Vec<RawText> = Vec::new();
    let mut next = String::new();
    loop {
        let answer = browser.get(&format!("/api/v1/events?kind=command&limit=3&cursor={next}"));
        assert_eq!(answer.field("content-type").as_deref(), Some("application/json"));
        assert!(!answer.head.to_lowercase().contains("set-cookie"));
        let page = answer.json();
        for item in page["items"].as_array().unwrap() {
            seen.push(serde_json::from_value(item["line"].clone()).unwrap());
        }
        match page["next"].as_str() {
            Some(cursor) => next = cursor.to_owned(),
            None => break,
        }
    }
    seen.reverse();
    assert_eq!(
        seen,
        corpus.iter().map(RawText::new).collect::<Vec<_>>(),
        "every byte that is kept comes back"
    );
    for path in ["/api/v1/overview", "/api/v1/sessions", "/api/v1/samples", "/api/v1/sessions/000000000001"] {
        let answer = browser.get(path);
        assert_eq!(
            (answer.status, answer.field("content-type").as_deref()),
            (200, Some("application/json")),
            "{path}"
        );
    }
    for i in 1..=corpus.len() {
        let answer = browser.get(&format!("/api/v1/sessions/{i:012x}/recording"));
        assert_eq!(answer.field("content-type").as_deref(), Some("text/plain; charset=utf-8"));
        assert_eq!(answer.body, [corpus[i - 1].as_slice(), b"\n"].concat());
    }
    // A search for the text finds it, whatever it is made of.
    assert_eq!(
        browser.json("/api/v1/events?kind=command&q=%3Cscript%3E")["items"].as_array().unwrap().len(),
        1
    );
    let mut events = browser.stream("/api/v1/stream?after=0", "");
    assert_eq!(events.next().2["events"].as_array().unwrap().len(), 0);
    let mut streamed = 0;
    while streamed < corpus.len() * 5 {
        let (kind, _, data) = events.next();
        assert_eq!(kind, "batch", "attacker's text cannot make a message of its own");
        streamed += data["events"].as_array().unwrap().len();
    }
}

#[test]
fn the_stream_brings_new_events_resumes_and_says_when_it_cannot() {
    let site = Site::start();
    let browser = site.sign_in();
    let store = &site.store;
    store.append(&[sample::opened(NOON, 1)]).unwrap();
    let mut events = browser.stream("/api/v1/stream", "");
    assert_eq!(events.next(), ("batch".into(), 1, serde_json::json!({ "events": [] })), "starts now");
    let mut demo = sample::opened(NOON, 2);
    demo.demo = true;
    store.append(&[demo, sample::opened(NOON, 3)]).unwrap();
    let (_, id, data) = events.next();
    assert_eq!((id, data["events"].as_array().unwrap().len()), (3, 2));
    drop(events);

    store.append(&[sample::command(NOON, 3, 1, "id")]).unwrap();
    let mut resumed = browser.stream("/api/v1/stream?after=0", &format!("Last-Event-ID: {id}\r\n"));
    resumed.next();
    let (_, id, data) = resumed.next();
    assert_eq!(
        (id, data["events"][0]["line"].as_str()),
        (4, Some("id")),
        "the field is stronger than the parameter"
    );
    let mut real = browser.stream("/api/v1/stream?after=0&demo=exclude", "");
    real.next();
    assert_eq!(real.next().2["events"].as_array().unwrap().len(), 3);

    let mut lost = browser.stream("/api/v1/stream?after=999", "");
    lost.next();
    let (kind, id, _) = lost.next();
    assert_eq!((kind.as_str(), id), ("reset", 4));
    store.append(&[sample::command(NOON, 3, 2, "uname")]).unwrap();
    assert_eq!(lost.next().1, 5, "after a reset it goes on from now");
    assert_eq!(browser.json("/api/v1/system")["streams"]["capacity"], 64);
}

#[test]
fn streams_are_bounded_and_end_with_the_hub() {
    let site = Site::start();
    let browser = site.sign_in();
    let mut open: Vec<_> = (0..64).map(|_| browser.stream("/api/v1/stream", "")).collect();
    open.iter_mut().for_each(|events| drop(events.next()));
    assert_eq!(browser.get("/api/v1/stream").status, 503);
    let last = open.pop().unwrap();
    drop(site);
    assert!(last.ends());
}
