//! Tells another system by HTTP POST: CloudEvents 1.0 in structured JSON mode, signed.
//!
//! Key type: [`Webhook`]. The header `Otori-Signature: sha256=HEX` is HMAC-SHA-256 (RFC 2104) of the body; `id`
//! is stable by case and step, so a receiver drops repeats. The binary gives the way to send: this crate has
//! no HTTP of its own. Source: CloudEvents 1.0.2, HTTP protocol binding.
use super::{Adapter, AdapterError, Found, Order};
use hmac::{Hmac, KeyInit, Mac};
use otori_event::Timestamp;
use sha2::Sha256;

/// One signed message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `application/cloudevents+json; charset=utf-8`
    pub content_type: &'static str,
    /// value of `Otori-Signature`
    pub signature: String,
    /// JSON
    pub body: String,
}

/// Sends one message and returns the HTTP status.
pub type Sender = Box<dyn FnMut(&Message) -> Result<u16, AdapterError> + Send>;
/// Tells the time.
pub type Clock = Box<dyn Fn() -> Timestamp + Send>;

/// Tells and does no more: what the receiver does is its own decision.
pub struct Webhook {
    source: String,
    secret: Vec<u8>,
    send: Sender,
    clock: Clock,
    delivered: Option<String>,
}

impl Webhook {
    /// `source` is the CloudEvents source, a URI reference that names this installation.
    pub fn new(source: &str, secret: &[u8], send: Sender, clock: Clock) -> Webhook {
        Webhook { source: source.into(), secret: secret.into(), send, clock, delivered: None }
    }

    fn tell(&mut self, step: &str, order: &Order<'_>) -> Result<(), AdapterError> {
        let body = serde_json::json!({
            "specversion": "1.0",
            "id": format!("{}/{step}", order.case),
            "source": self.source,
            "type": format!("jp.otori.action.{step}"),
            "subject": order.device,
            "time": (self.clock)().to_string(),
            "datacontenttype": "application/json",
            "data": {
                "case": order.case,
                "device": order.device,
                "level": order.level,
                "seconds": order.seconds,
                "reason": order.reason,
            },
        })
        .to_string();
        let message = Message {
            content_type: "application/cloudevents+json; charset=utf-8",
            signature: sign(&self.secret, body.as_bytes()),
            body,
        };
        match (self.send)(&message)? {
            200..=299 => {
                self.delivered = Some(order.case.to_owned());
                Ok(())
            }
            status => Err(AdapterError::Refused(format!("HTTP status {status}"))),
        }
    }
}

/// `sha256=` and 64 hexadecimal digits.
pub fn sign(secret: &[u8], body: &[u8]) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(body);
    let digest = mac.finalize().into_bytes();
    digest.iter().fold(String::from("sha256="), |text, byte| text + &format!("{byte:02x}"))
}

impl Adapter for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }
    /// A message has no state before it.
    fn state(&mut self, _: &str) -> Result<Found, AdapterError> {
        Ok(Found(String::new()))
    }
    fn apply(&mut self, order: &Order<'_>) -> Result<(), AdapterError> {
        self.tell("apply", order)
    }
    /// Delivered is all that can be verified.
    fn verify(&mut self, order: &Order<'_>) -> Result<bool, AdapterError> {
        Ok(self.delivered.as_deref() == Some(order.case))
    }
    fn revert(&mut self, order: &Order<'_>, _: &Found) -> Result<(), AdapterError> {
        self.tell("revert", order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use otori_event::ActionLevel;
    use std::sync::mpsc;

    #[test]
    fn signatures_are_those_of_rfc_4231() {
        // test case 2
        let expect = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(sign(b"Jefe", b"what do ya want for nothing?"), expect);
    }

    #[test]
    fn messages_are_cloud_events_and_a_refusal_is_an_error() {
        let (sender, sent) = mpsc::channel();
        let send = move |message: &Message| {
            sender.send(message.clone()).unwrap();
            Ok(if message.body.contains("/revert") { 503 } else { 202 })
        };
        let clock = || Timestamp::from_ms(1_700_000_000_000);
        let mut hook = Webhook::new("urn:otori:test", b"secret", Box::new(send), Box::new(clock));
        let order = Order {
            case: "case-1",
            device: "sim \"7\"",
            level: ActionLevel::Notify,
            seconds: 60,
            reason: "scans port 23",
        };
        hook.apply(&order).unwrap();
        assert!(hook.verify(&order).unwrap());
        let message = sent.recv().unwrap();
        assert_eq!(message.signature, sign(b"secret", message.body.as_bytes()));
        let json: serde_json::Value = serde_json::from_str(&message.body).unwrap();
        assert_eq!((&json["specversion"], &json["id"]), (&"1.0".into(), &"case-1/apply".into()));
        assert_eq!(
            (&json["subject"], &json["time"]),
            (&order.device.into(), &"2023-11-14T22:13:20.000000000Z".into())
        );
        assert!(matches!(hook.revert(&order, &Found(String::new())), Err(AdapterError::Refused(_))));
    }
}
