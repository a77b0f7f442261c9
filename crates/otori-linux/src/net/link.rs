//! Interfaces that are made of others: bridges, VLANs, tunnels; how they come and go. Key type: [`Role`]. Neighbours:
//! `syscall/link_ioctl.rs` and netlink/change.rs ask for them, proc/ shows them. Specification: `linux/if_bridge.h`,
//! `linux/if_vlan.h`, Documentation/networking/bridge.rst.
use super::interface::{BROADCAST, Interface, MULTICAST, RUNNING, UP};
use super::network::{INTERFACES_MAX, Network};
use crate::errno::Errno;
use alloc::{format, string::String, vec::Vec};
use core::net::Ipv4Addr;

/// Ports of one bridge: BR_MAX_PORTS.
const PORTS_MAX: u16 = 1_024;
/// Longest name of an interface, with its NUL.
const NAME_BYTES: usize = 16;
/// Hundredths of a second: USER_HZ, in which bridges are configured.
const SECOND: u32 = 100;
/// Numbers of VLANs.
const VLANS: u16 = 4_096;

/// What an interface is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Role {
    /// hardware, loopback, an alias
    #[default]
    Plain,
    /// joins its ports
    Bridge(Bridge),
    /// frames of another interface with a tag
    Vlan(Vlan),
}

/// How a bridge is configured; times are hundredths of a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bridge {
    /// listening and learning take so long each
    pub forward_delay: u32,
    /// between two hellos
    pub hello_time: u32,
    /// how long what a neighbour said is believed
    pub max_age: u32,
    /// how long an address is known
    pub ageing_time: u32,
    /// the higher half of its id
    pub priority: u16,
    /// spanning tree protocol
    pub spanning_tree: bool,
    /// its own address, which it has as long as it has no port
    own: [u8; 6],
}

/// A tag on frames of another interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vlan {
    /// number of the interface below
    pub parent: u32,
    /// the tag
    pub id: u16,
    /// `VLAN_FLAG_*`
    pub flags: u32,
}

/// What a bridge can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BridgeSetting {
    /// see [`Bridge::forward_delay`]
    ForwardDelay,
    /// see [`Bridge::hello_time`]
    HelloTime,
    /// see [`Bridge::max_age`]
    MaxAge,
    /// see [`Bridge::ageing_time`]
    AgeingTime,
    /// see [`Bridge::priority`]
    Priority,
    /// see [`Bridge::spanning_tree`]
    SpanningTree,
}

/// How VLANs are named: `VLAN_NAME_TYPE_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum VlanNames {
    /// vlan0005
    PlusVid,
    /// eth1.0005
    RawPlusVid,
    /// vlan5
    PlusVidNoPad,
    /// eth1.5
    #[default]
    RawPlusVidNoPad,
}

impl VlanNames {
    /// By its number.
    pub fn from_number(number: u32) -> Option<VlanNames> {
        [VlanNames::PlusVid, VlanNames::RawPlusVid, VlanNames::PlusVidNoPad, VlanNames::RawPlusVidNoPad]
            .get(number as usize)
            .copied()
    }
    /// As `/proc/net/vlan/config` says it.
    pub fn text(self) -> &'static str {
        match self {
            VlanNames::PlusVid => "VLAN_NAME_TYPE_PLUS_VID",
            VlanNames::RawPlusVid => "VLAN_NAME_TYPE_RAW_PLUS_VID",
            VlanNames::PlusVidNoPad => "VLAN_NAME_TYPE_PLUS_VID_NO_PAD",
            VlanNames::RawPlusVidNoPad => "VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD",
        }
    }
    fn name(self, parent: &str, id: u16) -> String {
        match self {
            VlanNames::PlusVid => format!("vlan{id:04}"),
            VlanNames::RawPlusVid => format!("{parent}.{id:04}"),
            VlanNames::PlusVidNoPad => format!("vlan{id}"),
            VlanNames::RawPlusVidNoPad => format!("{parent}.{id}"),
        }
    }
}

impl Interface {
    /// How it is configured, if it is a bridge.
    pub fn bridge(&self) -> Option<&Bridge> {
        if let Role::Bridge(bridge) = &self.role { Some(bridge) } else { None }
    }
    /// Its tag, if it is a VLAN.
    pub fn vlan(&self) -> Option<Vlan> {
        if let Role::Vlan(vlan) = self.role { Some(vlan) } else { None }
    }
    /// Its id, if it is a bridge: priority and hardware address.
    pub fn bridge_id(&self) -> Option<(u16, [u8; 6])> {
        self.bridge().map(|bridge| (bridge.priority, self.mac))
    }
}

/// Whether an interface may have that name.
pub(super) fn is_name(name: &str) -> bool {
    let bad = |letter: char| letter == '/' || letter == ':' || letter.is_ascii_whitespace();
    !name.is_empty() && name.len() < NAME_BYTES && !name.contains(bad) && name != "." && name != ".."
}

