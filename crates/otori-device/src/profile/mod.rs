//! A product as data: `product.toml` and the files beside it; key type [`Profile`]. Neighbours: table.rs is the
//! file's form, device.rs makes machines of it. Errors name file, line, column and remedy.
mod error;
mod hardware;
mod service;
mod source;
mod table;
mod usual;

pub use error::{Place, ProfileError};
pub use service::{AnswerTable, DeedTable, FieldTable, InterfaceTable, ResponderTable, ServiceTable};
pub use source::Source;
pub use table::{
    BootTable, CredentialTable, FilesTable, HttpTable, KernelTable, ModeTable, MountTable, MtdTable,
    NetworkTable, PairTable, ProductTable, ProfileTable, ResidentTable, RouteTable, ShellTable, SignInTable,
    TelnetTable, UserlandTable,
};
pub use usual::Usual;

use otori_event::ProductId;
use otori_linux::Isa;
use otori_linux::proc::{DeviceIdentity, MtdPartition};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Name of the profile in a product folder.
const FILE: &str = "product.toml";
/// Instruction sets as `product.toml` names them.
const MACHINES: &[(&str, Isa)] = &[
    ("mips32el", Isa::Mips32El),
    ("mips32eb", Isa::Mips32Eb),
    ("armel", Isa::ArmEl),
    ("armeb", Isa::ArmEb),
    ("aarch64", Isa::Aarch64),
    ("i386", Isa::I386),
    ("x86-64", Isa::X86_64),
];
/// Most rows of each list.
const ROWS_MAX: usize = 1_000;

/// A product that was read and checked.
#[derive(Clone, Debug)]
pub struct Profile {
    /// its name
    pub id: ProductId,
    /// instruction set
    pub isa: Isa,
    /// hardware address
    pub mac: [u8; 6],
    /// hardware address of the gateway
    pub gateway_mac: [u8; 6],
    /// what its kernel shows
    pub identity: DeviceIdentity,
    /// everything else as it was written
    pub table: ProfileTable,
    /// where its files are
    pub source: Source,
    /// pages of the web server by their file
    pub pages: BTreeMap<String, Vec<u8>>,
}

/// Names of the instruction sets, for messages.
pub(crate) fn known_machines() -> String {
    MACHINES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// Whether products of that set can be described.
pub(crate) fn is_known(isa: Isa) -> bool {
    MACHINES.iter().any(|(_, known)| *known == isa)
}

/// A product in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// its name
    pub id: String,
    /// where it is
    pub source: Source,
}

impl Profile {
    /// Every product: those in `products` on the host, then those that came with the binary and are not covered.
    pub fn list(products: &Path) -> Vec<Listed> {
        let mut all = BTreeMap::new();
        for id in Source::embedded_names() {
            all.insert(id.to_string(), Source::Embedded(id.into()));
        }
        for entry in fs::read_dir(products).into_iter().flatten().flatten().take(ROWS_MAX) {
            let path = entry.path();
            if let Some(id) = path.file_name().and_then(|name| name.to_str())
                && id.parse::<ProductId>().is_ok()
                && path.join(FILE).is_file()
            {
                all.insert(id.to_string(), Source::Folder(path.clone()));
            }
        }
        all.into_iter().map(|(id, source)| Listed { id, source }).collect()
    }

    /// The product of that name: in `products` on the host, else one that came with the binary.
    pub fn find(id: &str, products: &Path) -> Result<Profile, ProfileError> {
        let all = Profile::list(products);
        let found = all.iter().find(|listed| listed.id == id);
        let names = || all.iter().map(|listed| listed.id.clone()).collect::<Vec<_>>().join(", ");
        let listed = found.ok_or_else(|| {
            let remedy =
                format!("there are: {}; import one with `otori product import --rootfs DIR`", names());
            ProfileError::of_file(products.join(id), "there is no such product", remedy)
        })?;
        Profile::from_source(listed.source.clone())
    }

    /// The product in a folder of the host.
    pub fn load(folder: &Path) -> Result<Profile, ProfileError> {
        Profile::from_source(Source::Folder(folder.into()))
    }

    /// A product that came with the binary.
    pub fn embedded(id: &str) -> Result<Profile, ProfileError> {
        Profile::from_source(Source::Embedded(id.into()))
    }

