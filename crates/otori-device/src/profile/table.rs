//! The tables of `product.toml` as they are written; key type [`ProfileTable`]. Neighbour: mod.rs checks them.
//! An unknown key is an error, so that a typing mistake never passes silently.
use super::hardware::HardwareTable;
use super::service::{InterfaceTable, ResponderTable, ServiceTable};
use serde::Deserialize;
use std::net::Ipv4Addr;

/// `product.toml`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileTable {
    /// `[product]`
    pub product: ProductTable,
    /// `[kernel]`
    pub kernel: KernelTable,
    /// `[network]`
    pub network: NetworkTable,
    /// `[[interface]]`, beside that of `[network]`
    #[serde(default)]
    pub interface: Vec<InterfaceTable>,
    /// `[[mtd]]`
    #[serde(default)]
    pub mtd: Vec<MtdTable>,
    /// `[hardware]`
    #[serde(default)]
    pub hardware: HardwareTable,
    /// `[[mount]]`, parents first
    pub mount: Vec<MountTable>,
    /// `[userland]`
    pub userland: UserlandTable,
    /// `[files]`
    #[serde(default)]
    pub files: FilesTable,
    /// `[boot]`
    #[serde(default)]
    pub boot: BootTable,
    /// `[shell]`
    #[serde(default)]
    pub shell: ShellTable,
    /// `[credentials]`
    #[serde(default)]
    pub credentials: CredentialTable,
    /// `[telnet]`
    pub telnet: Option<TelnetTable>,
    /// `[http]`
    pub http: Option<HttpTable>,
    /// `[[service]]`, in the order of their start
    #[serde(default)]
    pub service: Vec<ServiceTable>,
    /// `[[responder]]`
    #[serde(default)]
    pub responder: Vec<ResponderTable>,
    /// `[[resident]]`
    #[serde(default)]
    pub resident: Vec<ResidentTable>,
}

/// What the product is called.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductTable {
    /// short name, equal to the folder's
    pub id: String,
    /// maker
    pub vendor: String,
    /// model
    pub model: String,
    /// what it is, for people
    pub kind: String,
    /// version of its firmware
    #[serde(default)]
    pub firmware: String,
    /// instruction set, as `mips32el`
    pub isa: String,
}

/// What its kernel says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelTable {
    /// `uname -n`
    pub hostname: String,
    /// `uname -r`
    pub release: String,
    /// `uname -v`
    pub version: String,
    /// `/proc/version`
    pub banner: String,
    /// `/proc/cmdline`
    #[serde(default)]
    pub cmdline: String,
    /// memory that Linux has, KiB
    pub memory_kib: u64,
    /// memory of the kernel itself, KiB
    #[serde(default)]
    pub kernel_kib: u64,
    /// how long it has been up when a session starts, seconds
    #[serde(default)]
    pub uptime_seconds: u64,
    /// file with the text of `/proc/cpuinfo`
    pub cpuinfo: Option<String>,
    /// file with the text of `/proc/interrupts`
    pub interrupts: Option<String>,
    /// file with the text of `/proc/iomem`
    pub iomem: Option<String>,
    /// file with the text of `/proc/devices`
    pub devices: Option<String>,
    /// `/proc/filesystems`: names, `nodev ` in front where no device is needed
    #[serde(default)]
    pub filesystems: Vec<String>,
    /// lines of `/proc/modules`
    #[serde(default)]
    pub modules: Vec<String>,
}

/// Its network.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkTable {
    /// name of the interface
    pub interface: String,
    /// unicast hardware address
    pub mac: String,
    /// address when a session brings none of its own
    pub address: Ipv4Addr,
    /// length of the subnet prefix
    pub prefix: u8,
    /// next hop to everywhere
    pub gateway: Option<Ipv4Addr>,
    /// its hardware address
    pub gateway_mac: Option<String>,
    /// the kernel knows IPv6; without it AF_INET6 is refused and /proc/net has no files of it
    #[serde(default)]
    pub ipv6: bool,
}

/// A flash partition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MtdTable {
    /// name
    pub name: String,
    /// size, KiB
    pub size_kib: u32,
    /// erase block, KiB
    pub erase_kib: u32,
}

/// A mounted file system.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MountTable {
    /// absolute path
    pub at: String,
    /// first field of `/proc/mounts`
    pub source: String,
    /// `squashfs`, `jffs2`, `tmpfs`, `proc`, `sysfs`, `devtmpfs`, `devpts` …
    #[serde(rename = "type")]
    pub fstype: String,
    /// options behind `rw` or `ro`
    pub options: Option<String>,
    /// refuse every change
    #[serde(default)]
    pub read_only: bool,
    /// refuse to execute
    #[serde(default)]
    pub no_execute: bool,
    /// permission bits of its root, octal
    pub mode: Option<String>,
    /// most new content, KiB; 0 for no limit but the session's
    #[serde(default)]
    pub size_kib: u64,
    /// major number of its device
    #[serde(default)]
    pub major: u32,
    /// minor number of its device
    pub minor: Option<u32>,
}

