//! Hours of the week. Key type: [`When`].
use core::str::FromStr;
use otori_event::Timestamp;

const MINUTES_PER_DAY: i64 = 24 * 60;
const NS_PER_MINUTE: i64 = 60_000_000_000;
/// 1 January 1970 was a Thursday.
const FIRST_DAY: i64 = 3;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Days, each with hours: `mon-fri 09:00-17:30`, `sat`, `22:00-06:00` (which ends on the next day).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    days: [bool; 7],
    /// minutes of the day; the end may be on the next day
    from: i64,
    to: i64,
}

impl FromStr for Span {
    type Err = String;
    fn from_str(text: &str) -> Result<Span, String> {
        let wrong = || {
            format!(
                "{text:?} is no time of the week: write mon-fri 09:00-17:30, sat or 22:00-06:00; days are mon to sun"
            )
        };
        let mut span = Span { days: [true; 7], from: 0, to: MINUTES_PER_DAY };
        let (mut has_days, mut has_hours) = (false, false);
        for word in text.split_whitespace() {
            let hours = word.contains(':');
            if core::mem::replace(if hours { &mut has_hours } else { &mut has_days }, true) {
                return Err(wrong());
            }
            if hours {
                let (from, to) = word.split_once('-').ok_or_else(wrong)?;
                (span.from, span.to) = (minute(from).ok_or_else(wrong)?, minute(to).ok_or_else(wrong)?);
                if span.to <= span.from {
                    span.to += MINUTES_PER_DAY;
                }
            } else {
                span.days = days(word).ok_or_else(wrong)?;
            }
        }
        if has_days || has_hours { Ok(span) } else { Err(wrong()) }
    }
}

/// `mon`, `mon-fri`, `fri-mon`, `mon,wed,fri`.
fn days(word: &str) -> Option<[bool; 7]> {
    let day = |name: &str| DAYS.iter().position(|day| day.eq_ignore_ascii_case(name));
    let mut all = [false; 7];
    for part in word.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut at, last) = (day(first)?, day(last)?);
        *all.get_mut(at)? = true;
        while at != last {
            at = (at + 1) % 7;
            *all.get_mut(at)? = true;
        }
    }
    Some(all)
}

/// `09:30`, up to `24:00`.
fn minute(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 {
        return None;
    }
    let minute = hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok().filter(|minute| *minute < 60)?;
    (0..=MINUTES_PER_DAY).contains(&minute).then_some(minute)
}

/// A difference to UTC: `+09:00`, `-03:30`, `Z`; in minutes.
pub(super) struct Zone(pub(super) i64);

impl FromStr for Zone {
    type Err = String;
    fn from_str(text: &str) -> Result<Zone, String> {
        let value = match text.as_bytes() {
            b"Z" | b"z" => Some(0),
            [b'+', ..] => text.get(1..).and_then(minute),
            [b'-', ..] => text.get(1..).and_then(minute).map(|minute| -minute),
            _ => None,
        };
        let value = value.filter(|minutes| minutes.abs() <= 14 * 60);
        value.map(Zone).ok_or_else(|| format!("{text:?} is no difference to UTC: write +09:00, -03:30 or Z"))
    }
}

/// When an entry counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct When {
    pub(super) spans: Vec<Span>,
    pub(super) zone_minutes: i64,
}

impl When {
    pub(super) fn is_now(&self, now: Timestamp) -> bool {
        let minutes = now.0.div_euclid(NS_PER_MINUTE) + self.zone_minutes;
        let (day, minute) = (minutes.div_euclid(MINUTES_PER_DAY), minutes.rem_euclid(MINUTES_PER_DAY));
        let is_on = |span: &Span, day: i64| {
            let place = (day + FIRST_DAY).rem_euclid(7) as usize;
            span.days.get(place).copied().unwrap_or(false)
        };
        self.spans.iter().any(|span| {
            let today = is_on(span, day) && (span.from..span.to).contains(&minute);
            let since_yesterday =
                is_on(span, day - 1) && (span.from..span.to).contains(&(minute + MINUTES_PER_DAY));
            today || since_yesterday
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-30 was a Monday.
    const MONDAY: i64 = 1_796_000_000 / 86_400 * 86_400;

    fn is_now(spans: &[&str], zone: &str, day: i64, hour: i64, minute: i64) -> bool {
        let spans = spans.iter().map(|span| span.parse().unwrap()).collect();
        let when = When { spans, zone_minutes: zone.parse::<Zone>().unwrap().0 };
        let seconds = MONDAY + day * 86_400 + hour * 3_600 + minute * 60;
        when.is_now(Timestamp(seconds * 1_000_000_000))
    }

    #[test]
    fn hours_are_of_their_days_and_zone() {
        assert_eq!(Timestamp(MONDAY * 1_000_000_000).to_string().get(..10), Some("2026-11-30"));
        let work = ["mon-fri 09:00-17:30"];
        assert!(is_now(&work, "Z", 0, 9, 0) && is_now(&work, "Z", 4, 17, 29));
        assert!(
            !is_now(&work, "Z", 0, 8, 59) && !is_now(&work, "Z", 0, 17, 30) && !is_now(&work, "Z", 5, 12, 0)
        );
        assert!(is_now(&work, "+09:00", 0, 0, 0), "nine in Tokyo");
        assert!(!is_now(&work, "+09:00", 4, 15, 0), "Saturday in Tokyo");
        assert!(is_now(&["sat,sun"], "Z", 6, 23, 59) && !is_now(&["sat,sun"], "Z", 7, 0, 0));
        assert!(is_now(&["fri-mon"], "Z", 0, 5, 0) && !is_now(&["fri-mon"], "Z", 1, 5, 0));
    }

    #[test]
    fn a_night_ends_on_the_next_day() {
        let night = ["fri 22:00-06:00"];
        assert!(is_now(&night, "Z", 4, 23, 0) && is_now(&night, "Z", 5, 5, 59));
        assert!(!is_now(&night, "Z", 4, 5, 0) && !is_now(&night, "Z", 5, 22, 0));
        assert!(is_now(&["00:00-24:00"], "-03:30", 3, 1, 0));
    }

    #[test]
    fn what_is_no_time_is_told() {
        for wrong in ["", "mon fri", "09:00", "9:00-10:00", "25:00-26:00", "foo", "mon-", "09:00-17:60"] {
            assert!(wrong.parse::<Span>().unwrap_err().contains("mon-fri 09:00-17:30"), "{wrong}");
        }
        for wrong in ["", "9", "+9", "JST", "+15:00"] {
            assert!(wrong.parse::<Zone>().is_err(), "{wrong}");
        }
    }
}
