//! What an endpoint is to be: the command line, then the file of `--config`, then the defaults.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use cospass::{Bucket, Credentials, Region, Scheme};
use cospass_protocol::operation::CannedAcl;
use cospass_server::{AccessLogTarget, Builder, Clock, ClockSetting, Server};

use super::args::{self, ServeArgs, Signatures};
use super::config::{AccountTable, Config, Parsed};
use super::people::People;
use crate::exit::Failure;
use crate::place::DEFAULT_REGION;

const DEFAULT_PORT: u16 = 9000;

/// Everything that is decided before an endpoint starts.
#[derive(Debug)]
pub(super) struct Settings {
    listen: SocketAddr,
    /// In memory, if there is none.
    pub(super) data: Option<PathBuf>,
    pub(super) no_sync: bool,
    buckets: Vec<(Bucket, CannedAcl)>,
    mappings: Vec<(String, Bucket)>,
    pub(super) default_bucket: Option<Bucket>,
    pub(super) region: Region,
    signatures: Vec<Signatures>,
    pub(super) clock: ClockSetting,
    /// Certificate and key.
    tls: Option<(PathBuf, PathBuf)>,
    control: Option<SocketAddr>,
    control_off_loopback: bool,
    control_hosts: Vec<String>,
    access_log: Option<AccessLogTarget>,
    /// The one that credentials are taken from if nothing else gives them.
    pub(super) account: Option<AccountTable>,
    other_accounts: Vec<AccountTable>,
    people: People,
    sts_listen: Option<SocketAddr>,
    token_key: Option<PathBuf>,
    /// What to log where the command line does not say it.
    pub(super) log: Option<String>,
}

impl Settings {
    /// Reads the file, if there is one, and puts the command line over it: single values replace those of the file, lists
    /// are joined.
    pub(super) fn of(args: ServeArgs) -> Result<Self, Failure> {
        let file = args.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
        Self::joined(args, file)
    }

