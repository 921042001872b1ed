//! The files that credentials come from, as the tools write them, in a home folder of the test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests alone")]

mod surroundings;

use cospass::Credentials;
use cospass::credentials::{Chain, CosCli, CosCmd, Fate, TcCli, TencentCloud};
use surroundings::{found, own, parts, surroundings, write};

const FILES: [(&str, &str, &str); 4] = [
    (
        ".cos.yaml",
        "cos:\n  base:\n    secretid: i-yaml\n    secretkey: key-of-yaml\n    \
        disableencryption: \"true\"\n",
        "~/.cos.yaml (coscli)",
    ),
    (
        ".cos.conf",
        "[common]\nsecret_id = i-conf\nsecret_key = key-of-conf\n",
        "~/.cos.conf (coscmd)",
    ),
    (
        ".tccli/default.credential",
        "{\"secretId\": \"i-tccli\", \"secretKey\": \"key-of-tccli\"}",
        "~/.tccli (tccli)",
    ),
    (
        ".tencentcloud/credentials",
        "[default]\nsecret_id = i-sdk\nsecret_key = key-of-sdk\n",
        "~/.tencentcloud/credentials",
    ),
];

#[tokio::test]
async fn files_are_asked_in_their_order_and_the_others_are_told() {
    let root = tempfile::tempdir().unwrap();
    for (name, text, _) in FILES {
        write(root.path(), name, text);
    }
    for (position, (name, _, source)) in FILES.iter().enumerate() {
        let chain = Chain::usual(surroundings(root.path(), &[]));
        let found = chain.find().await.unwrap();
        let won = found.tried.iter().find(|tried| tried.fate == Fate::Won).unwrap();
        assert_eq!(won.source, *source);
        // The environment, the files that are gone, this one, the others, the pod and the machine.
        let asked = found.tried.iter().filter(|tried| tried.fate != Fate::NotAsked).count();
        assert_eq!((asked, found.tried.len()), (position + 2, 7));
        assert!(!format!("{found:?}").contains("key-of"));
        std::fs::remove_file(root.path().join(name)).unwrap();
    }
    let none = Chain::usual(surroundings(root.path(), &[])).find().await.unwrap_err();
    assert_eq!(none.cause(), "credentials-not-found");
    for (name, ..) in FILES {
        assert!(none.to_string().contains(name), "{none}");
    }
    let variables = [("COS_SECRET_ID", "i-env"), ("COS_SECRET_KEY", "k")];
    write(root.path(), FILES[0].0, FILES[0].1);
    let found = Chain::usual(surroundings(root.path(), &variables)).find().await.unwrap();
    assert_eq!(found.credentials.secret_id().as_str(), "i-env");
}

#[tokio::test]
async fn a_file_that_is_wrong_is_named_with_its_line_and_not_passed_over() {
    let root = tempfile::tempdir().unwrap();
    for (name, text, line) in [
        (".cos.yaml", "cos:\n  base:\n    secretid: i\n", 3),
        (".cos.yaml", "cos:\n\tbase:\n", 2),
        (".cos.yaml", "buckets: []\n", 1),
        (".cos.conf", "[common]\nsecret_id = i\nsecret_key\n", 3),
        (".cos.conf", "[common]\nbucket = b\n", 2),
        (".cos.conf", "[common]\nsecret_key = hidden\n", 2),
        (".tccli/default.credential", "{\n\"secretId\": \"hidden\" oops\n", 2),
        (".tccli/default.credential", "{\"secretId\": \"hidden\"}", 1),
        (
            ".tccli/default.credential",
            "{\"secretId\":\"i\",\"secretKey\":\"hidden\",\n\"role-arn\":\"x\"}",
            2,
        ),
        (".tencentcloud/credentials", "[default]\nhidden\n", 2),
        (".tencentcloud/credentials", "[other]\nsecret_id = i\n", 1),
        ("etc/tencentcloud/credentials", "[default]\nsecret_id = i\n", 2),
    ] {
        write(root.path(), name, text);
        // What comes behind would have some.
        let chain =
            Chain::of_machine(surroundings(root.path(), &[])).and(Credentials::new("i", "k"));
        let error = chain.find().await.unwrap_err();
        assert_eq!(error.cause(), "credentials-malformed", "{error}");
        let told = error.to_string();
        let place = format!("{}, line {line}: ", root.path().join(name).display());
        assert!(told.starts_with(&place) && !told.contains("hidden"), "{told}");
        std::fs::remove_file(root.path().join(name)).unwrap();
    }
    // A file that cannot be read is not one that is not there.
    std::fs::create_dir(root.path().join(".cos.conf")).unwrap();
    let error = Chain::of_machine(surroundings(root.path(), &[])).find().await.unwrap_err();
    assert_eq!(error.cause(), "credentials-unreadable");
}

#[tokio::test]
async fn what_the_tools_write_is_read() {
    let root = tempfile::tempdir().unwrap();
    // Obfuscated, as coscli writes it unless it is told otherwise; its own vectors are in the source.
    let id = "n1yRfxwGfx2TMt0SZkV+0ZXzmZ/q382h1tnI36+shU2xGrkKm8uL3HLEzdsZl3Ri";
    let empty = "3kNZR4wfjUgOqbHffiQSMw==";
    let yaml = format!(
        "cos:\n  base:\n    secretid: {id}\n    secretkey: {id}\n    sessiontoken: {empty}\n    \
         protocol: https\n    mode: SecretKey\n    cvmrolename: \"\"\n  buckets:\n  - name: b-1\n    alias: b\n"
    );
    write(root.path(), ".cos.yaml", &yaml);
    let plain = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
    let surroundings = || surroundings(root.path(), &[("TCCLI_PROFILE", "other")]);
    assert_eq!(parts(&found(&CosCli::new(surroundings())).await), own(plain, plain, None));
    write(root.path(), ".cos.conf", "[common]\naccess_id = i\nsecret_key = k\ntoken = t\n");
    let coscmd = CosCmd::new(surroundings());
    assert_eq!(parts(&found(&coscmd).await), own("i", "k", Some("t")));
    let profile = "{\"secretId\":\"i\",\"secretKey\":\"k\",\"token\":\"t\",\"type\":\"default\",\"expiresAt\":9}";
    write(root.path(), ".tccli/other.credential", profile);
    let tccli = found(&TcCli::new(surroundings())).await;
    assert_eq!((parts(&tccli), tccli.ends_at()), (own("i", "k", Some("t")), Some(9)));
    write(root.path(), "etc/tencentcloud/credentials", "[default]\nsecret_id=i\nsecret_key=k\n");
    assert_eq!(parts(&found(&TencentCloud::new(surroundings())).await), own("i", "k", None));
}
