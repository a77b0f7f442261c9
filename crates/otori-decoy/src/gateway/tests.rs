//! The gateway as a guest's kernel sees it.
use super::*;
use crate::config::FetchConfig;
use crate::session::tests::{kinds, session};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn end(text: &str) -> SocketAddr {
    text.parse().unwrap()
}
const GUEST: &str = "192.168.1.20:50000";

struct Bench {
    gateway: Gateway,
    session: Arc<Session>,
    fixed: Arc<crate::ambient::Fixed>,
    rung: Arc<tokio::sync::Notify>,
}

fn bench(fetch: FetchConfig) -> Bench {
    let (session, fixed) = session(1000);
    let fetcher = Arc::new(Fetcher::new(fetch, fixed.clone()));
    let (wake, rung) = (WakeLine::default(), Arc::new(tokio::sync::Notify::new()));
    let bell = rung.clone();
    wake.connect(move || bell.notify_one());
    let runtime = tokio::runtime::Handle::current();
    let gateway = Gateway::new(Arc::default(), session.clone(), fetcher, runtime, wake);
    kinds(&session);
    Bench { gateway, session, fixed, rung }
}

fn receive(gateway: &mut Gateway, number: u32) -> Result<Vec<u8>, Errno> {
    let mut all = Vec::new();
    loop {
        let mut buffer = [0; 7];
        match gateway.tcp_receive(number, &mut buffer) {
            Ok(0) => return Ok(all),
            Ok(count) => all.extend_from_slice(&buffer[..count]),
            Err(error) => return Err(error),
        }
    }
}

#[tokio::test]
async fn with_fetching_off_the_url_is_noted_and_the_path_is_dead() {
    let Bench { mut gateway, session, fixed, .. } = bench(FetchConfig::default());
    assert_eq!(gateway.tcp_connect(1, end(GUEST), end("192.0.2.9:80")), Connect::Accepted);
    for chunk in b"GET /bins/mips HTTP/1.1\r\nHost: 192.0.2.9\r\n\r\n".chunks(5) {
        assert_eq!(gateway.tcp_send(1, chunk), Ok(chunk.len()));
    }
    let kinds = kinds(&session);
    assert!(matches!(&kinds[0], EventKind::Outbound { remote, .. } if remote.port == 80));
    let EventKind::DownloadRequested { url, outcome: DownloadOutcome::Refused { reason } } = &kinds[1] else {
        panic!("{kinds:?}")
    };
    assert_eq!((url.as_str(), reason.as_str()), ("http://192.0.2.9/bins/mips", "fetching is off"));
    assert_eq!(gateway.tcp_receive(1, &mut [0; 9]), Err(Errno::EAGAIN));
    fixed.advance_ns(3_000_000_000);
    assert!(gateway.tcp_readable(1));
    assert_eq!(gateway.tcp_receive(1, &mut [0; 9]), Err(Errno::ECONNRESET));
}

#[tokio::test]
async fn scanning_meets_silence_and_is_noted_once() {
    let Bench { mut gateway, session, fixed, .. } = bench(FetchConfig::default());
    for number in 0..20 {
        assert_eq!(gateway.tcp_connect(number, end(GUEST), end("198.51.100.7:23")), Connect::Pending);
    }
    assert_eq!(gateway.tcp_state(3), Connect::Pending);
    fixed.advance_ns(127_000_000_000);
    assert_eq!(gateway.tcp_state(3), Connect::Refused(Errno::ETIMEDOUT));
    for number in 100..1000 {
        let _ = gateway.tcp_connect(number, end(GUEST), end(&format!("198.51.100.{}:2323", number % 250)));
    }
    assert!(gateway.table().connections.len() <= GatewayConfig::default().connections);
    assert_eq!(kinds(&session).len(), GatewayConfig::default().outbound_events);
    // A C2 hello is swallowed, nothing comes back.
    for number in 0..1000 {
        gateway.tcp_close(number);
    }
    assert_eq!(gateway.tcp_connect(5000, end(GUEST), end("198.51.100.7:48101")), Connect::Accepted);
    assert_eq!(gateway.tcp_send(5000, b"\0\0\0\x01"), Ok(4));
    assert_eq!(gateway.tcp_receive(5000, &mut [0; 9]), Err(Errno::EAGAIN));
    fixed.advance_ns(3_000_000_000);
    assert_eq!(gateway.tcp_send(5000, b"x"), Err(Errno::ECONNRESET));
}