    fn joined(args: ServeArgs, file: Config) -> Result<Self, Failure> {
        if file.in_memory && file.data.is_some() {
            return Err(contradiction("in_memory and data exclude each other; keep one of them"));
        }
        let in_memory = args.in_memory || (file.in_memory && args.data.is_none());
        let data = args.data.or(file.data).filter(|_| !in_memory);
        if data.is_none() && !in_memory {
            let message = "nothing says where to keep data; give --data DIR or --in-memory";
            return Err(contradiction(message));
        }
        let unsynced_memory = in_memory && (args.no_sync || (file.no_sync && file.in_memory));
        if unsynced_memory {
            let message = "no_sync says nothing of an endpoint in memory; leave it out";
            return Err(contradiction(message));
        }
        let control = args.control.or(inner(file.control));
        let control_off_loopback = args.control_off_loopback || file.control_off_loopback;
        let control_hosts = [file.control_host, args.control_hosts].concat();
        if control.is_none() && (control_off_loopback || !control_hosts.is_empty()) {
            let message = "there is no control listener to allow something; give --control";
            return Err(contradiction(message));
        }
        let tls = match (args.tls_cert.or(file.tls_cert), args.tls_key.or(file.tls_key)) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(contradiction("--tls-cert and --tls-key go together; give both")),
        };
        let mut accounts = file.account.into_iter();
        let account = accounts.next();
        if account.as_ref().is_some_and(|account| account.appid.is_some()) {
            let message =
                "the first [[account]] has all buckets that no other one has; take its appid away";
            return Err(contradiction(message));
        }
        let other_accounts: Vec<_> = accounts.collect();
        let is_whole = |account: &AccountTable| account.uin.is_some() && account.appid.is_some();
        if !other_accounts.iter().all(is_whole) {
            let message = "each [[account]] but the first says whose buckets are its own; give it uin and appid";
            return Err(contradiction(message));
        }
        let of_buckets: Vec<_> = file
            .bucket
            .iter()
            .filter_map(|table| Some((Some(table.name.0.clone()), table.signature.as_ref()?.0)))
            .collect();
        let region = match args.region.or(inner(file.region)) {
            Some(region) => region,
            None => args::parse_region(DEFAULT_REGION).map_err(|e| Failure::usage("region", e))?,
        };
        let tables = file
            .bucket
            .into_iter()
            .map(|table| (table.name.0, table.acl.map_or(CannedAcl::Private, |Parsed(acl)| acl)));
        let mapped = file.map.into_iter().map(|(host, Parsed(bucket))| (host, bucket));
        Ok(Self {
            listen: args
                .listen
                .or(inner(file.listen))
                .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT))),
            data,
            no_sync: (args.no_sync || file.no_sync) && !in_memory,
            buckets: tables.chain(args.buckets).collect(),
            // A host that is given twice goes by the last one: the command line's.
            mappings: mapped.chain(args.mappings).collect(),
            default_bucket: args.default_bucket.or(inner(file.default_bucket)),
            region,
            // As with hosts, the last one counts.
            signatures: file
                .signature
                .into_iter()
                .map(|Parsed(signatures)| signatures)
                .chain(of_buckets)
                .chain(args.signatures)
                .collect(),
            clock: args.clock.or(inner(file.clock)).unwrap_or_default(),
            tls,
            control,
            control_off_loopback,
            control_hosts,
            access_log: args.access_log.or(inner(file.access_log)),
            account,
            other_accounts,
            people: People {
                users: file.user,
                roles: file.role,
                providers: file.identity_provider,
            },
            sts_listen: args.sts_listen.or(inner(file.sts_listen)),
            token_key: args.token_key.or(file.token_key),
            log: file.log,
        })
    }

    pub(super) fn scheme(&self) -> Scheme {
        if self.tls.is_some() { Scheme::Https } else { Scheme::Http }
    }

    /// Every bucket that is named anywhere, all of which are to be there.
    pub(super) fn named_buckets(&self) -> impl Iterator<Item = &Bucket> {
        let mapped = self.mappings.iter().map(|(_, bucket)| bucket);
        let listed = self.buckets.iter().map(|(bucket, _)| bucket);
        listed.chain(&self.default_bucket).chain(mapped)
    }

    /// The endpoint, ready to start; the credentials are those of the first account. Reads the keys of the others.
    pub(super) fn builder(&self, credentials: Credentials) -> Result<Builder, Failure> {
        let builder = match &self.data {
            Some(folder) => Server::builder().data_dir(folder).no_sync(self.no_sync),
            None => Server::builder().in_memory(),
        };
        let mut builder = builder
            .listen(self.listen)
            .credentials(credentials)
            .region(self.region.name())
            .clock(Clock::new(self.clock))
            .thread_per_core();
        // The first that names a bucket decides what it is made with.
        for (bucket, acl) in &self.buckets {
            builder = builder.bucket_with_acl(bucket.as_str(), *acl);
        }
        for bucket in self.named_buckets() {
            builder = builder.bucket(bucket.as_str());
        }
        for (bucket, coverage) in &self.signatures {
            builder = match bucket {
                Some(bucket) => builder.bucket_signature(bucket.as_str(), *coverage),
                None => builder.signature(*coverage),
            };
        }
        for (host, bucket) in &self.mappings {
            builder = builder.map(host, bucket.as_str());
        }
        if let Some(bucket) = &self.default_bucket {
            builder = builder.default_bucket(bucket.as_str());
        }
        if let Some(uin) = self.account.as_ref().and_then(|account| account.uin.as_ref()) {
            builder = builder.owner_uin(uin);
        }
        for account in &self.other_accounts {
            let keys = Credentials::new(account.secret_id.clone(), account.secret_key()?);
            let (uin, appid) = (account.uin.as_deref(), account.appid.as_deref());
            builder = builder.account(keys, uin.unwrap_or_default(), appid.unwrap_or_default());
        }
        builder = self.people.join(builder)?;
        if let Some(address) = self.sts_listen {
            builder = builder.sts_listen(address);
        }
        if let Some(file) = &self.token_key {
            builder = builder.token_key(file);
        }
        if let Some((certificate, key)) = &self.tls {
            builder = builder.tls(certificate, key);
        }
        if let Some(control) = self.control {
            builder = builder.control(control);
        }
        if self.control_off_loopback {
            builder = builder.control_off_loopback();
        }
        for name in &self.control_hosts {
            builder = builder.control_host(name);
        }
        Ok(match &self.access_log {
            Some(target) => builder.access_log(target.clone()),
            None => builder,
        })
    }
}

fn inner<T>(parsed: Option<Parsed<T>>) -> Option<T> {
    parsed.map(|Parsed(value)| value)
}

fn contradiction(message: &str) -> Failure {
    Failure::usage("arguments", message)
}

