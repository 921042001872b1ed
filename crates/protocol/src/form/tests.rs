use super::*;
use crate::Bucket;
use proptest::prelude::*;

const LIMITS: FormLimits = FormLimits { fields: 8, field_size: 400, size: 1000 };
const TYPE: &[u8] = b"multipart/form-data; boundary=b";

fn form(fields: &[(&str, &str)], filename: Option<&str>) -> Form {
    let mut form = Form { filename: filename.map(str::to_owned), ..Form::default() };
    for (name, value) in fields {
        form.fields.add(*name, *value).unwrap();
    }
    form
}

fn body(form: &Form, file: &[u8]) -> Vec<u8> {
    let (before, behind) = form.write("b");
    [&before, file, &behind].concat()
}

/// Reads a body that comes in pieces of that size.
fn read(body: &[u8], size: usize) -> Result<(Form, Vec<u8>), FormError> {
    let mut reader = FieldsReader::new(TYPE, LIMITS)?;
    let mut pieces = body.chunks(size);
    while !reader.read(pieces.next().unwrap_or_default())? {
        if pieces.len() == 0 {
            reader.finish()?;
            panic!("a reader that did not reach the file gave one");
        }
    }
    let (form, mut reader) = reader.finish()?;
    let mut file = Vec::new();
    reader.read(&[], &mut file)?;
    for piece in pieces {
        reader.read(piece, &mut file)?;
    }
    reader.finish()?;
    Ok((form, file))
}

/// What is read of a body, which must not depend on how it is cut.
#[track_caller]
fn read_anyhow(body: &[u8]) -> Result<(Form, Vec<u8>), FormError> {
    let whole = read(body, body.len().max(1));
    for size in 1..body.len() {
        assert_eq!(read(body, size), whole, "in pieces of {size}");
    }
    whole
}

fn malformed(body: &str) -> bool {
    matches!(read_anyhow(body.as_bytes()), Err(FormError::Malformed(_)))
}

#[test]
fn a_browser_s_form_is_read() {
    let body = "------WebKitFormBoundaryZ\r\n\
        Content-Disposition: form-data; name=\"key\"\r\n\r\n\
        exampleobject\r\n\
        ------WebKitFormBoundaryZ\r\n\
        Content-Disposition: form-data; name=\"acl\"\r\n\r\n\
        \r\n\
        ------WebKitFormBoundaryZ\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"example.jpg\"\r\n\
        Content-Type: image/jpeg\r\n\r\n\
        [Object Content]\r\n\
        ------WebKitFormBoundaryZ--\r\n";
    let content_type = b"multipart/form-data; boundary=----WebKitFormBoundaryZ";
    let mut reader = FieldsReader::new(content_type, LIMITS).unwrap();
    assert_eq!(reader.read(body.as_bytes()), Ok(true));
    let (found, mut reader) = reader.finish().unwrap();
    assert_eq!(found, form(&[("key", "exampleobject"), ("acl", "")], Some("example.jpg")));
    let mut file = Vec::new();
    reader.read(&[], &mut file).unwrap();
    assert_eq!((file.as_slice(), reader.finish()), (&b"[Object Content]"[..], Ok(())));
}

#[test]
fn preamble_epilogue_and_padding_are_skipped() {
    let body = "preamble\r\n--b \t\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--b--\r\nepilogue\r\n--b\r\n";
    assert_eq!(read_anyhow(body.as_bytes()), Ok((form(&[], None), b"x".to_vec())));
}

#[test]
fn a_file_may_hold_what_looks_like_its_end() {
    for file in
        ["", "\r\n", "\r", "--b", "\r\n--", "\r\n-\r\n--\r\r\n--a", "x\r\n\r\n--\r\n--\r\nb"]
    {
        let form = form(&[("key", "a")], Some("f"));
        let body = body(&form, file.as_bytes());
        assert_eq!(read_anyhow(&body), Ok((form, file.as_bytes().to_vec())), "{file:?}");
    }
}