    fn from_source(source: Source) -> Result<Profile, ProfileError> {
        let bytes = source.read(FILE)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| ProfileError::of_file(source.path(FILE), "is not UTF-8 text", "save it as UTF-8"))?;
        check_text(&source, &text)
    }

    /// The port of the web server inside the device, for a product that runs its own.
    pub fn own_web_port(&self) -> Option<u16> {
        let port = self.table.http.as_ref()?.port;
        self.table.service.iter().any(|service| service.listens.contains(&port)).then_some(port)
    }

    /// A page of the web server.
    pub fn page(&self, file: &str) -> &[u8] {
        self.pages.get(file).map(Vec::as_slice).unwrap_or_default()
    }

    /// The telnet daemon's prompt for the user, host name filled in.
    pub fn user_prompt(&self) -> String {
        let template = self.table.telnet.as_ref().map_or("{hostname} login: ", |telnet| &telnet.user_prompt);
        template.replace("{hostname}", &self.table.kernel.hostname)
    }
}

impl RouteTable {
    /// Type of the answer: as given, else by the ending of the file.
    pub fn content_type(&self) -> &str {
        if let Some(given) = &self.content_type {
            return given;
        }
        match self.file.as_deref().and_then(|file| file.rsplit_once('.')).map(|(_, ending)| ending) {
            Some("html" | "htm") => "text/html",
            Some("css") => "text/css",
            Some("js") => "application/javascript",
            Some("svg") => "image/svg+xml",
            Some("png") => "image/png",
            Some("jpg" | "jpeg") => "image/jpeg",
            Some("gif") => "image/gif",
            Some("ico") => "image/x-icon",
            _ => "text/plain",
        }
    }
}

/// The six bytes of a hardware address.
pub(crate) fn mac_bytes(text: &str) -> Option<[u8; 6]> {
    let parts = text.split(':').map(|part| u8::from_str_radix(part, 16).ok());
    parts.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

/// Reads and checks the text of a `product.toml`.
fn check_text(source: &Source, text: &str) -> Result<Profile, ProfileError> {
    let table: ProfileTable =
        toml::from_str(text).map_err(|error| ProfileError::of_toml(source.path(FILE), text, &error))?;
    Check { source, text }.profile(table)
}

/// Reads what a table refers to and says where it is wrong.
struct Check<'a> {
    source: &'a Source,
    text: &'a str,
}

