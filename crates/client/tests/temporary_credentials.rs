//! Credentials that servers give, against servers on the loopback: STS, which reads what it is asked with the other half of
//! `cospass_protocol::sts`, and the metadata of a machine.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests alone")]

mod surroundings;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use cospass::Credentials;
use cospass::credentials::{
    CosCli, CredentialSource, CredentialsError, Environment, FederationSource, Metadata, Provided,
    RoleSource, Sts, TcCli, WebIdentity,
};
use cospass_protocol::sts::{
    Answer, AssumeRole, Call, CallerIdentity, Form, GetFederationToken, Issued, Received, Request,
    RoleArn, StsError, StsErrorCode,
};
use surroundings::{found, own, parts, surroundings, write};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ROLE: &str = "qcs::cam::uin/100000000001:roleName/uploader";

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "EXAMPLEKEY")
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

type Handler = dyn Fn(&str, &str, &[(String, String)], &[u8]) -> (u16, String) + Send + Sync;

/// A server of tests: what it answers to method, path, headers and body.
struct Answering {
    address: SocketAddr,
}

impl Answering {
    async fn with(
        answer: impl Fn(&str, &str, &[(String, String)], &[u8]) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer: Arc<Handler> = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = Arc::clone(&answer);
                tokio::spawn(async move { one(stream, &*answer).await });
            }
        });
        Self { address }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Reads one request and answers it.
