//! A client of the hub for tests: signs in with the printed link, reads the event stream. HTTP/1.0, so that
//! answers are not chunked.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A signed-in client.
pub struct Hub {
    address: SocketAddr,
    cookie: String,
}

impl Hub {
    /// Takes the link that `otori up` printed: `http://127.0.0.1:PORT/sign-in#TOKEN`.
    pub fn sign_in(link: &str) -> Hub {
        let rest = link.trim().strip_prefix("http://").unwrap_or_else(|| panic!("no link: {link}"));
        let (address, rest) = rest.split_once('/').unwrap();
        let (_, token) = rest.split_once('#').unwrap();
        let address: SocketAddr = address.parse().unwrap();
        let body = format!("{{\"token\":\"{token}\"}}");
        let (head, answer) = exchange(address, "POST", "/api/v1/sign-in", "", &body);
        assert!(head.starts_with("HTTP/1.0 200") || head.starts_with("HTTP/1.1 200"), "{head}\n{answer}");
        let cookie = head
            .lines()
            .find_map(|line| line.to_lowercase().starts_with("set-cookie:").then(|| line[11..].trim()));
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).unwrap().to_owned();
        Hub { address, cookie }
    }

    /// GET, the body.
    pub fn get(&self, path: &str) -> String {
        let (head, body) = exchange(self.address, "GET", path, &self.cookie, "");
        assert!(head.contains(" 200 "), "{path}: {head}\n{body}");
        body
    }

    /// The data lines of the event stream, until the hub goes away.
    pub fn stream(&self) -> impl Iterator<Item = String> + use<> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write_request(&mut stream, self.address, "GET", "/api/v1/stream", &self.cookie, "");
        let lines = BufReader::new(stream).split(b'\n').map_while(Result::ok);
        lines.filter_map(|line| Some(String::from_utf8(line).ok()?.strip_prefix("data:")?.trim().to_owned()))
    }
}

fn write_request(
    stream: &mut TcpStream,
    address: SocketAddr,
    method: &str,
    path: &str,
    cookie: &str,
    body: &str,
) {
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\nCookie: {cookie}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
}

fn exchange(address: SocketAddr, method: &str, path: &str, cookie: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write_request(&mut stream, address, method, path, cookie, body);
    let mut answer = vec![];
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (head.to_owned(), body.to_owned())
}