impl Check<'_> {
    /// An error at the place where a value is written.
    fn error(&self, value: &str, problem: String, remedy: &str) -> ProfileError {
        let quoted = format!("\"{value}\"");
        let byte = self.text.find(&quoted).or_else(|| self.text.find(value)).unwrap_or(0);
        ProfileError::at(self.source.path(FILE), self.text, byte, problem, remedy)
    }

    fn profile(&self, table: ProfileTable) -> Result<Profile, ProfileError> {
        let id: ProductId = table.product.id.parse().map_err(|_| {
            let problem = format!("{:?} cannot name a product", table.product.id);
            self.error(&table.product.id, problem, "use 1 to 64 of a-z, 0-9 and -")
        })?;
        let isa = MACHINES.iter().find(|(name, _)| *name == table.product.isa).map(|(_, isa)| *isa);
        let isa = isa.ok_or_else(|| {
            let problem = format!("unknown instruction set {:?}", table.product.isa);
            self.error(&table.product.isa, problem, &format!("use one of: {}", known_machines()))
        })?;
        let mac = self.mac(&table.network.mac)?;
        let gateway_mac = match &table.network.gateway_mac {
            Some(text) => self.mac(text)?,
            None => [0x02, 0, 0, 0, 0, 1],
        };
        if table.network.prefix > 32 {
            let problem = format!("a prefix of {} bits", table.network.prefix);
            return Err(self.error("prefix", problem, "use 0 to 32, usually 24"));
        }
        self.mounts(&table.mount)?;
        self.userland(&table.userland)?;
        self.interfaces(&table.network.interface, &table.interface)?;
        self.services(&table.service)?;
        self.responders(&table.responder)?;
        for mode in table.files.mode.iter().chain(&table.files.folder) {
            self.mode(mode.mode.as_deref())?;
        }
        let identity = self.identity(isa, &table)?;
        let pages = self.pages(table.http.as_ref())?;
        for resident in &table.resident {
            if resident.comm.len() > 15 {
                let problem = format!("the name {:?} is longer than 15 bytes", resident.comm);
                return Err(self.error(&resident.comm, problem, "shorten it, as the kernel does"));
            }
        }
        let source = self.source.clone();
        Ok(Profile { id, isa, mac, gateway_mac, identity, table, source, pages })
    }

    fn mac(&self, text: &str) -> Result<[u8; 6], ProfileError> {
        match mac_bytes(text) {
            Some(mac) if mac[0] & 1 == 0 => Ok(mac),
            Some(_) => {
                let problem = format!("{text} is a multicast address, which no interface has");
                Err(self.error(text, problem, "make the first byte even"))
            }
            None => {
                let problem = format!("{text:?} is no hardware address");
                Err(self.error(text, problem, "write six bytes, as d0:c6:1b:01:02:03"))
            }
        }
    }

    fn mounts(&self, mounts: &[MountTable]) -> Result<(), ProfileError> {
        if mounts.first().is_none_or(|mount| mount.at != "/") {
            let problem = "the first mount is not /".to_string();
            return Err(self.error("[[mount]]", problem, "list the root file system first"));
        }
        for mount in mounts {
            if !mount.at.starts_with('/') || mount.at.split('/').any(|part| part == "..") {
                let problem = format!("{:?} is no absolute path", mount.at);
                return Err(self.error(&mount.at, problem, "write it from the root, as /tmp"));
            }
            self.mode(mount.mode.as_deref())?;
        }
        let twice = |mount: &&MountTable| mounts.iter().filter(|other| other.at == mount.at).count() > 1;
        if let Some(mount) = mounts.iter().find(twice) {
            let problem = format!("{} is mounted twice", mount.at);
            return Err(self.error(&mount.at, problem, "remove one of the two"));
        }
        if mounts.len() > otori_linux::vfs::MOUNTS_MAX / 8 {
            let problem = format!("{} mounts", mounts.len());
            return Err(self.error("[[mount]]", problem, "a product has at most 32"));
        }
        Ok(())
    }

    fn mode(&self, text: Option<&str>) -> Result<(), ProfileError> {
        let Some(text) = text else { return Ok(()) };
        if u16::from_str_radix(text, 8).is_ok_and(|mode| mode <= 0o7777) {
            return Ok(());
        }
        let problem = format!("{text:?} are no permission bits");
        Err(self.error(text, problem, "write them in octal, as \"0755\""))
    }

    fn userland(&self, userland: &UserlandTable) -> Result<(), ProfileError> {
        match (&userland.package, &userland.rootfs) {
            (Some(package), _) => {
                let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
                if !package.starts_with(|c: char| c.is_ascii_alphanumeric()) || !package.chars().all(fits) {
                    let problem = format!("{package:?} cannot name a Debian package");
                    return Err(self.error(package, problem, "use a name as busybox-static"));
                }
                let architecture = userland.architecture.as_deref().unwrap_or_default();
                if architecture.is_empty()
                    || !architecture.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                {
                    let problem = format!("{architecture:?} cannot name a Debian architecture");
                    return Err(self.error("[userland]", problem, "add architecture = \"mipsel\""));
                }
                Ok(())
            }
            (None, Some(_)) => Ok(()),
            (None, None) => {
                let problem = "the programs come from nowhere".to_string();
                Err(self.error("[userland]", problem, "add package or rootfs, or both to fill gaps"))
            }
        }
    }

    fn text_file(&self, file: Option<&str>) -> Result<String, ProfileError> {
        match file {
            Some(file) => Ok(String::from_utf8_lossy(&self.source.read(file)?).into_owned()),
            None => Ok(String::new()),
        }
    }

    /// As given; without one, that of the camera for MIPS, whose instruction set it is. Others show their own.
    fn cpuinfo(&self, isa: Isa, file: Option<&str>) -> Result<String, ProfileError> {
        let camera = Source::Embedded("camera-mipsel".into());
        let bytes = match file {
            Some(file) => self.source.read(file)?,
            None if matches!(isa, Isa::Mips32El | Isa::Mips32Eb) => camera.read("proc/cpuinfo")?,
            None => Vec::new(),
        };
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn identity(&self, isa: Isa, table: &ProfileTable) -> Result<DeviceIdentity, ProfileError> {
        let kernel = &table.kernel;
        let filesystems = kernel.filesystems.iter().map(|name| match name.strip_prefix("nodev ") {
            Some(name) => (name.to_string(), false),
            None => (name.clone(), true),
        });
        let mtd = table.mtd.iter().map(|part| MtdPartition {
            name: part.name.clone(),
            size: part.size_kib.saturating_mul(1024),
            erase_size: part.erase_kib.saturating_mul(1024),
        });
        let defaults = DeviceIdentity::default();
        Ok(DeviceIdentity {
            cpuinfo: self.cpuinfo(isa, kernel.cpuinfo.as_deref())?,
            version: kernel.banner.clone(),
            cmdline: kernel.cmdline.clone(),
            memory_kib: kernel.memory_kib,
            kernel_kib: kernel.kernel_kib,
            mtd: mtd.collect(),
            filesystems: if kernel.filesystems.is_empty() {
                defaults.filesystems
            } else {
                filesystems.collect()
            },
            modules: kernel.modules.clone(),
            devices: self.text_file(kernel.devices.as_deref())?,
            interrupts: self.text_file(kernel.interrupts.as_deref())?,
            iomem: self.text_file(kernel.iomem.as_deref())?,
            hardware: table.hardware.build(),
        })
    }

    fn pages(&self, http: Option<&HttpTable>) -> Result<BTreeMap<String, Vec<u8>>, ProfileError> {
        let mut pages = BTreeMap::new();
        for route in http.map(|http| &http.route[..]).unwrap_or_default().iter().take(ROWS_MAX) {
            let deeds = [route.file.is_some(), route.exec.is_some(), route.sign_in.is_some()];
            if deeds.iter().filter(|deed| **deed).count() != 1 {
                let problem = format!("the route {} does not do exactly one thing", route.path);
                return Err(self.error(&route.path, problem, "give one of file, exec and sign_in"));
            }
            let failure = route.sign_in.as_ref().map(|form| &form.failure);
            for file in route.file.iter().chain(failure) {
                if !pages.contains_key(file) {
                    pages.insert(file.clone(), self.source.read(file)?);
                }
            }
        }
        Ok(pages)
    }
}