#[tokio::test]
async fn names_resolve_and_come_back_in_events() {
    let Bench { mut gateway, session, .. } = bench(FetchConfig::default());
    let query = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03cnc\x07example\x03com\0\0\x01\0\x01";
    gateway.udp_send(end(GUEST), end("192.168.1.1:53"), query).unwrap();
    assert_eq!(gateway.udp_receive(end("192.168.1.20:1")), None);
    let (from, answer) = gateway.udp_receive(end("0.0.0.0:50000")).unwrap();
    assert_eq!(from, end("192.168.1.1:53"));
    let address: [u8; 4] = answer[answer.len() - 4..].try_into().unwrap();
    gateway.tcp_connect(1, end(GUEST), (address, 6667).into());
    let names: Vec<_> = kinds(&session)
        .into_iter()
        .filter_map(|k| if let EventKind::Outbound { name, .. } = k { name } else { None })
        .collect();
    assert_eq!(names, ["cnc.example.com", "cnc.example.com"]);
}

#[tokio::test]
async fn a_download_passes_byte_exact_when_fetching_is_on() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\n\x7fELF\0\xff").await.unwrap();
    });
    let allow = vec!["127.0.0.1".parse().unwrap()];
    let fetch = FetchConfig { enabled: true, allow, ..FetchConfig::default() };
    let Bench { mut gateway, session, rung, .. } = bench(fetch);
    gateway.tcp_connect(1, end(GUEST), SocketAddr::from(([127, 0, 0, 1], port)));
    let text = format!("GET /m HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Wget\r\n\r\n");
    gateway.tcp_send(1, text.as_bytes()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), rung.notified()).await.unwrap();
    let answer = receive(&mut gateway, 1).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n") && answer.ends_with(b"\r\n\r\n\x7fELF\0\xff"));
    let hash = sha256(b"\x7fELF\0\xff");
    assert_eq!(session.download_of(&hash).unwrap().url, format!("http://127.0.0.1:{port}/m"));
    let kinds = kinds(&session);
    let fetched = |k: &EventKind| {
        matches!(k, EventKind::DownloadRequested { outcome: DownloadOutcome::Fetched { size: 6, .. }, .. })
    };
    assert!(kinds.iter().any(fetched), "{kinds:?}");
}

#[tokio::test]
async fn tftp_and_ftp_say_what_they_wanted() {
    let Bench { mut gateway, session, .. } = bench(FetchConfig::default());
    for _ in 0..5 {
        gateway.udp_send(end(GUEST), end("192.0.2.9:69"), b"\0\x01bot.mips\0octet\0").unwrap();
    }
    assert_eq!(gateway.udp_receive(end(GUEST)), None);
    gateway.tcp_connect(1, end(GUEST), end("192.0.2.9:21"));
    assert!(gateway.tcp_readable(1));
    gateway.tcp_send(1, b"USER a\r\nPASS b\r\nRETR x.sh\r\nQUIT\r\n").unwrap();
    let text = String::from_utf8(receive(&mut gateway, 1).unwrap()).unwrap();
    assert!(text.starts_with("220 ") && text.ends_with("221 Goodbye.\r\n"), "{text}");
    let urls: Vec<_> = kinds(&session)
        .into_iter()
        .filter_map(|k| if let EventKind::DownloadRequested { url, .. } = k { Some(url) } else { None })
        .collect();
    assert_eq!(urls, ["tftp://192.0.2.9/bot.mips", "ftp://192.0.2.9/x.sh"]);
}

#[tokio::test]
async fn no_bytes_of_a_guest_break_the_gateway() {
    let Bench { mut gateway, fixed, .. } = bench(FetchConfig::default());
    let seeds: [&[u8]; 4] = [
        b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03cnc\x07example\x03com\0\0\x01\0\x01",
        b"\0\x01bot.mips\0octet\0blksize\x001400\0",
        b"GET /m HTTP/1.1\r\nHost: 192.0.2.9\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"USER a\r\nPASV\r\nRETR x\r\nQUIT\r\n",
    ];
    use crate::ambient::Random;
    for round in 0..20_000u32 {
        let mut bytes = seeds[round as usize % 4].to_vec();
        for _ in 0..fixed.next_u64() % 6 {
            let at = fixed.next_u64() as usize % bytes.len().max(1);
            match fixed.next_u64() % 3 {
                0 => bytes.truncate(at),
                1 => bytes.insert(at.min(bytes.len()), fixed.next_u64() as u8),
                _ => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = fixed.next_u64() as u8),
            }
        }
        let port = [53, 69, 80, 21][round as usize % 4];
        let to = SocketAddr::from(([192, 0, 2, 9], port));
        gateway.udp_send(end(GUEST), to, &bytes).unwrap();
        while gateway.udp_receive(end(GUEST)).is_some() {}
        gateway.tcp_connect(round, end(GUEST), to);
        let _ = gateway.tcp_send(round, &bytes);
        let _ = gateway.tcp_receive(round, &mut [0; 64]);
        gateway.tcp_close(round);
    }
    assert!(gateway.table().connections.is_empty());
}
