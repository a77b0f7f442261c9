//! `otori doctor`: what this machine has of what Otori needs, and how to mend what is missing.
use crate::verb::Failure;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Arguments of `otori doctor`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Data folder to check
    #[arg(long, value_name = "DIR", default_value = "otori-data")]
    data: PathBuf,
    /// Print one JSON object per check
    #[arg(long)]
    json: bool,
}

/// What a check found.
struct Finding {
    name: &'static str,
    needed_for: &'static str,
    result: Result<String, String>,
    required: bool,
}

/// Runs every check and prints it; exit 5 when something required is missing.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let findings = [
        program(
            "apt-get",
            "obtaining the camera's user land",
            "install Debian's package apt, or import a root file system: otori product import --rootfs DIR",
            false,
        ),
        program("dpkg-deb", "unpacking the camera's user land", "install Debian's package dpkg", false),
        data_folder(&arguments.data),
        port("the admin page", 7878),
        port("the telnet decoy", 2323),
        port("the HTTP decoy", 8080),
        packet_rights(),
        program(
            "nft",
            "the NFQUEUE guard and the nftables adapter",
            "install Debian's package nftables",
            false,
        ),
    ];
    for finding in &findings {
        print_finding(finding, arguments.json);
    }
    let broken = findings.iter().filter(|f| f.required && f.result.is_err()).count();
    if broken > 0 {
        return Err(
            Failure::Unavailable(format!("{broken} required checks failed; see the remedies above")).into()
        );
    }
    Ok(ExitCode::SUCCESS)
}

#[allow(clippy::print_stdout, reason = "the checks are this verb's data")]
fn print_finding(finding: &Finding, json: bool) {
    let (word, text) = match (&finding.result, finding.required) {
        (Ok(text), _) => ("ok", text),
        (Err(text), true) => ("FAIL", text),
        (Err(text), false) => ("warn", text),
    };
    if json {
        let line = serde_json::json!({"check": finding.name, "result": word, "detail": text, "needed_for": finding.needed_for});
        println!("{line}");
    } else {
        println!("{word:<5} {:<14} {text} ({})", finding.name, finding.needed_for);
    }
}

fn program(name: &'static str, needed_for: &'static str, remedy: &str, required: bool) -> Finding {
    let mut command = Command::new(name);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let found = command.status().is_ok();
    let result = if found { Ok("found".to_owned()) } else { Err(format!("not found; remedy: {remedy}")) };
    Finding { name, needed_for, result, required }
}

fn data_folder(folder: &Path) -> Finding {
    let probe = folder.join(".doctor");
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&probe, b"x"));
    let _ = std::fs::remove_file(&probe);
    let result = match written {
        Ok(()) => Ok(format!("{} can be written", folder.display())),
        Err(error) => {
            Err(format!("{}: {error}; remedy: choose another folder with --data", folder.display()))
        }
    };
    Finding { name: "data folder", needed_for: "events, files and recordings", result, required: true }
}

fn port(needed_for: &'static str, number: u16) -> Finding {
    let result = match TcpListener::bind(("127.0.0.1", number)) {
        Ok(_) => Ok(format!("127.0.0.1:{number} is free")),
        Err(error) => Err(format!(
            "127.0.0.1:{number}: {error}; remedy: stop what listens there (ss -ltnp), or set another port in the configuration"
        )),
    };
    Finding { name: "port", needed_for, result, required: false }
}

/// CAP_NET_RAW (bit 13) of this process, from /proc/self/status (capabilities(7)).
fn packet_rights() -> Finding {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let bits = effective.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0);
    let result = if bits >> 13 & 1 == 1 {
        Ok("CAP_NET_RAW held".to_owned())
    } else {
        Err("no CAP_NET_RAW; remedy: run the guard as root, or setcap cap_net_raw,cap_net_admin+ep on the binary".to_owned())
    };
    Finding {
        name: "packet rights",
        needed_for: "otori guard on interfaces; not needed for otori up",
        result,
        required: false,
    }
}
