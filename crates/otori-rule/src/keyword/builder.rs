//! A rule in the making: the current buffer, the last content, and the checks at the end.
//!
//! Key type: [`Builder`].
use crate::{
    address::AddressSet,
    port::PortSet,
    rule::{Action, FlowOptions, Group, Rule, RuleProtocol, Stage, Target},
    state::BitNames,
    step::{Content, Step},
    transform::Transform,
};
use otori_wire::{
    FieldId,
    flow::Direction,
    proto::{FieldRow, PROTOCOLS, ProtocolId},
};

/// A rule in the making.
pub struct Builder<'a> {
    /// what is there so far
    pub(super) rule: Rule,
    /// names of bits
    pub(super) names: &'a mut BitNames,
    /// names of extracted numbers, by place
    pub(super) extracts: Vec<String>,
    sid_seen: bool,
    /// `None`: the payload
    buffer: Option<(&'static str, Vec<FieldId>)>,
    transforms: Vec<Transform>,
    /// group and step of the last content
    last: Option<(usize, usize)>,
}

impl Rule {
    /// A rule with that header and no options.
    pub(crate) fn empty(action: Action, protocol: RuleProtocol) -> Rule {
        Rule {
            action,
            protocol,
            source: AddressSet::default(),
            source_ports: PortSet::default(),
            destination: AddressSet::default(),
            destination_ports: PortSet::default(),
            both_ways: false,
            sid: 0,
            gid: 1,
            revision: 0,
            message: String::new(),
            class: String::new(),
            priority: None,
            references: Vec::new(),
            metadata: Vec::new(),
            flow: FlowOptions::default(),
            checks: Vec::new(),
            groups: Vec::new(),
            memory: Vec::new(),
            application_events: Vec::new(),
            threshold: None,
            silent: false,
            fast: None,
            stage: Stage::Packet,
            also_packets: false,
            made_at: None,
            text: String::new(),
        }
    }
}

/// Rows of all protocols whose sticky buffer has that name.
fn rows_by_keyword(name: &str) -> impl Iterator<Item = &'static FieldRow> + '_ {
    let rows = PROTOCOLS.iter().flat_map(|protocol| protocol.fields.iter());
    rows.filter(move |row| row.keyword == name || row.aliases.contains(&name))
}

/// Direction of a field; `None` for an unknown one.
pub(crate) fn direction_of(id: FieldId) -> Option<Direction> {
    PROTOCOLS
        .iter()
        .flat_map(|protocol| protocol.fields.iter())
        .find(|row| row.id == id)
        .map(|row| row.direction)
}

impl<'a> Builder<'a> {
    pub(crate) fn new(rule: Rule, names: &'a mut BitNames) -> Self {
        Builder {
            rule,
            names,
            extracts: Vec::new(),
            sid_seen: false,
            buffer: None,
            transforms: Vec::new(),
            last: None,
        }
    }
    /// Following steps look at that buffer; `false` when there is none of that name.
    pub(super) fn sticky(&mut self, name: &str) -> bool {
        let rows: Vec<&FieldRow> = rows_by_keyword(name).collect();
        let Some(first) = rows.first() else { return false };
        self.buffer = Some((first.keyword, unique(rows.iter().map(|row| row.id))));
        self.transforms.clear();
        self.last = None;
        true
    }
    /// Following steps look at the payload again.
    pub(super) fn payload(&mut self) {
        self.buffer = None;
        self.transforms.clear();
        self.last = None;
    }
    /// The buffer is changed before it is looked at.
    pub(super) fn transform(&mut self, transform: Transform) -> Result<(), String> {
        if self.buffer.is_none() {
            return Err("a transform needs a sticky buffer before it".into());
        }
        self.transforms.push(transform);
        Ok(())
    }
    /// Suricata 3: the last content belongs to another buffer. `false` when there is no modifier of that name.
    pub(super) fn modifier(&mut self, name: &str) -> Result<bool, String> {
        let rows = PROTOCOLS.iter().flat_map(|protocol| protocol.fields.iter());
        let rows: Vec<&FieldRow> = rows.filter(|row| row.modifier == Some(name)).collect();
        let Some(first) = rows.first() else { return Ok(false) };
        let Some((group, step)) = self.last.take() else {
            return Err(format!("{name} needs a content before it"));
        };
        let from = self.rule.groups.get_mut(group).filter(|group| step + 1 == group.steps.len());
        let Some(moved) = from.and_then(|group| group.steps.pop()) else {
            return Err(format!("{name} needs a content right before it"));
        };
        let target = Target::Fields(unique(rows.iter().map(|row| row.id)));
        self.last = Some(self.push_to(target, first.keyword, Vec::new(), moved));
        Ok(true)
    }
    /// Adds a step to a buffer that the step itself names (`pcre` with a letter, `urilen`).
    pub(super) fn push_named(&mut self, keyword: &str, step: Step) -> Result<(), String> {
        let rows: Vec<&FieldRow> = rows_by_keyword(keyword).collect();
        let Some(first) = rows.first() else { return Err(format!("no buffer {keyword}")) };
        let target = Target::Fields(unique(rows.iter().map(|row| row.id)));
        let is_content = matches!(step, Step::Content(_));
        let place = self.push_to(target, first.keyword, Vec::new(), step);
        self.last = is_content.then_some(place).or(self.last);
        Ok(())
    }
    /// Adds a step to the current buffer.
    pub(super) fn push(&mut self, step: Step) {
        let (target, keyword) = match &self.buffer {
            Some((keyword, ids)) => (Target::Fields(ids.clone()), *keyword),
            None => (Target::Payload, "payload"),
        };
        let is_content = matches!(step, Step::Content(_));
        let place = self.push_to(target, keyword, self.transforms.clone(), step);
        self.last = is_content.then_some(place).or(self.last);
    }
    fn push_to(
        &mut self,
        target: Target,
        keyword: &'static str,
        transforms: Vec<Transform>,
        step: Step,
    ) -> (usize, usize) {
        let same = |group: &Group| group.target == target && group.transforms == transforms;
        let place = self.rule.groups.iter().position(same).unwrap_or_else(|| {
            self.rule.groups.push(Group { target, keyword, transforms, steps: Vec::new() });
            self.rule.groups.len() - 1
        });
        match self.rule.groups.get_mut(place) {
            Some(group) => {
                group.steps.push(step);
                (place, group.steps.len() - 1)
            }
            None => (place, 0),
        }
    }
    /// The last content, for its modifiers.
    pub(super) fn last_content(&mut self, keyword: &str) -> Result<&mut Content, String> {
        let step = self.last.and_then(|(group, step)| self.rule.groups.get_mut(group)?.steps.get_mut(step));
        match step {
            Some(Step::Content(content)) => Ok(content),
            _ => Err(format!("{keyword} needs a content before it")),
        }
    }
    pub(super) fn set_sid(&mut self, sid: u32) {
        self.rule.sid = sid;
        self.sid_seen = true;
    }

