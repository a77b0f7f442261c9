//! The desk: decides by policy, keeps the cases, drives the adapters.
//!
//! Key type: [`Desk`]. Every step yields an [`otori_event::Action`] for the pipeline to store. The state found is
//! in the [`Record`] that is handed out *before* acting: the caller makes it durable, then calls [`Desk::act`].
use crate::adapter::{Adapter, AdapterError, Found, Order};
use crate::policy::Policy;
use otori_event::{Action, ActionLevel, ActionState, EventId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

const HOUR_NS: i64 = 3600 * 1_000_000_000;
/// Events kept per action.
const EVENTS_MAX: usize = 16;

/// Why the desk did not follow.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// no adapter of that name
    #[error("no adapter {0:?}")]
    NoAdapter(String),
    /// no such case
    #[error("no case {0:?}")]
    NoCase(String),
    /// the case is in another state
    #[error("case {case:?} is {state:?}")]
    State {
        /// which
        case: String,
        /// where it stands
        state: ActionState,
    },
    /// the table is full of open cases
    #[error("{0} cases are open; close some first")]
    Full(usize),
    /// the platform
    #[error(transparent)]
    Adapter(#[from] AdapterError),
}

/// One case with what is needed to undo it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// as the world sees it
    pub action: Action,
    /// state of the device before us
    pub found: Option<Found>,
    /// seconds until it ends by itself
    pub seconds: u32,
    /// when it was proposed
    pub at: Timestamp,
    /// the policy lets it be applied without a person
    pub alone: bool,
}

/// Cases, policy and adapters.
pub struct Desk {
    policy: Policy,
    adapters: BTreeMap<&'static str, Box<dyn Adapter>>,
    cases: BTreeMap<String, Record>,
    /// when and on which device we acted alone in the last hour
    alone: VecDeque<(Timestamp, String)>,
}

impl Desk {
    /// A desk with these platforms.
    pub fn new(policy: Policy, adapters: Vec<Box<dyn Adapter>>) -> Desk {
        let adapters = adapters.into_iter().map(|adapter| (adapter.name(), adapter)).collect();
        Desk { policy, adapters, cases: BTreeMap::new(), alone: VecDeque::new() }
    }

    /// Takes back the cases of a former run.
    pub fn restore(&mut self, records: Vec<Record>) {
        for record in records.into_iter().take(self.policy.max_cases) {
            let acted = matches!(record.action.state, ActionState::Applied | ActionState::Verified);
            if record.alone && acted {
                self.alone.push_back((record.at, record.action.device.clone()));
            }
            self.cases.insert(record.action.case.clone(), record);
        }
    }

    /// Opens a case, or returns it as it stands: the same case is never opened twice. Nothing is done yet; when
    /// [`Record::alone`] is true the caller stores the record and calls [`Desk::act`].
    pub fn propose(
        &mut self,
        order: &Order<'_>,
        adapter: &str,
        events: &[EventId],
        now: Timestamp,
    ) -> Result<Record, DeskError> {
        if let Some(known) = self.cases.get(order.case) {
            return Ok(known.clone());
        }
        let platform = self.adapters.get_mut(adapter).ok_or_else(|| DeskError::NoAdapter(adapter.into()))?;
        let found = platform.state(order.device)?;
        self.make_room()?;
        let action = Action {
            case: order.case.into(),
            adapter: adapter.into(),
            device: order.device.into(),
            level: order.level,
            state: ActionState::Proposed,
            reason: order.reason.into(),
            events: events.iter().copied().take(EVENTS_MAX).collect(),
        };
        let alone = self.may_act_alone(order.device, order.level, now);
        if alone {
            self.alone.push_back((now, order.device.into()));
        }
        let record = Record { action, found: Some(found), seconds: order.seconds, at: now, alone };
        self.cases.insert(order.case.into(), record.clone());
        Ok(record)
    }

    /// Applies a proposed case and verifies it: for cases that may be done alone, and for a person's yes.
    pub fn act(&mut self, case: &str) -> Result<Record, DeskError> {
        self.step(case, &[ActionState::Proposed, ActionState::Failed], |adapter, order, _| {
            adapter.apply(order)?;
            Ok(if adapter.verify(order)? { ActionState::Verified } else { ActionState::Applied })
        })
    }

    /// Takes an applied case back, to the state that was found.
    pub fn revert(&mut self, case: &str) -> Result<Record, DeskError> {
        self.step(
            case,
            &[ActionState::Applied, ActionState::Verified, ActionState::Failed],
            |adapter, order, found| {
                adapter.revert(order, found)?;
                Ok(ActionState::Reverted)
            },
        )
    }