impl Network {
    fn check_new(&self, name: &str) -> Result<(), Errno> {
        match () {
            () if !is_name(name) => Err(Errno::EINVAL),
            () if self.interface(name).is_some() => Err(Errno::EEXIST),
            () if self.interfaces.len() >= INTERFACES_MAX => Err(Errno::ENOBUFS),
            () => Ok(()),
        }
    }

    /// Makes a bridge, which is down; gives its number.
    pub fn add_bridge(&mut self, name: &str) -> Result<u32, Errno> {
        self.check_new(name)?;
        let number = self.add_interface(blank(name, 1_500));
        // chosen by the machine itself: locally administered, the same in every run
        let [_, b, c, d] = number.wrapping_mul(0x9e37_79b1).to_be_bytes();
        let own = [0x02, b, c, d, 0x5e, number as u8];
        let bridge = Bridge {
            forward_delay: 15 * SECOND,
            hello_time: 2 * SECOND,
            max_age: 20 * SECOND,
            ageing_time: 300 * SECOND,
            priority: 0x8000,
            spanning_tree: false,
            own,
        };
        if let Some(interface) = self.numbered_mut(number) {
            (interface.role, interface.mac) = (Role::Bridge(bridge), own);
        }
        Ok(number)
    }

    /// Makes a VLAN, which is down; gives its number. ERANGE for no tag.
    pub fn add_vlan(&mut self, parent: u32, id: u16, name: Option<&str>) -> Result<u32, Errno> {
        let below = self.numbered(parent).ok_or(Errno::ENODEV)?;
        if id >= VLANS {
            return Err(Errno::ERANGE);
        }
        if below.is_loopback() {
            return Err(Errno::EOPNOTSUPP);
        }
        let tag = |interface: &Interface| {
            interface.vlan().is_some_and(|vlan| (vlan.parent, vlan.id) == (parent, id))
        };
        if self.interfaces.iter().any(tag) {
            return Err(Errno::EEXIST);
        }
        let (mac, mtu) = (below.mac, below.mtu);
        let name = name.map_or_else(|| self.vlan_names.name(&below.name, id), String::from);
        self.check_new(&name)?;
        // VLAN_FLAG_REORDER_HDR
        let role = Role::Vlan(Vlan { parent, id, flags: 1 });
        Ok(self.add_interface(Interface { mac, role, ..blank(&name, mtu) }))
    }

    /// Takes an interface away that was made, with the VLANs on it.
    pub fn remove_link(&mut self, number: u32) -> Result<(), Errno> {
        let gone = self.numbered(number).ok_or(Errno::ENODEV)?;
        if gone.role == Role::Plain {
            return Err(Errno::EOPNOTSUPP);
        }
        let (name, master) = (gone.name.clone(), gone.master);
        let on_it = |interface: &&Interface| interface.vlan().is_some_and(|vlan| vlan.parent == number);
        let above: Vec<u32> =
            self.interfaces.iter().filter(on_it).map(|interface| interface.number).collect();
        for vlan in above {
            self.remove_link(vlan)?;
        }
        for port in self.ports_of(number) {
            self.remove_port(number, port)?;
        }
        if let Some((bridge, _)) = master {
            self.remove_port(bridge, number)?;
        }
        let alias = format!("{name}:");
        self.interfaces.retain(|other| other.number != number && !other.name.starts_with(&alias));
        self.routes.retain(|row| row.interface != name);
        self.routes6.retain(|row| row.interface != name);
        self.neighbours.retain(|row| row.2 != name);
        self.neighbours6.retain(|row| row.2 != name);
        Ok(())
    }

    /// The numbers of a bridge's ports, in the order of their places.
    pub fn ports_of(&self, bridge: u32) -> Vec<u32> {
        let place = |interface: &Interface| {
            interface.master.filter(|(of, _)| *of == bridge).map(|(_, place)| (place, interface.number))
        };
        let mut ports: Vec<(u16, u32)> = self.interfaces.iter().filter_map(place).collect();
        ports.sort_unstable();
        ports.into_iter().map(|(_, number)| number).collect()
    }

    /// Makes an interface a port: EINVAL for loopback, ELOOP for a bridge, EBUSY for one that is a port already.
    pub fn add_port(&mut self, bridge: u32, port: u32) -> Result<(), Errno> {
        if self.numbered(bridge).is_none_or(|interface| interface.bridge().is_none()) {
            return Err(Errno::EOPNOTSUPP);
        }
        let of_it = |other: &Interface| other.master.filter(|(of, _)| *of == bridge).map(|(_, place)| place);
        let used: Vec<u16> = self.interfaces.iter().filter_map(of_it).collect();
        let joining = self.numbered_mut(port).ok_or(Errno::EINVAL)?;
        match () {
            () if joining.is_loopback() || joining.is_alias() => return Err(Errno::EINVAL),
            () if joining.bridge().is_some() => return Err(Errno::ELOOP),
            () if joining.master.is_some() => return Err(Errno::EBUSY),
            () => {}
        }
        let free = (1..PORTS_MAX).find(|place| !used.contains(place)).ok_or(Errno::ENOBUFS)?;
        joining.master = Some((bridge, free));
        self.settle_bridge(bridge);
        Ok(())
    }