#[test]
fn what_is_no_form_is_refused() {
    let file = "--b\r\nContent-Disposition: form-data; name=file\r\n\r\n";
    for body in [
        "x",
        "--b",
        "--b\r\n",
        "--b\r\n\r\n\r\nno head\r\n--b--",
        "--bc\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--b--",
        "--b\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--b--",
        &format!("{file}x"),
        &format!("{file}x\r\n--b"),
        &format!("{file}x\r\n--b-"),
        &format!("{file}x\r\n--b\r\n"),
        &format!("{file}x\r\n--bx"),
        &format!("{file}x\r\n--b\r\n{}", "a: b\r\n\r\n"),
    ] {
        assert!(malformed(body), "{body:?}: {:?}", read_anyhow(body.as_bytes()));
    }
    assert_eq!(read_anyhow(b"--b--"), Err(FormError::NoFile));
    assert_eq!(FieldsReader::new(b"text/plain", LIMITS).unwrap_err(), FormError::NoBoundary);
}

#[test]
fn there_is_one_file_and_it_is_the_last() {
    let part = |head: &str| format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\nx\r\n");
    let read = |heads: &[&str]| {
        let parts: String = heads.iter().map(|head| part(head)).collect();
        read_anyhow(format!("{parts}--b--\r\n").as_bytes()).map(|(_, file)| file)
    };
    assert_eq!(read(&["name=file", "name=submit", "name=other"]), Ok(b"x".to_vec()));
    assert_eq!(read(&["name=File"]), Ok(b"x".to_vec()));
    assert_eq!(read(&["name=key"]), Err(FormError::NoFile));
    assert_eq!(read(&["name=file", "name=file"]), Err(FormError::SeveralFiles));
    assert_eq!(read(&["name=photo; filename=a", "name=file"]), Err(FormError::SeveralFiles));
    assert_eq!(read(&["name=photo; filename=\"\"", "name=file"]), Ok(b"x".to_vec()));
    for name in
        ["key", "ACL", "policy", "q-ak", "x-cos-meta-a", "Content-Type", "success_action_status"]
    {
        let behind = read(&["name=file", &format!("name={name}")]);
        assert_eq!(behind, Err(FormError::AfterFile(name.to_owned())));
    }
}

#[test]
fn a_field_stands_once_in_any_case() {
    let mut fields = FormFields::default();
    fields.add("Key", "a").unwrap();
    assert_eq!(fields.value("key"), Some(&b"a"[..]));
    assert_eq!(fields.add("kEy", "b"), Err(FormError::Repeated("kEy".to_owned())));
    let twice = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n".repeat(2);
    assert_eq!(read_anyhow(twice.as_bytes()), Err(FormError::Malformed("it ends before the file")));
    let twice = format!("{twice}--b--");
    assert_eq!(read_anyhow(twice.as_bytes()), Err(FormError::Repeated("a".to_owned())));
}

#[test]
fn no_more_is_held_than_the_limits_allow() {
    let many: Vec<_> = (0..9).map(|index| (format!("f{index}"), "x")).collect();
    let many: Vec<_> = many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    assert!(read(&body(&form(&many[..8], None), b""), 7).is_ok());
    let endless = |start: &str, piece: &str| {
        let mut reader = FieldsReader::new(TYPE, LIMITS).unwrap();
        reader.read(start.as_bytes()).unwrap();
        let read = (0..2000).map(|_| reader.read(piece.as_bytes())).find_map(Result::err);
        assert_eq!(read, Some(FormError::TooLarge), "{start:?} {piece:?}");
    };
    assert_eq!(read(&body(&form(&many, None), b""), 7), Err(FormError::TooLarge));
    endless("", "preamble");
    endless("", "\r\n--");
    endless("--b", " ");
    endless("--b\r\n", "X: y\r\n");
    endless("--b\r\nContent-Disposition: form-data; name=key\r\n\r\n", "\r\n");
    endless("--b\r\nContent-Disposition: form-data; name=key; x=\"", "y");
    // Each is short, all of them are not.
    let long = "v".repeat(200);
    let fields: Vec<_> = many.iter().take(5).map(|(name, _)| (*name, long.as_str())).collect();
    assert_eq!(read(&body(&form(&fields, None), b""), 50), Err(FormError::TooLarge));
    // Behind the file the same holds.
    let file = body(&form(&[], None), b"x");
    let file = file.strip_suffix(b"--\r\n").unwrap();
    let value = long.repeat(3);
    let head = b"\r\nContent-Disposition: form-data; name=a\r\n\r\n";
    let behind = [file, head, value.as_bytes()].concat();
    assert_eq!(read(&behind, 9), Err(FormError::TooLarge));
}