async fn one(mut stream: TcpStream, answer: &Handler) {
    let mut read = Vec::new();
    let head_end = loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
            return;
        }
    };
    let head = String::from_utf8(read[..head_end].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut words = lines.next().unwrap().split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
    while read.len() < head_end + 4 + length {
        stream.read_buf(&mut read).await.unwrap();
    }
    let (status, body) = answer(method, path, &headers, &read[head_end + 4..]);
    let answer = format!(
        "HTTP/1.1 {status} Said\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
}

/// STS as far as clients see it: it checks the signature with the key of the tests, and grants keys for so many seconds.
async fn sts(seconds: i64) -> (Answering, Arc<Mutex<Vec<Request>>>) {
    let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
    let noting = Arc::clone(&seen);
    let server = Answering::with(move |_, path, headers, body| {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let path: &str = path;
        let method = "POST";
        let answered = (|| {
            let call =
                Call::read(&Received { method, path, query: None, headers: &headers, body })?;
            let (signed, request) = (call.clone(), call.request()?);
            let owner = credentials();
            if request.is_signed() {
                signed.verify(Some(owner.secret_key()), now())?;
            }
            noting.lock().unwrap().push(request.clone());
            Ok::<_, StsError>(match request {
                Request::GetCallerIdentity => Answer::Caller(CallerIdentity {
                    kind: "CAMUser".to_owned(),
                    arn: "qcs::cam:1:uin/1".to_owned(),
                    account_id: "1".to_owned(),
                    user_id: "1".to_owned(),
                    principal_id: "1".to_owned(),
                }),
                _ => Answer::Issued(Issued {
                    credentials: Credentials::new("AKIDTMP", "tmp-key").with_token("tmp-token"),
                    expires: now() + seconds,
                }),
            })
        })();
        (
            200,
            match answered {
                Ok(answer) => answer.write("request-1", Form::Current),
                Err(error) => error.write("request-1", Form::Current),
            },
        )
    })
    .await;
    (server, seen)
}

fn role() -> AssumeRole {
    AssumeRole {
        role: RoleArn::parse(ROLE).unwrap(),
        session_name: "tests".to_owned(),
        duration: Some(1800),
        policy: None,
        external_id: None,
        tags: Vec::new(),
        source_identity: None,
    }
}

#[tokio::test]
async fn sts_gives_the_keys_of_a_role_and_a_federation_token() {
    let root = tempfile::tempdir().unwrap();
    let (server, seen) = sts(1800).await;
    let surroundings = surroundings(root.path(), &[("COSPASS_STS_ENDPOINT", &server.url())]);
    let sts = Sts::new(surroundings);
    let temporary = found(&RoleSource::new(credentials(), sts.clone(), role())).await;
    assert_eq!(parts(&temporary), own("AKIDTMP", "tmp-key", Some("tmp-token")));
    assert!((now() + 1790..=now() + 1800).contains(&temporary.ends_at().unwrap()));
    let federation = GetFederationToken {
        name: "tests".to_owned(),
        policy: "{\"version\":\"2.0\",\"statement\":[]}".to_owned(),
        duration: None,
    };
    let source = FederationSource::new(credentials(), sts.clone(), federation.clone());
    assert!(found(&source).await.token().is_some());
    let asked = [Request::AssumeRole(role()), Request::GetFederationToken(federation)];
    assert_eq!(*seen.lock().unwrap(), asked);

    // With another key it refuses, and says why.
    let stranger = Credentials::new("AKIDEXAMPLE", "another");
    let refused = RoleSource::new(stranger, sts, role()).provide().await.unwrap_err();
    assert_eq!(refused.cause(), "credentials-sts");
    let code = StsErrorCode::SignatureFailure.as_str();
    assert!(refused.to_string().contains(code) && refused.to_string().contains("request-1"));
}

#[tokio::test]
async fn a_role_is_taken_on_where_variables_and_files_name_one() {
    let root = tempfile::tempdir().unwrap();
    let (server, seen) = sts(1800).await;
    let (id, key) = ("AKIDEXAMPLE", "EXAMPLEKEY");
    let variables = [
        ("COSPASS_STS_ENDPOINT", &*server.url()),
        ("TENCENTCLOUD_SECRET_ID", id),
        ("TENCENTCLOUD_SECRET_KEY", key),
        ("TENCENTCLOUD_ROLE_ARN", ROLE),
        ("TENCENTCLOUD_ROLE_SESSION_NAME", "mine"),
    ];
    let temporary = found(&Environment::new(surroundings(root.path(), &variables))).await;
    assert_eq!(temporary.secret_id().as_str(), "AKIDTMP");
    let profile = format!(
        "{{\"secretId\":\"{id}\",\"secretKey\":\"{key}\",\"role-arn\":\"{ROLE}\",\"role-session-name\":\"mine\"}}"
    );
    write(root.path(), ".tccli/default.credential", &profile);
    let tccli = TcCli::new(surroundings(root.path(), &variables[..1]));
    assert_eq!(found(&tccli).await.secret_id().as_str(), "AKIDTMP");
    let mine = AssumeRole { session_name: "mine".to_owned(), duration: None, ..role() };
    assert_eq!(*seen.lock().unwrap(), vec![Request::AssumeRole(mine); 2]);

    let wrong = [variables[1], variables[2], ("TENCENTCLOUD_ROLE_ARN", "uploader")];
    let refused = Environment::new(surroundings(root.path(), &wrong)).provide().await.unwrap_err();
    assert!(refused.to_string().starts_with("TENCENTCLOUD_ROLE_ARN: "), "{refused}");
}

#[tokio::test]
async fn the_identity_of_a_pod_gets_keys_for_its_token() {
    let root = tempfile::tempdir().unwrap();
    let (server, seen) = sts(1800).await;
    write(root.path(), "token", "id-token\n");
    let file = root.path().join("token").display().to_string();
    let variables = [
        ("COSPASS_STS_ENDPOINT", &*server.url()),
        ("TKE_ROLE_ARN", ROLE),
        ("TKE_PROVIDER_ID", "cls-1"),
        ("TKE_WEB_IDENTITY_TOKEN_FILE", &file),
        ("TKE_REGION", "ap-guangzhou"),
    ];
    let pod = |variables: &[(&str, &str)]| WebIdentity::new(surroundings(root.path(), variables));
    assert!(found(&pod(&variables)).await.ends_at().is_some());
    match &seen.lock().unwrap()[..] {
        [Request::AssumeRoleWithWebIdentity(asked)] => {
            assert_eq!((asked.provider_id.as_str(), asked.token.expose()), ("cls-1", "id-token"));
        }
        other => panic!("{other:?}"),
    }
    for missing in 2..=3 {
        let mut some = variables.to_vec();
        let (name, _) = some.remove(missing);
        let refused = pod(&some).provide().await.unwrap_err().to_string();
        assert!(refused.starts_with(name), "{refused}");
    }
    std::fs::remove_file(&file).unwrap();
    let refused = pod(&variables).provide().await.unwrap_err();
    assert!(refused.to_string().contains("is not there"), "{refused}");
    let absent = pod(&variables[..1]).provide().await.unwrap();
    assert!(matches!(absent, Provided::Absent(why) if why.contains("TKE_ROLE_ARN")));
}

/// The metadata of a machine.
async fn machine(
    roles: &'static str,
    keys: impl Fn(&str) -> String + Send + Sync + 'static,
) -> Answering {
    Answering::with(move |_, path, _, _| {
        match path.strip_prefix("/latest/meta-data/cam/security-credentials/") {
            Some("") if roles.is_empty() => (404, String::new()),
            Some("") => (200, roles.to_owned()),
            Some(role) => (200, keys(role)),
            None => (404, String::new()),
        }
    })
    .await
}

fn keys_of(role: &str, code: &str) -> String {
    format!(
        "{{\"TmpSecretId\":\"AKID-{role}\",\"TmpSecretKey\":\"hidden\",\"Token\":\"t\",\"ExpiredTime\":{},\
         \"Expiration\":\"2030-01-01T00:00:00Z\",\"Code\":\"{code}\"}}",
        now() + 3600
    )
}

#[tokio::test]
async fn a_machine_has_the_keys_of_its_role() {
    let root = tempfile::tempdir().unwrap();
    let server = machine("first\nsecond\n", |role| keys_of(role, "Success")).await;
    let at = |url: &str| surroundings(root.path(), &[("COSPASS_METADATA_ENDPOINT", url)]);
    let temporary = found(&Metadata::new(at(&server.url()))).await;
    assert_eq!(parts(&temporary), own("AKID-first", "hidden", Some("t")));
    assert!(temporary.ends_at().unwrap() > now());
    let second = found(&Metadata::new(at(&server.url())).role("second")).await;
    assert_eq!(second.secret_id().as_str(), "AKID-second");
    // coscli can say that its keys are those of the machine.
    write(root.path(), ".cos.yaml", "cos:\n  base:\n    mode: CvmRole\n    cvmrolename: second\n");
    let coscli = found(&CosCli::new(at(&server.url()))).await;
    assert_eq!(coscli.secret_id().as_str(), "AKID-second");

    let none = machine("", |_| String::new()).await;
    let absent = Metadata::new(at(&none.url())).provide().await.unwrap();
    assert!(matches!(absent, Provided::Absent(why) if why.contains("no role")));
    for said in [keys_of("r", "Failed"), "{}".to_owned(), "no JSON".to_owned()] {
        let server = machine("r", move |_| said.clone()).await;
        let refused = Metadata::new(at(&server.url())).provide().await.unwrap_err();
        assert_eq!(refused.cause(), "credentials-metadata");
        assert!(!refused.to_string().contains("hidden"), "{refused}");
    }
    // A server that is named must be there.
    let gone = Metadata::new(at("http://127.0.0.1:1")).provide().await.unwrap_err();
    assert!(matches!(gone, CredentialsError::Unreachable { .. }), "{gone}");
}
