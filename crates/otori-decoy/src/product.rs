//! A prepared device as the decoy plays it: its profile as a persona, its machines as guests.
//!
//! Key type: [`Product`]. Neighbours: `otori_device` owns the profile and starts machines; [`crate::appliance`] is
//! what the fronts see.
use crate::appliance::{Appliance, Boot, Persona, Purpose};
use crate::credential::{CredentialPolicy, KnownList, Pair};
use crate::engine::guest::Guest;
use crate::engine::machine::{MachineGuest, Wire};
use crate::front::http::site::{Action, Page, Route, Site};
use crate::front::telnet::login::LoginTexts;
use otori_device::profile::{PairTable, RouteTable, Usual};
use otori_device::{Device, Profile, SessionSetup};
use std::sync::Arc;

/// Log-in names that a shell sees; longer or stranger ones stay out of its environment.
const USER_MAX: usize = 32;

/// Why a device cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProductError {
    /// a list of credentials that does not exist
    #[error("the product asks for the credential list {0:?}; there is \"mirai\"")]
    List(String),
}

/// A device with its persona.
pub struct Product {
    device: Arc<Device>,
    persona: Persona,
    usual: Arc<Usual>,
}

impl Product {
    /// Reads the persona out of the device's profile.
    ///
    /// # Errors
    /// [`ProductError`] when the profile names what the decoy does not have.
    pub fn new(device: Arc<Device>) -> Result<Self, ProductError> {
        let profile = device.profile();
        let telnet = profile.table.telnet.as_ref();
        let persona = Persona {
            product: Some(profile.id.clone()),
            texts: LoginTexts {
                banner: lines(telnet.map_or("", |t| &t.banner)),
                user_prompt: profile.user_prompt().into_bytes(),
                password_prompt: telnet.map_or("Password: ", |t| &t.password_prompt).into(),
            },
            motd: lines(telnet.map_or("", |t| &t.motd)),
            credentials: credentials(profile)?,
            site: site(profile),
            own_web_port: profile.own_web_port(),
            device_files: Arc::new(device.program_hashes().clone()),
        };
        let usual = Arc::new(Usual::of(profile));
        Ok(Product { device, persona, usual })
    }
}

/// Text of a file as a terminal gets it.
fn lines(text: &str) -> Vec<u8> {
    text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes()
}

fn credentials(profile: &Profile) -> Result<CredentialPolicy, ProductError> {
    let table = &profile.table.credentials;
    let list = |name: &String| match name.as_str() {
        "mirai" => Ok(KnownList::Mirai),
        _ => Err(ProductError::List(name.clone())),
    };
    let pairs = |rows: &[PairTable]| {
        rows.iter().map(|row| Pair { user: row.user.clone(), password: row.password.clone() }).collect()
    };
    Ok(CredentialPolicy {
        lists: table.lists.iter().map(list).collect::<Result<_, _>>()?,
        accept: pairs(&table.accept),
        deny: pairs(&table.deny),
        accept_any_after: table.accept_any_after,
        users: table.users.clone(),
    })
}

fn site(profile: &Profile) -> Site {
    let Some(http) = &profile.table.http else { return Site::default() };
    let routes = http.route.iter().filter_map(|row| {
        let action = action(profile, row)?;
        Some(Route { path: row.path.clone(), methods: row.methods.clone(), action })
    });
    Site { server: http.server.clone(), routes: routes.collect() }
}

fn action(profile: &Profile, row: &RouteTable) -> Option<Action> {
    let content_type = row.content_type().to_string();
    if let Some(template) = &row.exec {
        return Some(Action::Exec { template: template.clone(), content_type });
    }
    if let Some(form) = &row.sign_in {
        return Some(Action::SignIn {
            user_field: form.user_field.clone(),
            password_field: form.password_field.clone(),
            location: form.location.clone(),
            failure: Page { content_type: "text/html".into(), body: profile.page(&form.failure).to_vec() },
        });
    }
    let page = Page { content_type, body: profile.page(row.file.as_deref()?).to_vec() };
    Some(match &row.realm {
        Some(realm) => Action::Protected { realm: realm.clone(), page },
        None => Action::Page(page),
    })
}

/// busybox login puts the name that logged in into the environment.
fn name_user(environment: &mut [Vec<u8>], user: &[u8]) {
    if user.len() > USER_MAX || !user.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
        return;
    }
    for row in environment {
        for name in [&b"USER="[..], b"LOGNAME="] {
            if row.starts_with(name) {
                *row = [name, user].concat();
            }
        }
    }
}

impl Appliance for Product {
    fn persona(&self) -> &Persona {
        &self.persona
    }
    fn boot(&self, boot: Boot) -> Result<Box<dyn Guest>, String> {
        let Boot { seed, wall, peer, local, outside, purpose } = boot;
        let setup = SessionSetup { seed, wall_ns: wall.0, peer: Some(peer), local: Some(local), outside };
        let mut machine = self.device.session(setup);
        let (spawn, wire) = match purpose {
            Purpose::Server => {
                return Ok(Box::new(MachineGuest::servers(machine, self.usual.clone())));
            }
            Purpose::Shell { user, window: (columns, rows) } => {
                let tty = machine.tty_open().map_err(|error| format!("no terminal: {}", error.name()))?;
                machine.tty_resize(tty, rows, columns);
                let mut spawn = self.device.log_in(tty);
                name_user(&mut spawn.environment, &user);
                (spawn, Wire::Terminal(tty))
            }
            Purpose::Command(line) => {
                machine.host_stdin_close();
                (self.device.command(&line), Wire::Pipes)
            }
        };
        let leader = machine.spawn(spawn).map_err(|error| format!("the shell does not start: {error}"))?;
        Ok(Box::new(MachineGuest::visit(machine, wire, leader)))
    }
}
