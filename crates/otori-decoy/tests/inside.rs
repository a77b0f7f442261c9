//! Web servers that run inside the device: busybox httpd on a camera, and a router's own from its vendor's image.
#![allow(clippy::unwrap_used, reason = "a test stops at what fails")]
mod support;

use otori_decoy::product::Product;
use otori_device::profile::Source;
use otori_device::{Device, DeviceError, Profile, import, userland};
use otori_event::{Event, EventKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use support::{Peer, Running, config, start};
use tokio::io::AsyncWriteExt;

fn prepare(profile: Profile) -> Result<Arc<Device>, DeviceError> {
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("userland");
    let ready = userland::obtain(&cache, &profile.table.userland, &mut |_| {});
    let ready = ready.unwrap_or_else(|error| panic!("{error}"));
    Device::prepare(profile, &ready.root).map(Arc::new)
}

/// The camera, with busybox httpd in place of the pages that the decoy plays.
fn camera(folder: &Path, listens: &str) -> Profile {
    for (path, bytes) in Source::Embedded("camera-mipsel".into()).embedded_files() {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    std::fs::create_dir_all(folder.join("root/www/cgi-bin")).unwrap();
    std::fs::write(folder.join("root/www/index.html"), "the camera's own page").unwrap();
    std::fs::write(folder.join("root/www/cgi-bin/visit"), VISIT).unwrap();
    let mut text = std::fs::read_to_string(folder.join("product.toml")).unwrap();
    text += "\n[[files.mode]]\npath = \"www/cgi-bin/visit\"\nmode = \"0755\"\n";
    text += "[[service]]\nprogram = \"/bin/busybox\"\n";
    text += "arguments = [\"httpd\", \"-f\", \"-p\", \"80\", \"-h\", \"/www\"]\n";
    text += &format!("listens = [{listens}]\nruns = [\"wc -l\"]\n");
    std::fs::write(folder.join("product.toml"), text).unwrap();
    Profile::load(folder).unwrap()
}

/// Counts its calls in a file of the device.
const VISIT: &str = r"#!/bin/sh
echo x >> /tmp/visits
echo -ne 'Content-Type: text/plain\r\n\r\n'
wc -l < /tmp/visits
echo $REMOTE_ADDR
";

async fn running(device: Arc<Device>) -> Running {
    let mut config = config();
    config.inside.idle_seconds = 2;
    start(config, Arc::new(Product::new(device).unwrap())).await
}

/// Head and body of the answer to a GET.
async fn get(running: &Running, path: &str) -> (String, Vec<u8>) {
    let mut peer = Peer::connect(running.http).await;
    peer.send(format!("GET {path} HTTP/1.0\r\nHost: 192.168.0.1\r\nUser-Agent: test\r\n\r\n")).await;
    let answer = peer.rest().await;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
    (String::from_utf8_lossy(&answer[..end]).into_owned(), answer[end..].to_vec())
}

fn requests(events: &[Event]) -> Vec<(String, u16)> {
    let of = |event: &Event| match &event.kind {
        EventKind::HttpRequest { target, status, .. } => Some((target.to_string(), *status)),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

fn executed(events: &[Event]) -> Vec<String> {
    let of = |event: &Event| match &event.kind {
        EventKind::Executed { arguments, .. } => Some(arguments.to_string()),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_meets_one_device_whose_own_server_answers() {
    let folder = tempfile::tempdir().unwrap();
    let profile = camera(folder.path(), "80");
    let device = tokio::task::spawn_blocking(|| prepare(profile)).await.unwrap();
    let running = running(device.unwrap_or_else(|error| panic!("{error}"))).await;
    let (head, body) = get(&running, "/index.html").await;
    assert!(head.starts_with("HTTP/1.") && head.contains("200 OK"), "{head}");
    assert_eq!(body, b"the camera's own page");
    // Two visits of one source meet the same file, and the peer is a neighbour rather than the device itself.
    assert_eq!(get(&running, "/cgi-bin/visit").await.1, b"1\n192.168.1.100\n");
    assert_eq!(get(&running, "/cgi-bin/visit").await.1, b"2\n192.168.1.100\n");
    assert!(get(&running, "/nothing").await.0.contains("404"));
    // A peer that sends nothing and one that goes away leave the others alone.
    let silent = Peer::connect(running.http).await;
    let mut gone = Peer::connect(running.http).await;
    gone.send("GET /index.ht").await;
    gone.stream.shutdown().await.unwrap();
    drop((silent, gone));
    assert_eq!(running.closed().await, "idle");
    let first = running.words();
    assert_eq!(first.iter().filter(|word| **word == "session_opened").count(), 1, "{first:?}");
    // The next visit gets a fresh copy of the booted device.
    assert_eq!(get(&running, "/cgi-bin/visit").await.1, b"1\n192.168.1.100\n");
    let kept = running.stop().await;
    let kept = kept.lock().unwrap();
    let seen = requests(&kept.events);
    let expect = [
        ("/index.html", 200),
        ("/cgi-bin/visit", 200),
        ("/cgi-bin/visit", 200),
        ("/nothing", 404),
        ("/cgi-bin/visit", 200),
    ];
    assert_eq!(seen, expect.map(|(target, status)| (target.to_string(), status)));
    // The script is what the visit ran; what the product says that it runs by itself is not told.
    let ran = executed(&kept.events);
    assert!(ran.iter().any(|line| line.contains("visit")), "{ran:?}");
    assert!(!ran.contains(&"wc -l".to_owned()), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_never_listens_is_told_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let profile = camera(folder.path(), "81");
    let error = tokio::task::spawn_blocking(|| prepare(profile)).await.unwrap().err().unwrap().to_string();
    assert!(error.contains("/bin/busybox does not listen on port 81"), "{error}");
    assert!(error.contains("remedy: ") && error.contains("[[responder]]"), "{error}");
}

/// The router whose image lies in the shared folder; `None` without it, said aloud.
fn router(products: &Path) -> Option<Profile> {
    let shared = std::env::var_os("OTORI_SHARED").map(PathBuf::from);
    let image = shared.map(|shared| shared.join("rootfs/tendaac15")).filter(|image| image.is_dir());
    let Some(image) = image else {
        eprintln!("skipped: no router image; set OTORI_SHARED to the folder that holds rootfs/tendaac15");
        return None;
    };
    let (folder, _) = import::write_product(&image, "tenda-ac15", products).unwrap();
    Some(Profile::load(&folder).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_routers_own_web_server_answers_unpatched() {
    let products = tempfile::tempdir().unwrap();
    let Some(profile) = router(products.path()) else { return };
    let device = tokio::task::spawn_blocking(|| prepare(profile)).await.unwrap();
    let running = running(device.unwrap_or_else(|error| panic!("{error}"))).await;
    for (path, status, size) in [
        ("/", "302", None),
        ("/login.html", "200", Some(4_305)),
        ("/index.html", "200", Some(15_539)),
        ("/main.html", "200", Some(40_097)),
    ] {
        let (head, body) = get(&running, path).await;
        assert!(head.starts_with(&format!("HTTP/1.0 {status} ")), "{path}: {head}");
        assert!(head.contains("Server: Http Server\r\n"), "{path}: {head}");
        if let Some(size) = size {
            assert_eq!(body.len(), size, "{path}");
        }
    }
    let kept = running.stop().await;
    let kept = kept.lock().unwrap();
    let statuses: Vec<u16> = requests(&kept.events).into_iter().map(|(_, status)| status).collect();
    assert_eq!(statuses, [302, 200, 200, 200]);
    assert_eq!(executed(&kept.events), Vec::<String>::new(), "looking at pages is no exploit");
    let missing: Vec<_> = kept.events.iter().filter(|event| event.kind.as_str() == "unsupported").collect();
    assert!(missing.is_empty(), "{missing:?}");
}