/// Where its programs come from: a Debian package, a folder beside the profile, or both: then the package fills
/// what the folder lacks (a shell, for an image without one).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserlandTable {
    /// Debian package
    pub package: Option<String>,
    /// Debian architecture
    pub architecture: Option<String>,
    /// folder with a whole root file system
    pub rootfs: Option<String>,
    /// the one program that is taken from the package, as `bin/busybox`
    pub program: Option<String>,
    /// file with the absolute paths that link to it
    pub applets: Option<String>,
    /// text that stands in place of the program's own version line; not longer than that
    pub banner: Option<String>,
    /// whole texts of the program that it must not print, because the vendor's build has not compiled them in
    #[serde(default)]
    pub silent: Vec<String>,
}

/// Rules for the files of the product.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesTable {
    /// time of files that have none, seconds since 1970
    #[serde(default)]
    pub time: i64,
    /// permission bits that are not 0644
    #[serde(default)]
    pub mode: Vec<ModeTable>,
    /// folders to be made
    #[serde(default)]
    pub folder: Vec<ModeTable>,
}

/// A path and its permission bits.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModeTable {
    /// path below the root
    pub path: String,
    /// permission bits, octal
    pub mode: Option<String>,
}

/// What runs before the first session.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootTable {
    /// absolute path of a shell script
    pub script: Option<String>,
}

/// What a log-in starts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShellTable {
    /// absolute path
    pub path: String,
    /// argument 0; a leading `-` makes a log-in shell
    pub argument0: String,
    /// working folder
    pub home: String,
    /// `NAME=value`
    pub environment: Vec<String>,
}

impl Default for ShellTable {
    fn default() -> ShellTable {
        ShellTable {
            path: "/bin/sh".into(),
            argument0: "-sh".into(),
            home: "/".into(),
            environment: [
                "HOME=/",
                "PATH=/sbin:/usr/sbin:/bin:/usr/bin",
                "SHELL=/bin/sh",
                "TERM=vt102",
                "USER=root",
            ]
            .map(String::from)
            .into(),
        }
    }
}

/// Who gets in. The decoy resolves the names of lists and decides.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct CredentialTable {
    /// known lists whose pairs are accepted: `mirai`
    pub lists: Vec<String>,
    /// further pairs that are accepted
    pub accept: Vec<PairTable>,
    /// pairs that never work
    pub deny: Vec<PairTable>,
    /// users that exist; empty: every name does
    pub users: Vec<String>,
    /// any pair works from this try of a source on; 0 never
    pub accept_any_after: u32,
}

/// A user name and a password.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PairTable {
    /// user name
    pub user: String,
    /// password; `*` for any
    pub password: String,
}

/// Its telnet daemon.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct TelnetTable {
    /// the product's own port
    pub port: u16,
    /// sent before the first prompt
    #[serde(default)]
    pub banner: String,
    /// asks for the user; `{hostname}` is filled in
    pub user_prompt: String,
    /// asks for the password
    pub password_prompt: String,
    /// shown after log-in
    #[serde(default)]
    pub motd: String,
}

/// Its web server.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct HttpTable {
    /// the product's own port
    pub port: u16,
    /// the Server field; empty for none
    #[serde(default)]
    pub server: String,
    /// routes in order; the first that fits counts
    #[serde(default)]
    pub route: Vec<RouteTable>,
}

/// A path and what it does: exactly one of `file`, `exec`, `sign_in`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct RouteTable {
    /// exact path, or a prefix that ends with `*`
    pub path: String,
    /// methods; empty for all
    #[serde(default)]
    pub methods: Vec<String>,
    /// a page: file of the product
    pub file: Option<String>,
    /// behind HTTP basic authentication with this realm
    pub realm: Option<String>,
    /// a command line on the device; `{name}` stands for a parameter, `{}` for the whole query
    pub exec: Option<String>,
    /// takes a sign-in form
    pub sign_in: Option<SignInTable>,
    /// type of the answer; by the file's name if not given
    pub content_type: Option<String>,
}

/// A sign-in form.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct SignInTable {
    /// name of the user field
    pub user_field: String,
    /// name of the password field
    pub password_field: String,
    /// where a success leads
    pub location: String,
    /// page that a failure shows: file of the product
    pub failure: String,
}

/// A process that only stands in the process table.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ResidentTable {
    /// process id
    pub pid: u32,
    /// parent
    pub parent: u32,
    /// name, at most 15 bytes
    pub comm: String,
    /// arguments; none for kernel threads
    #[serde(default)]
    pub arguments: Vec<String>,
    /// virtual size, KiB
    #[serde(default)]
    pub virtual_kib: u64,
    /// after boot, milliseconds
    #[serde(default)]
    pub start_ms: u64,
}
