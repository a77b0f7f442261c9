//! Whose a host is: names and what is below them. Key function: [`application`].
use super::{
    Application,
    Category::{self, *},
};
use core::cmp::Ordering;

/// A name, the application, its category; sorted by name. The longest one that fits counts.
static HOSTS: &[(&str, &str, Category)] = &[
    ("alexa.amazon.com", "amazon-alexa", Iot),
    ("amazon-adsystem.com", "amazon-ads", Tracking),
    ("amazon.co.jp", "amazon", Web),
    ("amazon.com", "amazon", Web),
    ("amazon.de", "amazon", Web),
    ("amazonaws.com", "amazon-aws", Cloud),
    ("amcs-tachyon.com", "amazon", Web),
    ("anydesk.com", "anydesk", RemoteAccess),
    ("api.line.me", "line", Chat),
    ("apple.com", "apple", Web),
    ("arlo.com", "arlo", Iot),
    ("avast.com", "avast", Update),
    ("azure.com", "azure", Cloud),
    ("azureedge.net", "azure", Cloud),
    ("bsky.app", "bluesky", Chat),
    ("cdninstagram.com", "instagram", Chat),
    ("clients4.google.com", "google-services", Web),
    ("cloudflare-dns.com", "doh", Network),
    ("cloudflare.com", "cloudflare", Cloud),
    ("cloudflareclient.com", "cloudflare-warp", Tunnel),
    ("cloudfront.net", "amazon-aws", Cloud),
    ("debian.org", "debian", Update),
    ("discord.com", "discord", Chat),
    ("discord.gg", "discord", Chat),
    ("discordapp.com", "discord", Chat),
    ("dns.google", "doh", Network),
    ("dns.quad9.net", "doh", Network),
    ("doubleclick.net", "google-ads", Tracking),
    ("dropbox.com", "dropbox", FileTransfer),
    ("dropboxapi.com", "dropbox", FileTransfer),
    ("easy4ip.com", "dahua", Iot),
    ("ezvizlife.com", "ezviz", Iot),
    ("facebook.com", "facebook", Chat),
    ("facebook.net", "facebook", Chat),
    ("fbcdn.net", "facebook", Chat),
    ("fbsbx.com", "facebook", Chat),
    ("ggpht.com", "youtube", Media),
    ("github.com", "github", FileTransfer),
    ("githubusercontent.com", "github", FileTransfer),
    ("google-analytics.com", "google-analytics", Tracking),
    ("google.com", "google", Web),
    ("googleapis.com", "google-services", Web),
    ("googlesyndication.com", "google-ads", Tracking),
    ("googletagmanager.com", "google-analytics", Tracking),
    ("googleusercontent.com", "google", Web),
    ("googlevideo.com", "youtube", Media),
    ("gstatic.com", "google", Web),
    ("hik-connect.com", "hikvision", Iot),
    ("hikvision.com", "hikvision", Iot),
    ("icloud.com", "icloud", Cloud),
    ("instagram.com", "instagram", Chat),
    ("itunes.apple.com", "apple-itunes", Media),
    ("kakao.com", "kakaotalk", Chat),
    ("kakaocdn.net", "kakaotalk", Chat),
    ("lgthinq.com", "lg-thinq", Iot),
    ("linkedin.com", "linkedin", Chat),
    ("live.com", "microsoft", Web),
    ("meethue.com", "philips-hue", Iot),
    ("mi.com", "xiaomi", Iot),
    ("microsoft.com", "microsoft", Web),
    ("miui.com", "xiaomi", Iot),
    ("mullvad.net", "mullvad", Tunnel),
    ("mzstatic.com", "apple-itunes", Media),
    ("nest.com", "nest", Iot),
    ("netatmo.net", "netatmo", Iot),
    ("netflix.com", "netflix", Media),
    ("netflix.net", "netflix", Media),
    ("nflxext.com", "netflix", Media),
    ("nflximg.net", "netflix", Media),
    ("nflxso.net", "netflix", Media),
    ("nflxvideo.net", "netflix", Media),
    ("nordvpn.com", "nordvpn", Tunnel),
    ("ntp.org", "ntp", Network),
    ("oculus.com", "oculus", Game),
    ("office.com", "microsoft-365", Web),
    ("office365.com", "microsoft-365", Web),
    ("panasonic.com", "panasonic", Iot),
    ("panasonic.jp", "panasonic", Iot),
    ("pinimg.com", "pinterest", Chat),
    ("pinterest.com", "pinterest", Chat),
    ("play.google.com", "google-play", Update),
    ("playstation.com", "playstation", Game),
    ("playstation.net", "playstation", Game),
    ("push.apple.com", "apple-push", Network),
    ("qq.com", "qq", Chat),
    ("redd.it", "reddit", Chat),
    ("reddit.com", "reddit", Chat),
    ("redditmedia.com", "reddit", Chat),
    ("redditstatic.com", "reddit", Chat),
    ("ring.com", "ring", Iot),
    ("riotgames.com", "riot-games", Game),
    ("roblox.com", "roblox", Game),
    ("samsungcloud.com", "samsung", Iot),
    ("samsungiotcloud.com", "smartthings", Iot),
    ("scdn.co", "spotify", Media),
    ("shodan.io", "shodan", Web),
    ("signal.org", "signal", Chat),
    ("skype.com", "skype", Chat),
    ("slack.com", "slack", Chat),
    ("smartthings.com", "smartthings", Iot),
    ("snapchat.com", "snapchat", Chat),
    ("sonos.com", "sonos", Iot),
    ("speedtest.net", "ookla", Network),
    ("spotify.com", "spotify", Media),
    ("spotifycdn.com", "spotify", Media),
    ("steampowered.com", "steam", Game),
    ("t.me", "telegram", Chat),
    ("tailscale.com", "tailscale", Tunnel),
    ("teams.microsoft.com", "teams", Chat),
    ("teamviewer.com", "teamviewer", RemoteAccess),
    ("telegram.org", "telegram", Chat),
    ("threads.net", "threads", Chat),
    ("tiktok.com", "tiktok", Media),
    ("tiktokcdn.com", "tiktok", Media),
    ("tiktokv.com", "tiktok", Media),
    ("torproject.org", "tor", Tunnel),
    ("tplinkcloud.com", "tp-link", Iot),
    ("tunnelbear.com", "tunnelbear", Tunnel),
    ("tuyacn.com", "tuya", Iot),
    ("tuyaeu.com", "tuya", Iot),
    ("tuyaus.com", "tuya", Iot),
    ("twimg.com", "twitter", Chat),
    ("twitch.tv", "twitch", Media),
    ("twitter.com", "twitter", Chat),
    ("ubuntu.com", "ubuntu", Update),
    ("viber.com", "viber", Chat),
    ("vimeo.com", "vimeo", Media),
    ("wbx2.com", "webex", Chat),
    ("webex.com", "webex", Chat),
    ("wechat.com", "wechat", Chat),
    ("weixin.qq.com", "wechat", Chat),
    ("whatsapp.com", "whatsapp", Chat),
    ("whatsapp.net", "whatsapp", Chat),
    ("whispersystems.org", "signal", Chat),
    ("wikimedia.org", "wikipedia", Web),
    ("wikipedia.org", "wikipedia", Web),
    ("windowsupdate.com", "windows-update", Update),
    ("wyze.com", "wyze", Iot),
    ("x.com", "twitter", Chat),
    ("xboxlive.com", "xbox", Game),
    ("xiaomi.com", "xiaomi", Iot),
    ("xiaomi.net", "xiaomi", Iot),
    ("yandex.net", "yandex", Web),
    ("yandex.ru", "yandex", Web),
    ("youtube.com", "youtube", Media),
    ("ytimg.com", "youtube", Media),
    ("zoom.us", "zoom", Chat),
];

