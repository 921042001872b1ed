//! What an endpoint tells the person who started it: commands to paste.

use std::net::{Ipv4Addr, SocketAddr};

use cospass::{Bucket, Credentials, Scheme};
use cospass_server::ClockSetting;

use super::Source;
use super::settings::Settings;
use crate::output::note;
use crate::shell::quote;

/// An endpoint that has just started.
pub(super) struct Welcome<'a> {
    pub(super) settings: &'a Settings,
    pub(super) address: SocketAddr,
    pub(super) source: Source,
    pub(super) credentials: Credentials,
}

impl Welcome<'_> {
    /// Tells it all on standard error.
    pub(super) fn tell(&self) {
        self.tell_what_is_kept();
        self.tell_credentials();
        if self.settings.clock != ClockSetting::System {
            note(format_args!("The clock is not the system's: {}.", self.settings.clock));
        }
        self.tell_commands();
        if self.settings.scheme() == Scheme::Http {
            note("\nAn official SDK, unchanged, with scheme http:");
            note(format_args!("  export http_proxy=http://{}", self.numeric()));
        }
        note("\nCtrl-C or SIGTERM stops the endpoint.");
    }

    /// What is given up, if anything is.
    fn tell_what_is_kept(&self) {
        if self.settings.data.is_none() {
            note("Everything is kept in memory: it is gone when the endpoint stops.\n");
        }
        if self.settings.no_sync {
            note(
                "--no-sync: uploads are acknowledged before they are on the disk. They survive the end of this process,",
            );
            note(
                "not that of the system: a power loss may lose any of them, or all. For throw-away data.\n",
            );
        }
    }

    fn tell_credentials(&self) {
        let file = self.settings.data.as_ref().map(|data| data.join("credentials"));
        let file = file.map(|file| quote(&file.to_string_lossy())).unwrap_or_default();
        match self.source {
            Source::Environment => note("Credentials: those of the environment."),
            Source::Config => note("Credentials: those of the account in the file of --config."),
            Source::MadeNow => {
                note(format_args!("Credentials, made now, shown this once, and kept in {file}:"));
                self.tell_secret();
            }
            Source::Unkept => {
                note("Credentials, made now, and kept nowhere:");
                self.tell_secret();
            }
            Source::Kept => {
                note(format_args!("Credentials: those kept in {file}. To use them in a shell:"));
                note(format_args!(
                    "  export $(sed 's/^SecretId=/COS_SECRET_ID=/; s/^SecretKey=/COS_SECRET_KEY=/' {file})"
                ));
            }
        }
    }

    fn tell_secret(&self) {
        note(format_args!("  export COS_SECRET_ID={}", self.credentials.secret_id()));
        let secret_key = self.credentials.secret_key().expose();
        note(format_args!("  export COS_SECRET_KEY={secret_key}"));
    }

    fn tell_commands(&self) {
        let named = self.settings.named_buckets().next();
        let bucket = named.map_or("$BUCKET", |bucket| bucket.as_str());
        let (curl, place) = self.way_to(named);
        if named.is_none() {
            note("\nNo bucket is named. Make one:");
            note("  BUCKET=demo-1250000000");
            note(format_args!(
                "  {curl} -X PUT \"$(cospass presign PUT cos://{bucket}/ {place})\""
            ));
        }
        note("\nUpload and download:");
        let target = format!("cos://{bucket}/README.md");
        note(format_args!("  {curl} -T README.md \"$(cospass presign PUT {target} {place})\""));
        note(format_args!("  {curl} \"$(cospass presign GET {target} {place})\""));
    }

    /// The curl command, and the options of `cospass`, with which a bucket is reached.
    fn way_to(&self, bucket: Option<&Bucket>) -> (String, String) {
        let (ip, scheme) = (self.address.ip(), self.settings.scheme());
        let is_here = ip.is_loopback() || ip.is_unspecified();
        let curl = "curl".to_owned();
        if bucket.is_some() && self.settings.default_bucket.as_ref() == bucket {
            (curl, format!("--scheme {scheme} --domain {}", self.numeric()))
        } else if is_here {
            // An address names no bucket; `BUCKET.localhost` does, and curl takes it for this machine.
            (curl, format!("--scheme {scheme} --endpoint localhost:{}", self.address.port()))
        } else {
            let region = self.settings.region.name();
            let curl = match scheme {
                Scheme::Http => format!("curl -x http://{}", self.address),
                Scheme::Https => format!("curl --connect-to ::{}", self.address),
            };
            (curl, format!("--scheme {scheme} --region {region}"))
        }
    }

    /// The address as a client on this machine reaches it.
    fn numeric(&self) -> SocketAddr {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        address
    }
}