#[cfg(test)]
mod tests {
    use cospass_server::Coverage;

    use super::*;

    fn joined(args: ServeArgs, file: &str) -> Result<Settings, String> {
        let file: Config = toml::from_str(file).unwrap();
        Settings::joined(args, file).map_err(|failure| failure.message().to_owned())
    }

    #[test]
    fn the_command_line_wins_and_lists_are_joined() {
        let file = "data = \"f\"\nlisten = \"[::1]:1\"\nregion = \"ap-f\"\nclock = \"fixed:1\"\n\
                    [map]\nh = \"f-1\"\n[[bucket]]\nname = \"b-1\"\nacl = \"public-read\"";
        let bucket = |name| Bucket::new(name).unwrap();
        let args = ServeArgs {
            data: Some("a".into()),
            region: Some(Region::new("ap-a").unwrap()),
            buckets: vec![(bucket("c-1"), CannedAcl::Private)],
            mappings: vec![("h".into(), bucket("a-1"))],
            ..ServeArgs::default()
        };
        let settings = joined(args, file).unwrap();
        assert_eq!(settings.data, Some("a".into()));
        assert_eq!((settings.region.name(), settings.listen.port()), ("ap-a", 1));
        assert_eq!(settings.clock, ClockSetting::Fixed(1));
        assert_eq!(settings.mappings.last(), Some(&("h".into(), bucket("a-1"))));
        let buckets = [(bucket("b-1"), CannedAcl::PublicRead), (bucket("c-1"), CannedAcl::Private)];
        assert_eq!(settings.buckets, buckets);
        let named: Vec<_> = settings.named_buckets().map(Bucket::as_str).collect();
        assert_eq!(named, ["b-1", "c-1", "f-1", "a-1"]);
    }

    #[test]
    fn memory_is_asked_for_by_either_and_data_on_the_command_line_wins_over_it() {
        let data = || ServeArgs { data: Some("a".into()), ..ServeArgs::default() };
        assert_eq!(joined(data(), "in_memory = true").unwrap().data, Some("a".into()));
        let in_memory = ServeArgs { in_memory: true, ..ServeArgs::default() };
        assert_eq!(joined(in_memory, "data = \"f\"").unwrap().data, None);
        assert_eq!(joined(ServeArgs::default(), "in_memory = true").unwrap().data, None);
    }

    #[test]
    fn contradictions_are_refused() {
        for (file, told) in [
            ("", "--data DIR"),
            ("in_memory = true\ndata = \"f\"", "exclude each other"),
            ("in_memory = true\nno_sync = true", "leave it out"),
            ("in_memory = true\ncontrol_off_loopback = true", "--control"),
            ("in_memory = true\ncontrol_host = [\"h\"]", "--control"),
            ("in_memory = true\ntls_cert = \"f\"", "--tls-key"),
            (
                "in_memory = true\n[[account]]\nsecret_id = \"a\"\nsecret_key_file = \"f\"\n\
                 [[account]]\nsecret_id = \"b\"\nsecret_key_file = \"f\"\nuin = \"2\"",
                "uin and appid",
            ),
            (
                "in_memory = true\n[[account]]\nsecret_id = \"a\"\nsecret_key_file = \"f\"\nappid = \"1\"",
                "take its appid away",
            ),
        ] {
            let message = joined(ServeArgs::default(), file).unwrap_err();
            assert!(message.contains(told), "{file:?}: {message}");
        }
    }

    #[test]
    fn a_bucket_says_how_its_signatures_are_judged_and_the_command_line_wins() {
        let file = "in_memory = true\nsignature = [\"strict\", \"b-1=listed\"]\n\
                    [[bucket]]\nname = \"b-1\"\nsignature = \"strict\"\n[[bucket]]\nname = \"c-1\"";
        let args = ServeArgs {
            signatures: vec![args::parse_signature("b-1=listed").unwrap()],
            ..ServeArgs::default()
        };
        let b = Some(Bucket::new("b-1").unwrap());
        let (listed, strict) = (Coverage::Listed, Coverage::Strict);
        let of_file = [(None, strict), (b.clone(), listed), (b.clone(), strict)];
        assert_eq!(joined(ServeArgs::default(), file).unwrap().signatures, of_file);
        let with_args = [&of_file[..], &[(b, listed)]].concat();
        assert_eq!(joined(args, file).unwrap().signatures, with_args);
    }
}
