//! Verdicts: decisions as the rest of Otori hears of them.
use super::{
    VERDICTS_WAITING,
    flow::{Facts, FlowExtra, Work},
};
use otori_event::{Endpoint, Transport, Verdict, VerdictAction};
use otori_rule::{Action, Hit, Rule};
use otori_wire::{
    Conversation, Direction, Flow, Transaction,
    decode::protocol,
    proto::{ProtocolId, dns, http, quic, rtsp, sip, smtp, tftp, tls},
};

/// The name or URL that a transaction is about.
pub(super) fn subject(transaction: &Transaction) -> Option<String> {
    let text = |id| transaction.fields.get(id).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    match transaction.protocol {
        ProtocolId::Http | ProtocolId::Http2 => {
            let target = text(http::URI_RAW)?;
            let host = text(http::HOST_RAW).unwrap_or_default();
            Some(if target.starts_with('/') { format!("http://{host}{target}") } else { target })
        }
        ProtocolId::Dns => text(dns::QUERY).or_else(|| text(dns::RESPONSE_QUERY)),
        ProtocolId::Tls => text(tls::SNI),
        ProtocolId::Smtp => text(smtp::MAIL_FROM),
        ProtocolId::Sip => text(sip::URI),
        ProtocolId::Quic => text(quic::SNI),
        ProtocolId::Rtsp => text(rtsp::URI),
        ProtocolId::Tftp => text(tftp::FILE),
        _ => None,
    }
}

const fn transport(number: u8) -> Transport {
    match number {
        protocol::TCP => Transport::Tcp,
        protocol::UDP => Transport::Udp,
        protocol::ICMP | protocol::ICMPV6 => Transport::Icmp,
        _ => Transport::Other,
    }
}

impl Work<'_> {
    /// The guarded side: the one in the home networks, else who opened the flow.
    fn device(&self, facts: &Facts) -> String {
        let home = |end: &Endpoint| self.settings.home.has(end.ip);
        let device = if home(&facts.client) || !home(&facts.server) { facts.client } else { facts.server };
        device.ip.to_string()
    }

    fn verdict(
        &self,
        facts: &Facts,
        direction: Direction,
        rule: &Rule,
        application: Option<&str>,
    ) -> Verdict {
        let (source, destination) = facts.ends(direction);
        let real = crate::eve::blocks(rule.action, self.settings.mode) && !rule.silent;
        let action = match rule.action {
            Action::Reject if real => VerdictAction::Reject,
            Action::Drop if real => VerdictAction::Drop,
            _ => VerdictAction::Alert,
        };
        Verdict {
            action,
            sid: rule.sid,
            message: rule.message.clone(),
            source,
            destination,
            transport: transport(facts.protocol),
            application: application.unwrap_or("unknown").into(),
            subject: None,
            device: self.device(facts),
            guard: self.settings.name.clone(),
            rule_made_at: rule.made_at,
            repeated: 0,
        }
    }

    pub(super) fn give_verdict(
        &mut self,
        facts: &Facts,
        direction: Direction,
        conversation: &Conversation,
        hit: &Hit,
        transaction: Option<&Transaction>,
    ) {
        let mut verdict = self.verdict(facts, direction, &hit.rule, conversation.application());
        verdict.subject = transaction.and_then(subject);
        self.push_verdict(verdict);
    }

    /// A dropped flow ends: one verdict for all its further packets.
    pub(super) fn give_summary(&mut self, flow: &Flow<FlowExtra>) {
        let Some(fate) = flow.extra.fate.as_ref().filter(|fate| fate.repeated > 0) else { return };
        let Some(rule) = &fate.rule else { return };
        let facts = Facts::of(flow);
        let mut verdict = self.verdict(&facts, Direction::ToServer, rule, flow.conversation.application());
        verdict.subject.clone_from(&fate.subject);
        verdict.repeated = fate.repeated;
        self.push_verdict(verdict);
    }

    fn push_verdict(&mut self, verdict: Verdict) {
        if self.state.verdicts.len() < VERDICTS_WAITING {
            self.state.verdicts.push(verdict);
        } else {
            self.state.stats.verdicts_lost += 1;
        }
    }
}
