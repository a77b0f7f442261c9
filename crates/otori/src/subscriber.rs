//! Act on the subscriber: a guarded device that calls a known bad place becomes a case on the desk.
//!
//! Key type: [`Subscriber`]. Neighbour: `otori-act`, which decides by policy and drives the platforms.
use crate::config::ActSection;
use otori_act::adapter::{nftables::Nftables, notebook::Notebook};
use otori_act::{Adapter, Desk, Order};
use otori_event::{ActionLevel, Event, EventKind, VerdictAction};
use std::net::IpAddr;

/// Seconds until a platform undoes an action by itself.
const ACTION_SECONDS: u32 = 24 * 3600;

/// The desk and what it still has to do.
pub struct Subscriber {
    desk: Desk,
    adapter: &'static str,
    level: ActionLevel,
    to_do: Vec<String>,
}

impl Subscriber {
    /// A desk with the platform that the configuration names.
    pub fn new(section: &ActSection) -> Self {
        let platform: Box<dyn Adapter> = match &section.nftables_table {
            Some(table) => Box::new(Nftables::new("inet", table)),
            None => Box::new(Notebook),
        };
        let adapter = platform.name();
        let level =
            if section.nftables_table.is_some() { ActionLevel::Restrict } else { ActionLevel::Notify };
        Subscriber { desk: Desk::new(section.policy.clone(), vec![platform]), adapter, level, to_do: vec![] }
    }

    /// A refused contact from a device to a bad place opens a case, once for a device and a rule.
    pub fn observe(&mut self, event: &Event) -> Option<EventKind> {
        let EventKind::VerdictGiven { verdict } = &event.kind else { return None };
        let outwards = verdict.device.parse::<IpAddr>().is_ok_and(|device| device == verdict.source.ip);
        if verdict.action == VerdictAction::Alert || !outwards {
            return None;
        }
        let case = format!("contact/{}/{}", verdict.device, verdict.sid);
        if self.desk.records().any(|record| record.action.case == case) {
            return None;
        }
        let reason =
            format!("{} tried to reach {}: {}", verdict.device, verdict.destination, verdict.message);
        let order = Order {
            case: &case,
            device: &verdict.device,
            level: self.level,
            seconds: ACTION_SECONDS,
            reason: &reason,
        };
        match self.desk.propose(&order, self.adapter, &[event.id], event.at) {
            Ok(record) => {
                if record.alone {
                    self.to_do.push(case);
                }
                Some(EventKind::ActionChanged { action: Box::new(record.action) })
            }
            Err(error) => {
                eprintln!("otori: no case for {}: {error}", verdict.device);
                None
            }
        }
    }

    /// Does what may be done without a person; call it when the proposals are durable.
    pub fn act(&mut self) -> Vec<EventKind> {
        let mut done = vec![];
        for case in std::mem::take(&mut self.to_do) {
            if let Err(error) = self.desk.act(&case) {
                eprintln!("otori: {case}: {error}");
            }
            let record = self.desk.records().find(|record| record.action.case == case);
            done.extend(
                record.map(|record| EventKind::ActionChanged { action: Box::new(record.action.clone()) }),
            );
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use otori_event::{Endpoint, EventId, Timestamp, Transport, Verdict};

    fn verdict(source: &str, device: &str) -> Event {
        let endpoint = |ip: &str| Endpoint { ip: ip.parse().unwrap(), port: 4444 };
        let verdict = Verdict {
            action: VerdictAction::Drop,
            sid: 9_000_001,
            message: "C2".into(),
            source: endpoint(source),
            destination: endpoint("198.51.100.44"),
            transport: Transport::Tcp,
            application: "unknown".into(),
            subject: None,
            device: device.into(),
            guard: "g".into(),
            rule_made_at: None,
            repeated: 0,
        };
        let at = Timestamp::from_ms(1);
        let kind = EventKind::VerdictGiven { verdict: Box::new(verdict) };
        Event { id: EventId::new(at, 1, 1), at, product: None, session: None, demo: false, kind }
    }

    #[test]
    fn a_device_that_calls_out_is_one_case_and_nothing_is_done_alone() {
        let mut subscriber = Subscriber::new(&ActSection::default());
        let event = verdict("192.0.2.20", "192.0.2.20");
        let Some(EventKind::ActionChanged { action }) = subscriber.observe(&event) else { panic!("no case") };
        assert_eq!((action.level, action.adapter.as_str()), (ActionLevel::Notify, "notebook"));
        assert!(subscriber.observe(&event).is_none(), "the same case twice");
        assert!(subscriber.act().is_empty());
    }

    #[test]
    fn traffic_towards_the_device_is_not_its_fault() {
        let mut subscriber = Subscriber::new(&ActSection::default());
        assert!(subscriber.observe(&verdict("203.0.113.5", "192.0.2.20")).is_none());
    }
}