    /// All cases, by name.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.cases.values()
    }

    fn step(
        &mut self,
        case: &str,
        from: &[ActionState],
        work: impl FnOnce(&mut dyn Adapter, &Order<'_>, &Found) -> Result<ActionState, AdapterError>,
    ) -> Result<Record, DeskError> {
        let record = self.cases.get_mut(case).ok_or_else(|| DeskError::NoCase(case.into()))?;
        let state = record.action.state;
        if !from.contains(&state) {
            return Err(DeskError::State { case: case.into(), state });
        }
        let name = record.action.adapter.clone();
        let adapter = self.adapters.get_mut(name.as_str()).ok_or(DeskError::NoAdapter(name))?;
        let action = record.action.clone();
        let order = Order {
            case: &action.case,
            device: &action.device,
            level: action.level,
            seconds: record.seconds,
            reason: &action.reason,
        };
        let found = record.found.clone().unwrap_or(Found(String::new()));
        match work(adapter.as_mut(), &order, &found) {
            Ok(state) => {
                record.action.state = state;
                Ok(record.clone())
            }
            Err(error) => {
                record.action.state = ActionState::Failed;
                Err(error.into())
            }
        }
    }

    /// Within level, not protected, and within the hour's number of devices.
    fn may_act_alone(&mut self, device: &str, level: ActionLevel, now: Timestamp) -> bool {
        while self.alone.front().is_some_and(|(at, _)| now.since_ns(*at) >= HOUR_NS) {
            self.alone.pop_front();
        }
        let within = self.policy.alone_up_to.is_some_and(|most| level <= most);
        let protected = self.policy.protected.iter().any(|name| name == device);
        let mut devices: Vec<&str> = self.alone.iter().map(|(_, device)| device.as_str()).collect();
        devices.sort_unstable();
        devices.dedup();
        let room = devices.contains(&device) || devices.len() < self.policy.devices_an_hour;
        within && !protected && room
    }

    fn make_room(&mut self) -> Result<(), DeskError> {
        if self.cases.len() < self.policy.max_cases {
            return Ok(());
        }
        let closed = |record: &&Record| record.action.state == ActionState::Reverted;
        let oldest = self.cases.values().filter(closed).min_by_key(|record| record.at);
        let Some(case) = oldest.map(|record| record.action.case.clone()) else {
            return Err(DeskError::Full(self.cases.len()));
        };
        self.cases.remove(&case);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// A platform that remembers, and fails for device `broken`.
    struct Memory(Arc<Mutex<Vec<String>>>);
    impl Adapter for Memory {
        fn name(&self) -> &'static str {
            "memory"
        }
        fn state(&mut self, _: &str) -> Result<Found, AdapterError> {
            Ok(Found("free".into()))
        }
        fn apply(&mut self, order: &Order<'_>) -> Result<(), AdapterError> {
            if order.device == "broken" {
                return Err(AdapterError::Unreachable("down".into()));
            }
            self.0.lock().unwrap().push(format!("apply {}", order.device));
            Ok(())
        }
        fn verify(&mut self, _: &Order<'_>) -> Result<bool, AdapterError> {
            Ok(true)
        }
        fn revert(&mut self, order: &Order<'_>, found: &Found) -> Result<(), AdapterError> {
            self.0.lock().unwrap().push(format!("revert {} to {}", order.device, found.0));
            Ok(())
        }
    }

    fn desk(policy: Policy) -> (Desk, Arc<Mutex<Vec<String>>>) {
        let log = Arc::new(Mutex::new(Vec::new()));
        (Desk::new(policy, vec![Box::new(Memory(log.clone()))]), log)
    }
    fn order<'a>(case: &'a str, device: &'a str) -> Order<'a> {
        Order { case, device, level: ActionLevel::Restrict, seconds: 60, reason: "scans" }
    }
    fn at(minute: i64) -> Timestamp {
        Timestamp(0).plus_seconds(minute * 60)
    }

    #[test]
    fn proposes_by_default_and_acts_on_a_persons_yes() {
        let (mut desk, log) = desk(Policy::default());
        let record = desk.propose(&order("a", "sim1"), "memory", &[], at(0)).unwrap();
        assert!(
            !record.alone && record.action.state == ActionState::Proposed && log.lock().unwrap().is_empty()
        );
        assert_eq!(record.found, Some(Found("free".into())), "the state is known before anything is done");
        assert_eq!(desk.act("a").unwrap().action.state, ActionState::Verified);
        assert!(matches!(desk.act("a"), Err(DeskError::State { .. })), "once only");
        let again = desk.propose(&order("a", "sim1"), "memory", &[], at(1)).unwrap();
        assert_eq!(again.action.state, ActionState::Verified, "the same case is not opened twice");
        assert_eq!(desk.revert("a").unwrap().action.state, ActionState::Reverted);
        assert_eq!(*log.lock().unwrap(), ["apply sim1", "revert sim1 to free"]);
    }

    #[test]
    fn acts_alone_within_level_number_and_protection() {
        let policy = Policy {
            alone_up_to: Some(ActionLevel::Restrict),
            devices_an_hour: 2,
            protected: vec!["hospital".into()],
            ..Policy::default()
        };
        let (mut desk, _) = desk(policy);
        let mut alone = |case, device, level, minute| {
            let order = Order { level, ..order(case, device) };
            desk.propose(&order, "memory", &[], at(minute)).unwrap().alone
        };
        let restrict = ActionLevel::Restrict;
        assert!(!alone("a", "hospital", restrict, 0));
        assert!(!alone("b", "sim1", ActionLevel::Suspend, 0));
        assert!(alone("c", "sim1", restrict, 0));
        assert!(alone("d", "sim2", restrict, 1));
        assert!(!alone("e", "sim3", restrict, 2), "two devices an hour");
        assert!(alone("f", "sim1", restrict, 3), "the same device is no further one");
        assert!(alone("g", "sim3", restrict, 64));
    }

    #[test]
    fn a_failure_is_kept_and_can_be_tried_again_and_the_table_is_bounded() {
        let (mut desk, _) = desk(Policy { max_cases: 1, ..Policy::default() });
        desk.propose(&order("a", "broken"), "memory", &[], at(0)).unwrap();
        assert!(matches!(desk.act("a"), Err(DeskError::Adapter(_))));
        assert_eq!(desk.records().next().unwrap().action.state, ActionState::Failed);
        assert!(matches!(desk.propose(&order("b", "sim"), "memory", &[], at(1)), Err(DeskError::Full(1))));
        desk.revert("a").unwrap();
        assert!(desk.propose(&order("b", "sim"), "memory", &[], at(2)).is_ok());
        assert!(matches!(desk.propose(&order("c", "sim"), "none", &[], at(2)), Err(DeskError::NoAdapter(_))));
    }
}
