//! The fetcher against small servers on loopback.
use super::*;
use crate::ambient::Fixed;
use otori_event::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

fn fetcher(change: impl FnOnce(&mut FetchConfig)) -> Fetcher {
    let mut config = FetchConfig {
        enabled: true,
        allow: vec!["127.0.0.1".parse().unwrap()],
        seconds: 5,
        ..FetchConfig::default()
    };
    change(&mut config);
    Fetcher::new(config, Fixed::new(Timestamp(0), 1))
}
fn request(port: u16, path: &str) -> Request {
    Request {
        scheme: Scheme::Http,
        host: "127.0.0.1".into(),
        port,
        path: path.into(),
        address: Some(IpAddr::from([127, 0, 0, 1])),
        user_agent: b"Wget".to_vec(),
    }
}
const SOURCE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 5));

/// Answers every connection with what `answer` makes of the request's target; gives the requests back.
async fn serve(answer: fn(&str) -> Vec<u8>) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = vec![0; 4096];
            let length = stream.read(&mut bytes).await.unwrap();
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            let target = text.split(' ').nth(1).unwrap_or_default().to_string();
            log.lock().unwrap().push(text);
            let _ = stream.write_all(&answer(&target)).await;
        }
    });
    (port, seen)
}

fn ok(body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

#[tokio::test]
async fn a_file_comes_exactly_and_is_asked_for_once() {
    let (port, seen) = serve(|_| ok(b"\x7fELF\0\r\n\xff")).await;
    let fetcher = fetcher(|_| {});
    for _ in 0..3 {
        let file = fetcher.fetch(SOURCE, request(port, "/bins/m.mips?x=1")).await.unwrap();
        assert_eq!(&*file.bytes, b"\x7fELF\0\r\n\xff");
        assert_eq!(file.url, format!("http://127.0.0.1:{port}/bins/m.mips?x=1"));
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 1, "the second and third came from memory");
    assert!(seen[0].starts_with("GET /bins/m.mips?x=1 HTTP/1.1\r\n"), "{}", seen[0]);
    assert!(seen[0].contains(&format!("host: 127.0.0.1:{port}\r\n")), "{}", seen[0]);
}

#[tokio::test]
async fn off_by_default_and_never_to_addresses_that_are_not_public() {
    let off = Fetcher::new(FetchConfig::default(), Fixed::new(Timestamp(0), 1));
    assert_eq!(off.fetch(SOURCE, request(80, "/")).await, Err(FetchError::Off));
    let (port, seen) = serve(|_| ok(b"secret")).await;
    let closed = fetcher(|c| c.allow.clear());
    let error = closed.fetch(SOURCE, request(port, "/")).await.unwrap_err();
    assert_eq!(error.to_string(), "127.0.0.1 is not public (loopback)");
    let by_name = Request { address: None, host: "localhost".into(), ..request(port, "/") };
    let error = closed.fetch(SOURCE, by_name).await.unwrap_err();
    assert!(matches!(error, FetchError::Forbidden { .. }) && error.is_refusal(), "{error}");
    // The host name does not matter, the address does.
    let dressed = Request { host: "example.com".into(), ..request(port, "/") };
    assert!(closed.fetch(SOURCE, dressed).await.unwrap_err().is_refusal());
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn redirects_are_judged_anew_and_counted() {
    let (port, _) = serve(|target| match target {
        "/out" => b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\n\r\n".to_vec(),
        "/https" => b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\n\r\n".to_vec(),
        "/loop" => b"HTTP/1.1 301 Moved\r\nLocation: /loop\r\n\r\n".to_vec(),
        "/once" => b"HTTP/1.1 301 Moved\r\nLocation: /file\r\n\r\n".to_vec(),
        _ => ok(b"here"),
    })
    .await;
    let fetcher = fetcher(|_| {});
    let fetch = async |path| fetcher.fetch(SOURCE, request(port, path)).await;
    assert!(matches!(
        fetch("/out").await,
        Err(FetchError::Forbidden { why: otori_event::special::Special::LinkLocal, .. })
    ));
    assert_eq!(fetch("/https").await, Err(FetchError::Url));
    assert_eq!(fetch("/loop").await, Err(FetchError::Redirects(3)));
    assert_eq!(fetch("/once").await.unwrap().url, format!("http://127.0.0.1:{port}/file"));
}

#[tokio::test]
async fn size_time_and_number_are_limited() {
    let (port, _) = serve(|target| match target {
        "/big" => ok(&[b'x'; 5000]),
        "/endless" => b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\nshort".to_vec(),
        _ => b"not http at all".to_vec(),
    })
    .await;
    let small = fetcher(|c| c.max_bytes = 1000);
    assert_eq!(small.fetch(SOURCE, request(port, "/big")).await, Err(FetchError::TooLarge(1000)));
    let error = small.fetch(SOURCE, request(port, "/endless")).await.unwrap_err();
    assert!(matches!(error, FetchError::Transfer(_)) && !error.is_refusal());
    assert!(matches!(small.fetch(SOURCE, request(port, "/x")).await, Err(FetchError::Transfer(_))));
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let slow = fetcher(|c| c.seconds = 0);
    let port = silent.local_addr().unwrap().port();
    assert_eq!(slow.fetch(SOURCE, request(port, "/")).await, Err(FetchError::Slow(0)));
    let few = fetcher(|c| c.per_source_hour = 1);
    let _ = few.fetch(SOURCE, request(1, "/a")).await;
    assert_eq!(few.fetch(SOURCE, request(1, "/b")).await, Err(FetchError::SourceAllowance));
}

/// A TFTP server for one file, with or without the block size option.
async fn serve_tftp(file: Vec<u8>, options: bool) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        let (_, peer) = socket.recv_from(&mut buffer).await.unwrap();
        let transfer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut size = 512;
        if options {
            size = 1428;
            transfer.send_to(b"\0\x06blksize\x001428\0", peer).await.unwrap();
            transfer.recv_from(&mut buffer).await.unwrap();
        }
        for (number, block) in
            file.chunks(size).chain(file.len().is_multiple_of(size).then_some(&[][..])).enumerate()
        {
            let head = [[0, 3], (number as u16 + 1).to_be_bytes()].concat();
            transfer.send_to(&[&head, block].concat(), peer).await.unwrap();
            transfer.recv_from(&mut buffer).await.unwrap();
        }
    });
    port
}

#[tokio::test]
async fn tftp_reads_with_and_without_options() {
    for (length, options) in [(10, false), (1024, false), (5000, true), (2856, true)] {
        let file: Vec<u8> = (0..length).map(|i| i as u8).collect();
        let port = serve_tftp(file.clone(), options).await;
        let fetcher = fetcher(|_| {});
        let asked = Request { scheme: Scheme::Tftp, ..request(port, "mips") };
        let got = fetcher.fetch(SOURCE, asked).await.unwrap();
        assert_eq!((&*got.bytes, got.url), (&*file, format!("tftp://127.0.0.1:{port}/mips")));
    }
}

#[test]
fn hosts_and_ports_are_split() {
    let check = |text: &str, expect: Option<(&str, u16)>| {
        let expect = expect.map(|(host, port)| (host.to_string(), port));
        assert_eq!(split_host_port(text, 80), expect, "{text}");
    };
    check("192.0.2.1", Some(("192.0.2.1", 80)));
    check("example.com:8080", Some(("example.com", 8080)));
    check("[2001:db8::1]:81", Some(("2001:db8::1", 81)));
    check("a:b:c", None);
    check("", None);
    check("a b", None);
    check("a\u{202e}", None);
}