    /// Takes a port out of its bridge: EINVAL when it is in none, or in another.
    pub fn remove_port(&mut self, bridge: u32, port: u32) -> Result<(), Errno> {
        if self.numbered(bridge).is_none_or(|interface| interface.bridge().is_none()) {
            return Err(Errno::EOPNOTSUPP);
        }
        let leaving = self.numbered_mut(port).ok_or(Errno::EINVAL)?;
        if leaving.master.is_none_or(|(of, _)| of != bridge) {
            return Err(Errno::EINVAL);
        }
        leaving.master = None;
        self.settle_bridge(bridge);
        Ok(())
    }

    /// A bridge has the lowest address of its ports, and a carrier while one of them has.
    pub(super) fn settle_bridge(&mut self, bridge: u32) {
        let ports = self.ports_of(bridge);
        let members: Vec<&Interface> = ports.iter().filter_map(|port| self.numbered(*port)).collect();
        let lowest = members.iter().map(|port| port.mac).min();
        let carrier = members.iter().any(|port| port.flags & RUNNING != 0);
        let Some(interface) = self.numbered_mut(bridge) else { return };
        let Role::Bridge(settings) = &interface.role else { return };
        interface.mac = lowest.unwrap_or(settings.own);
        if interface.flags & UP != 0 && carrier {
            interface.flags |= RUNNING;
        } else {
            interface.flags &= !RUNNING;
        }
    }

    /// Tells a bridge a setting: ERANGE and EINVAL for what cannot be.
    pub fn configure_bridge(&mut self, bridge: u32, setting: BridgeSetting, value: u32) -> Result<(), Errno> {
        let interface = self.numbered_mut(bridge).ok_or(Errno::ENODEV)?;
        let Role::Bridge(settings) = &mut interface.role else { return Err(Errno::EOPNOTSUPP) };
        // IEEE 802.1D asks for these only where the spanning tree is on
        let within = |range: core::ops::RangeInclusive<u32>| {
            if range.contains(&value) { Ok(value) } else { Err(Errno::ERANGE) }
        };
        match setting {
            BridgeSetting::ForwardDelay if settings.spanning_tree => {
                settings.forward_delay = within(2 * SECOND..=30 * SECOND)?;
            }
            BridgeSetting::ForwardDelay => settings.forward_delay = value,
            BridgeSetting::HelloTime => settings.hello_time = within(SECOND..=10 * SECOND)?,
            BridgeSetting::MaxAge => settings.max_age = within(6 * SECOND..=40 * SECOND)?,
            BridgeSetting::AgeingTime => settings.ageing_time = value,
            BridgeSetting::Priority => {
                settings.priority = u16::try_from(value).map_err(|_| Errno::ERANGE)?;
            }
            BridgeSetting::SpanningTree => settings.spanning_tree = value != 0,
        }
        Ok(())
    }

    /// What follows from an interface that was switched on or off: VLANs on it go down with it, its bridge looks anew.
    pub(super) fn power_changed(&mut self, number: u32) {
        let Some(interface) = self.numbered(number) else { return };
        let (up, master) = (interface.is_up(), interface.master);
        let on_it = |interface: &&mut Interface| interface.vlan().is_some_and(|vlan| vlan.parent == number);
        if !up {
            self.interfaces.iter_mut().filter(on_it).for_each(|vlan| vlan.flags &= !(UP | RUNNING));
        }
        self.settle_bridge(number);
        if let Some((bridge, _)) = master {
            self.settle_bridge(bridge);
        }
    }

    /// Whether an interface can be switched on now: a VLAN needs what is below it (ENETDOWN).
    pub(super) fn check_power_on(&self, number: u32) -> Result<(), Errno> {
        let below =
            self.numbered(number).and_then(Interface::vlan).and_then(|vlan| self.numbered(vlan.parent));
        if below.is_some_and(|below| !below.is_up()) { Err(Errno::ENETDOWN) } else { Ok(()) }
    }
}

/// An interface of Ethernet's kind that is down and has nothing yet.
fn blank(name: &str, mtu: u32) -> Interface {
    let plain = Interface::ethernet(name, [0; 6], Ipv4Addr::UNSPECIFIED, 0);
    Interface { addresses6: Vec::new(), mtu, flags: BROADCAST | MULTICAST, ..plain }
}