/// The application of a host, by the longest name that it is or is below.
pub(super) fn application(host: &[u8]) -> Option<Application> {
    let host = host.split(|byte| *byte == b':').next()?;
    let host = host.strip_suffix(b".").unwrap_or(host);
    let mut from = 0;
    loop {
        let name = host.get(from..)?;
        if let Ok(place) = HOSTS.binary_search_by(|(row, ..)| compare(row.as_bytes(), name)) {
            return HOSTS.get(place).map(|(_, name, category)| Application { name, category: *category });
        }
        from += name.iter().position(|byte| *byte == b'.')? + 1;
    }
}

/// Every application.
pub(super) fn applications() -> impl Iterator<Item = Application> {
    HOSTS.iter().map(|(_, name, category)| Application { name, category: *category })
}

/// Case of the name does not count.
fn compare(row: &[u8], name: &[u8]) -> Ordering {
    row.iter().copied().cmp(name.iter().map(u8::to_ascii_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_lower_case_and_each_once() {
        assert!(HOSTS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(HOSTS.iter().all(|(name, ..)| !name.bytes().any(|byte| byte.is_ascii_uppercase())));
    }

    #[test]
    fn the_longest_name_counts() {
        let name = |host: &str| application(host.as_bytes()).map(|application| application.name);
        assert_eq!(name("www.Google.com."), Some("google"));
        assert_eq!(name("play.google.com:443"), Some("google-play"));
        assert_eq!(name("avs.alexa.amazon.com"), Some("amazon-alexa"));
        assert_eq!(name("notgoogle.com"), None);
        assert_eq!(name("com"), None);
        assert_eq!(name(""), None);
    }
}
