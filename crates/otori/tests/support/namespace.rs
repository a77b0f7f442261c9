//! A small network of namespaces, made by the test and removed with it. Documentation addresses only.
use std::process::{Command, Stdio};

/// Hosts and their links. Dropping it removes them.
pub struct Network {
    prefix: String,
    hosts: Vec<String>,
}

/// Runs `ip …`; panics with the command when it fails.
fn ip(arguments: &str) {
    let output = Command::new("ip").args(arguments.split_whitespace()).output().unwrap();
    assert!(output.status.success(), "ip {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Network {
    /// No host yet; `None`, with the reason printed, where namespaces cannot be made.
    pub fn new(name: &str) -> Option<Network> {
        if std::env::var_os("OTORI_NO_NETNS").is_some() {
            println!("SKIPPED: network namespaces are switched off (OTORI_NO_NETNS)");
            return None;
        }
        let probe = format!("otori-probe-{}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &probe]).stderr(Stdio::null()).status();
        if !made.is_ok_and(|status| status.success()) {
            println!("SKIPPED: cannot make network namespaces (needs root and iproute2)");
            return None;
        }
        ip(&format!("netns del {probe}"));
        Some(Network { prefix: format!("ot{}{name}", std::process::id() % 100_000), hosts: vec![] })
    }

    fn full(&self, host: &str) -> String {
        format!("{}-{host}", self.prefix)
    }

    /// Adds a host with its loopback up.
    pub fn host(&mut self, host: &str) {
        ip(&format!("netns add {}", self.full(host)));
        self.hosts.push(host.to_owned());
        ip(&format!("-n {} link set lo up", self.full(host)));
    }

    /// Joins two hosts by a pair of interfaces; an address of "-" leaves that end without one.
    pub fn link(
        &self,
        (a, a_if, a_addresses): (&str, &str, &[&str]),
        (b, b_if, b_addresses): (&str, &str, &[&str]),
    ) {
        ip(&format!(
            "link add {a_if} netns {} type veth peer name {b_if} netns {}",
            self.full(a),
            self.full(b)
        ));
        for (host, interface, addresses) in [(a, a_if, a_addresses), (b, b_if, b_addresses)] {
            let host = self.full(host);
            for address in addresses {
                ip(&format!("-n {host} addr add {address} dev {interface}"));
            }
            ip(&format!("-n {host} link set {interface} up"));
        }
    }

    /// A default route.
    pub fn route(&self, host: &str, gateway: &str) {
        ip(&format!("-n {} route add default via {gateway}", self.full(host)));
    }

    /// A command that runs in the host.
    pub fn command(&self, host: &str, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.full(host), program]);
        command
    }

    /// Lets the host forward packets.
    pub fn forward(&self, host: &str) {
        let status =
            self.command(host, "sh").args(["-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for host in &self.hosts {
            let _ = Command::new("ip").args(["netns", "del", &self.full(host)]).status();
        }
    }
}