#[test]
fn the_file_s_name_is_put_into_the_key() {
    for (key, filename, expected) in [
        ("a/${filename}", Some("photo.jpg"), Ok("a/photo.jpg")),
        ("${filename}-${filename}", Some("页"), Ok("页-页")),
        ("${filename}", Some("C:\\dir\\a.jpg"), Ok("a.jpg")),
        ("${filename}", Some("dir/a.jpg"), Ok("a.jpg")),
        ("${filename}", Some("${filename}"), Ok("${filename}")),
        ("${filename", None, Ok("${filename")),
        ("${filename}", None, Err(FormError::NoFilename)),
        ("${filename}", Some("dir/"), Err(FormError::NoFilename)),
    ] {
        let named = form(&[("Key", key)], filename).name_key();
        let named = named.map(|form| form.fields.value("key").map(<[u8]>::to_vec));
        assert_eq!(named, expected.map(|key| Some(key.as_bytes().to_vec())), "{key}");
    }
}

const MANDATORY: &str = r#"{"q-sign-algorithm":"sha1"},{"q-ak":"AKID"},{"q-sign-time":"1;2"}"#;

fn policy(conditions: &str) -> Result<FormPolicy, FormPolicyError> {
    let text = format!(
        r#"{{"expiration":"2019-08-30T09:38:12.414Z","conditions":[{conditions}{MANDATORY}]}}"#
    );
    FormPolicy::read(text.as_bytes())
}