    /// Checks the whole, chooses the fast pattern and the stage.
    pub(crate) fn finish(mut self, text: &str) -> Result<Rule, String> {
        if !self.sid_seen {
            return Err("no sid".into());
        }
        self.rule.text = text.to_owned();
        self.rule.groups.retain(|group| !group.steps.is_empty());
        self.narrow_fields()?;
        self.rule.stage = self.stage();
        if let (Stage::Stream, Some(group)) = (self.rule.stage, payload_of(&self.rule)) {
            let placed = |step: &Step| {
                matches!(step, Step::Content(content)
                    if content.offset.is_some() || content.depth.is_some() || content.at_end)
            };
            self.rule.also_packets =
                self.rule.protocol != RuleProtocol::TcpStream && group.steps.iter().any(placed);
        }
        self.rule.fast = choose_fast(&self.rule);
        Ok(self.rule)
    }

    /// Keeps of each buffer the fields that the rule's protocol and direction can have.
    fn narrow_fields(&mut self) -> Result<(), String> {
        let protocol = self.rule.protocol;
        let mut direction = self.rule.flow.direction;
        // One buffer that only one direction has decides for those that both have.
        direction = direction.or_else(|| self.rule.field_direction(direction_of));
        for group in &mut self.rule.groups {
            let Target::Fields(ids) = &mut group.target else { continue };
            let before = ids.clone();
            if let RuleProtocol::Application(of) = protocol {
                ids.retain(
                    |id| matches!(id.0 >> 8, high if high == of as u16 || high == ProtocolId::Shared as u16),
                );
            }
            if ids.len() > 1 {
                ids.retain(|id| direction.is_none() || direction_of(*id) == direction);
            }
            if ids.is_empty() {
                return Err(format!("{} does not fit the rule's protocol or direction", group.keyword));
            }
            let wrong_way = self.rule.flow.direction.is_some()
                && before.len() == 1
                && direction_of(before[0]) != self.rule.flow.direction;
            if wrong_way {
                return Err(format!("{} is not seen in the direction that flow says", group.keyword));
            }
        }
        Ok(())
    }

    fn stage(&self) -> Stage {
        let rule = &self.rule;
        let on_fields = rule.groups.iter().any(|group| matches!(group.target, Target::Fields(_)));
        let application = matches!(rule.protocol, RuleProtocol::Application(_));
        if on_fields || !rule.application_events.is_empty() || (application && rule.groups.is_empty()) {
            return Stage::Transaction;
        }
        let payload = payload_of(rule).is_some();
        let packets_only = rule.protocol == RuleProtocol::TcpPacket
            || rule.flow.stream == Some(false)
            || !rule.checks.is_empty() && rule.flow.stream != Some(true);
        let may_be_tcp = matches!(
            rule.protocol,
            RuleProtocol::Any
                | RuleProtocol::IpVersion(_)
                | RuleProtocol::Tcp
                | RuleProtocol::TcpStream
                | RuleProtocol::Application(_)
        );
        if payload && may_be_tcp && !packets_only {
            return Stage::Stream;
        }
        let plain = rule.source.plain_ranges().is_some() || rule.destination.plain_ranges().is_some();
        let bare = !payload
            && rule.checks.is_empty()
            && rule.flow == FlowOptions::default()
            && rule.protocol != RuleProtocol::TcpPacket
            && rule.memory.is_empty();
        if plain && bare { Stage::Address } else { Stage::Packet }
    }
}

fn unique(ids: impl Iterator<Item = FieldId>) -> Vec<FieldId> {
    let mut list: Vec<FieldId> = ids.collect();
    list.sort_unstable();
    list.dedup();
    list
}

fn payload_of(rule: &Rule) -> Option<&Group> {
    rule.groups.iter().find(|group| group.target == Target::Payload)
}

/// The content that the prefilter searches: the one that asks for it, else the longest, fields before payload.
fn choose_fast(rule: &Rule) -> Option<(usize, usize)> {
    let transaction = rule.stage == Stage::Transaction;
    let mut best_score = (false, 0, false);
    let mut best = None;
    for (g, group) in rule.groups.iter().enumerate() {
        if transaction && group.target == Target::Payload {
            continue;
        }
        for (s, step) in group.steps.iter().enumerate() {
            let Step::Content(content) = step else { continue };
            if content.negated || content.pattern.is_empty() {
                continue;
            }
            let score = (content.fast, content.pattern.len(), group.transforms.is_empty());
            if score > best_score {
                best_score = score;
                best = Some((g, s));
            }
        }
    }
    best
}