/// The profile of an imported root folder, to be edited by its owner.
pub(crate) fn template(id: &str, isa: Isa) -> String {
    let machine = MACHINES.iter().find(|(_, known)| *known == isa).map_or("mips32el", |(name, _)| *name);
    TEMPLATE.replace("{id}", id).replace("{isa}", machine)
}

const TEMPLATE: &str = include_str!("imported.toml");

#[cfg(test)]
mod tests {
    use super::*;

    /// The error that a change of the camera's profile gives.
    fn check(from: &str, to: &str, expect: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let camera = Source::Embedded("camera-mipsel".into());
        let text = String::from_utf8(camera.read(FILE).unwrap()).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(folder.path().join(FILE), text.replacen(from, to, 1)).unwrap();
        for (path, bytes) in
            camera.embedded_below("proc").into_iter().map(|(path, bytes)| (format!("proc/{path}"), bytes))
        {
            fs::create_dir_all(folder.path().join("proc")).unwrap();
            fs::write(folder.path().join(path), bytes).unwrap();
        }
        let error = Profile::load(folder.path()).unwrap_err().to_string();
        for part in expect {
            assert!(error.contains(part), "{part:?} is not in: {error}");
        }
    }

    #[test]
    fn the_embedded_camera_is_whole() {
        let profile = Profile::embedded("camera-mipsel").unwrap();
        assert_eq!(profile.id.as_str(), "camera-mipsel");
        assert_eq!(profile.isa, Isa::Mips32El);
        assert_eq!(profile.user_prompt(), "HV-C210W login: ");
        assert!(profile.identity.cpuinfo.contains("mips32r2"));
        assert!(profile.page("www/index.html").starts_with(b"<!DOCTYPE html>"));
        assert_eq!(profile.mac[0] & 3, 0, "a vendor's own unicast address");
        let listed = Profile::list(Path::new("/nowhere"));
        let ids: Vec<&str> = listed.iter().map(|listed| &listed.id[..]).collect();
        assert_eq!(ids, ["camera-mipsel", "tenda-ac15"]);
    }

    #[test]
    fn the_router_waits_for_its_image() {
        let profile = Profile::embedded("tenda-ac15").unwrap();
        assert_eq!((profile.isa, profile.own_web_port()), (Isa::ArmEl, Some(80)));
        let error = crate::Device::prepare(profile, Path::new("/nowhere")).err().unwrap().to_string();
        assert!(error.contains("product import --rootfs DIR --name tenda-ac15"), "{error}");
    }

    #[test]
    fn mistakes_are_named_with_place_and_remedy() {
        check(
            "hostname =",
            "hostnam =",
            &["product.toml:13:1: unknown field `hostnam`", "did you mean `hostname`?"],
        );
        check(
            "isa = \"mips32el\"",
            "isa = \"mips\"",
            &[":10:7:", "unknown instruction set", "mips32el, mips32eb"],
        );
        check("mac = \"d0:", "mac = \"d1:", &["multicast", "even"]);
        check("at = \"/\"\n", "at = \"/x\"\n", &["first mount is not /"]);
        check("mode = \"1777\"", "mode = \"rwx\"", &["octal"]);
        check("release = \"3.10.14\"\n", "", &["missing field `release`", "add `release"]);
        check("file = \"www/index.html\"", "file = \"../../x\"", &["leaves the product's folder"]);
        check("[product]", "[product", &[":4:"]);
    }

    #[test]
    fn an_unknown_product_is_told_what_there_is() {
        let error = Profile::find("toaster", Path::new("/nowhere")).unwrap_err();
        assert!(error.remedy.contains("camera-mipsel"), "{error}");
    }
}