#[test]
fn a_policy_is_read_and_written() {
    let read = policy(
        r#"{"acl":"default","bucket":"b-1"},["eq","$success_action_status",200],
        ["starts-with","$key","页\"/"],["content-length-range",1,"10"],"#,
    );
    let read = read.unwrap();
    let equal =
        |field: &str, value: &str| Condition::Equal { field: field.into(), value: value.into() };
    assert_eq!(read.expiration, 1_567_157_892);
    assert_eq!(
        read.conditions[..3],
        [equal("acl", "default"), equal("bucket", "b-1"), equal("success_action_status", "200")]
    );
    assert_eq!(read.length_range(), 1..=10);
    let field = FormPolicy::field(&read.write());
    let text = FormPolicy::text(field.as_bytes()).unwrap();
    assert_eq!(FormPolicy::read(&text), Ok(read));
    assert_eq!(FormPolicy::text(b"{}"), Err(FormPolicyError::NotBase64));
    let two = policy(r#"["content-length-range",0,10],["content-length-range",5,20],"#).unwrap();
    assert_eq!(two.length_range(), 5..=10);
}

#[test]
fn what_is_no_policy_is_refused_by_name() {
    use FormPolicyError::*;
    let read = |text: &str| FormPolicy::read(text.as_bytes()).unwrap_err();
    for (text, error) in [
        ("", NotJson),
        ("[]", NotJson),
        ("{\"expiration\":", NotJson),
        ("{}", NoConditions),
        (r#"{"conditions":[]}"#, NoConditions),
        (r#"{"conditions":{}}"#, NoConditions),
        (r#"{"conditions":[{"a":"b"}]}"#, Expiration),
        (r#"{"conditions":[{"a":"b"}],"expiration":1567157892}"#, Expiration),
        (r#"{"conditions":[{"a":"b"}],"expiration":"tomorrow"}"#, Expiration),
        (r#"{"condition":[]}"#, UnknownMember("condition".to_owned())),
        (r#"{"conditions":[],"conditions":[]}"#, UnknownMember("conditions".to_owned())),
    ] {
        assert_eq!(read(text), error, "{text}");
    }
    for condition in [
        "{}",
        "[]",
        "null",
        "\"a\"",
        r#"{"a":null}"#,
        r#"["eq","key","a"]"#,
        r#"["eq","$key"]"#,
        r#"["eq","$key","a","b"]"#,
        r#"["ends-with","$key","a"]"#,
        r#"["EQ","$key","a"]"#,
        r#"["content-length-range","a",1]"#,
        r#"["content-length-range",-1,1]"#,
        r#"["content-length-range",0,1.5]"#,
        r#"["starts-with","$key",["a"]]"#,
    ] {
        assert_eq!(
            policy(&format!("{{\"a\":\"b\"}},{condition},")),
            Err(Condition(1)),
            "{condition}"
        );
    }
    for field in ["bucket", "success_action_status", "x-cos-acl", "X-Cos-Storage-Class", "q-ak"] {
        let prefix = policy(&format!(r#"["starts-with","${field}","a"],"#));
        assert_eq!(prefix, Err(ExactOnly(field.to_owned())));
    }
    for field in
        ["acl", "key", "Content-Type", "Expires", "success_action_redirect", "x-cos-meta-a"]
    {
        assert!(policy(&format!(r#"["starts-with","${field}",""],"#)).is_ok(), "{field}");
    }
    let without = r#"{"expiration":"2019-08-30T09:38:12Z","conditions":[{"q-ak":"a"},{"q-sign-time":"1;2"}]}"#;
    assert_eq!(read(without), Missing("q-sign-algorithm"));
}

#[test]
fn a_policy_is_held_against_the_form() {
    let bucket = Bucket::new("b-1").unwrap();
    let signed = [("q-sign-algorithm", "sha1"), ("q-ak", "AKID"), ("q-key-time", "1;2")];
    let check = |conditions: &str, fields: &[(&str, &str)]| {
        let fields = form(&[&signed, fields].concat(), None).fields;
        policy(conditions).unwrap().check(&bucket, &fields).map_err(|unmet| unmet.to_string())
    };
    let key = [("key", "folder/a")];
    assert_eq!(check("", &key), Ok(()));
    assert_eq!(check(r#"{"bucket":"b-1"},{"KEY":"folder/a"},"#, &key), Ok(()));
    assert_eq!(
        check(r#"["starts-with","$key","folder/"],["content-length-range",0,1],"#, &key),
        Ok(())
    );
    assert_eq!(check(r#"["starts-with","$key",""],"#, &key), Ok(()));
    let unmet = |field: &str, value: &str| {
        Err(format!("Condition key {field} doesn't match the value {value}"))
    };
    assert_eq!(check(r#"{"bucket":"b-2"},"#, &key), unmet("bucket", "b-2"));
    assert_eq!(check(r#"["starts-with","$key","x"],"#, &key), unmet("key", "x"));
    assert_eq!(check(r#"{"key":"folder/A"},"#, &key), unmet("key", "folder/A"));
    assert_eq!(check(r#"["starts-with","$acl",""],"#, &key), unmet("acl", ""), "it must be there");
    let fields =
        form(&[("q-sign-algorithm", "sha1"), ("q-ak", "OTHER"), ("q-key-time", "1;3")], None);
    let signer = policy("").unwrap().check_signer(&bucket, &fields.fields);
    assert_eq!(signer.map_err(|unmet| unmet.to_string()), unmet("q-ak", "AKID"));
    let fields =
        form(&[("q-sign-algorithm", "sha1"), ("q-ak", "AKID"), ("q-key-time", "1;3")], None);
    let signer = policy("").unwrap().check_signer(&bucket, &fields.fields);
    assert_eq!(signer.map_err(|unmet| unmet.to_string()), unmet("q-sign-time", "1;2"));
}

proptest! {
    #[test]
    fn what_was_written_is_read_however_it_is_cut(
        values in prop::collection::vec(("[a-z\"é\r\n]{1,6}", "[\r\n\\-b]{0,12}"), 0..4),
        filename in prop::option::of("[a-z\"é/\r\n]{1,8}"),
        file in prop::collection::vec(prop::sample::select(b"\r\n-bx".to_vec()), 0..60),
        size in 1usize..40,
    ) {
        let mut form = Form { filename, ..Form::default() };
        for (index, (name, value)) in values.into_iter().enumerate() {
            form.fields.add(format!("{name}{index}"), value).unwrap();
        }
        let written = body(&form, &file);
        let holds_boundary = |bytes: &[u8]| bytes.windows(5).any(|window| window == b"\r\n--b");
        let values = form.fields.iter().any(|(_, value)| holds_boundary(&[b"\r\n", value].concat()));
        prop_assume!(!values && !holds_boundary(&[b"\r\n", file.as_slice()].concat()));
        prop_assert_eq!(read(&written, size), Ok((form, file)));
    }

    #[test]
    fn no_bytes_make_it_panic(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "--b", "\r\n", "--", "Content-Disposition: form-data; name=", "file", "key", "\"",
                "; filename=", "\\", "%22", ":", " ", "x",
            ]),
            0..40,
        ),
        size in 1usize..9,
    ) {
        let body = pieces.concat();
        prop_assert_eq!(read(body.as_bytes(), size), read(body.as_bytes(), body.len().max(1)));
    }
}
