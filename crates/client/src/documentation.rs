//! The Python call and the Rust call, side by side, for each use that the documentation of pre-signed URLs shows
//! (documents 436/35153 and, in the international edition, 436/31548).
//!
//! | Python SDK | here |
//! |---|---|
//! | `CosConfig(Region=…, SecretId=…, SecretKey=…, Token=…)` | [`Signer::new`](crate::Signer::new)`(credentials, endpoint)` |
//! | `client.get_presigned_url(Method=…, Bucket=…, Key=…)` | [`signer.presigned_url(method, &bucket, &key)`](crate::Signer::presigned_url)`.sign()?` |
//! | `client.get_presigned_download_url(Bucket=…, Key=…)` | [`signer.presigned_download_url(&bucket, &key)`](crate::Signer::presigned_download_url)`.sign()?` |
//! | `client.get_auth(Method=…, Bucket=…, Key=…)` | [`signer.authorization(method, &bucket, &key)`](crate::Signer::authorization)`.sign()?` |
//! | `Expired=120` | [`.expires(120)`](crate::Signing::expires) |
//! | `Headers={'Content-MD5': m}` | [`.header("Content-MD5", m)`](crate::Signing::header) |
//! | `Params={'acl': ''}` | [`.param("acl", "")`](crate::Signing::param) |
//! | `SignHost=False` | [`.sign_host(false)`](crate::Signing::sign_host) |
//! | the URL, or the text | [`.url()`](crate::Presigned::url), [`.authorization()`](crate::Presigned::authorization) |
//! | *(the caller remembers them)* | [`.headers()`](crate::Presigned::headers), [`.expires_at()`](crate::Presigned::expires_at), [`.warnings()`](crate::Presigned::warnings) |
//!
//! Every example below begins like this one, and runs.
//!
//! ```python
//! config = CosConfig(Region='ap-guangzhou', SecretId=secret_id, SecretKey=secret_key, Token=None)
//! client = CosS3Client(config)
//! ```
//!
//! ```
//! use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! let bucket = Bucket::new("examplebucket-1250000000")?;
//! let key = ObjectKey::new("exampleobject")?;
//! # assert_eq!(signer.endpoint().region(), Some(&Region::new("cosgz")?));
//! # Ok(())
//! # }
//! ```
//!
//! # Upload through a URL
//!
//! A simple upload, for two minutes.
//!
//! ```python
//! url = client.get_presigned_url(Method='PUT', Bucket=bucket, Key=key, Expired=120)
//! requests.put(url=url, data=data)
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer.presigned_url("PUT", &bucket, &key).expires(120).sign()?;
//! assert!(signed.url().starts_with("https://examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com/exampleobject?"));
//! # Ok(())
//! # }
//! ```
//!
//! With the default validity of 300 seconds.
//!
//! ```python
//! url = client.get_presigned_url(Method='PUT', Bucket=bucket, Key=key)
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer.presigned_url("PUT", &bucket, &key).sign()?;
//! assert_eq!(signed.expires_at() - signed.key_time().start(), 360);
//! # Ok(())
//! # }
//! ```
//!
//! With a storage class and a limited rate. What is signed must be sent, and the result says what.
//!
//! ```python
//! url = client.get_presigned_url(
//!     Method='PUT', Bucket=bucket, Key=key, Expired=300,
//!     Headers={'x-cos-storage-class': 'STANDARD_IA', 'x-cos-traffic-limit': '819200'})
//! requests.put(url=url, data=data, headers={
//!     'x-cos-storage-class': 'STANDARD_IA', 'x-cos-traffic-limit': '819200'})
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer
//!     .presigned_url("PUT", &bucket, &key)
//!     .header("x-cos-storage-class", "STANDARD_IA")
//!     .header("x-cos-traffic-limit", "819200")
//!     .expires(300)
//!     .sign()?;
//! assert_eq!(signed.headers().len(), 2); // send these with the URL
//! # Ok(())
//! # }
//! ```
//!
//! With a signed `Content-MD5`, so that nothing else can be uploaded.
//!
//! ```python
//! url = client.get_presigned_url(
//!     Method='PUT', Bucket=bucket, Key=key, Expired=300, Headers={'Content-MD5': md5})
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer
//!     .presigned_url("PUT", &bucket, &key)
//!     .header("Content-MD5", "mQ/fVh815F3k6TAUm8m0eg==")
//!     .expires(300)
//!     .sign()?;
//! assert!(signed.url().contains("&q-header-list=content-md5%3Bhost&"));
//! # Ok(())
//! # }
//! ```
//!
//! Setting the object's ACL.
//!
//! ```python
//! url = client.get_presigned_url(
//!     Method='PUT', Bucket=bucket, Key=key, Expired=120, Params={'acl': ''})
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer.presigned_url("PUT", &bucket, &key).param("acl", "").expires(120).sign()?;
//! assert!(signed.url().ends_with("&acl="));
//! # Ok(())
//! # }
//! ```
//!
//! Without signing the host. The result warns of it.
//!
//! ```python
//! url = client.get_presigned_url(
//!     Method='PUT', Bucket=bucket, Key=key, Expired=120, SignHost=False)
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer.presigned_url("PUT", &bucket, &key).sign_host(false).expires(120).sign()?;
//! assert!(signed.warnings().iter().any(|warning| warning.id() == "unsigned-host"));
//! # Ok(())
//! # }
//! ```
//!
//! # Download through a URL
//!
//! A simple download. `get_presigned_download_url` is the same with `GET` in its name.
//!
//! ```python
//! url = client.get_presigned_url(Method='GET', Bucket=bucket, Key=key, Expired=120)
//! url = client.get_presigned_download_url(Bucket=bucket, Key=key, Expired=120)
//! response = requests.get(url)
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let now = 1_700_000_000; // else the system's clock
//! let signed = signer.presigned_url("GET", &bucket, &key).expires(120).now(now).sign()?;
//! let same = signer.presigned_download_url(&bucket, &key).expires(120).now(now).sign()?;
//! assert_eq!(signed.url(), same.url());
//! # Ok(())
//! # }
//! ```
//!
//! With the default validity of 300 seconds.
//!
//! ```python
//! url = client.get_presigned_url(Method='GET', Bucket=bucket, Key=key)
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer.presigned_url("GET", &bucket, &key).sign()?;
//! assert!(signed.warnings().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! With a file name of one's choice. A space is `%20` here and `+` there; both are read alike.
//!
//! ```python
//! url = client.get_presigned_download_url(
//!     Bucket=bucket, Key=key, Expired=120,
//!     Params={'response-content-disposition': 'attachment; filename=example.xlsx'})
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer
//!     .presigned_download_url(&bucket, &key)
//!     .param("response-content-disposition", "attachment; filename=example.xlsx")
//!     .expires(120)
//!     .sign()?;
//! assert!(signed.url().ends_with("response-content-disposition=attachment%3B%20filename%3Dexample.xlsx"));
//! # Ok(())
//! # }
//! ```
//!
//! With a limited rate.
//!
//! ```python
//! url = client.get_presigned_download_url(
//!     Bucket=bucket, Key=key, Expired=300, Headers={'x-cos-traffic-limit': '819200'})
//! requests.get(url, headers={'x-cos-traffic-limit': '819200'})
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer
//!     .presigned_download_url(&bucket, &key)
//!     .header("x-cos-traffic-limit", "819200")
//!     .expires(300)
//!     .sign()?;
//! assert_eq!(signed.headers(), [("x-cos-traffic-limit".to_owned(), "819200".to_owned())]);
//! # Ok(())
//! # }
//! ```
//!
//! With a signed range and parameters of one's own.
//!
//! ```python
//! url = client.get_presigned_download_url(
//!     Bucket=bucket, Key=key, Expired=300,
//!     Headers={'Range': 'bytes=0-1023'}, Params={'param1': 'a', 'param2': 'b'})
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer
//!     .presigned_download_url(&bucket, &key)
//!     .header("Range", "bytes=0-1023")
//!     .params([("param1", "a"), ("param2", "b")])
//!     .expires(300)
//!     .sign()?;
//! assert!(signed.url().ends_with("&param1=a&param2=b"));
//! # Ok(())
//! # }
//! ```
//!
//! Reading the object's ACL.
//!
//! ```python
//! url = client.get_presigned_url(
//!     Method='GET', Bucket=bucket, Key=key, Expired=120, Params={'acl': ''})
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer.presigned_url("GET", &bucket, &key).param("acl", "").expires(120).sign()?;
//! assert!(signed.url().contains("&q-url-param-list=acl&"));
//! # Ok(())
//! # }
//! ```
//!
//! Without signing the host.
//!
//! ```python
//! url = client.get_presigned_download_url(Bucket=bucket, Key=key, Expired=120, SignHost=False)
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer.presigned_download_url(&bucket, &key).sign_host(false).expires(120).sign()?;
//! assert!(signed.url().contains("&q-header-list=&"));
//! # Ok(())
//! # }
//! ```
//!
//! # Temporary credentials
//!
//! The Python SDK drops the token of its configuration from what it pre-signs, so the caller gives it as a parameter.
//! Here the token of the credentials is put into the query and signed without being asked; given by the caller as
//! well, it is refused.
//!
//! ```python
//! url = client.get_presigned_download_url(
//!     Bucket=bucket, Key=key, Params={'x-cos-security-token': token})
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let temporary = Credentials::new("AKIDEXAMPLE", "secret").with_token("token");
//! let signer = Signer::new(temporary, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! let signed = signer.presigned_download_url(&bucket, &key).sign()?;
//! assert!(signed.url().ends_with("&x-cos-security-token=token"));
//!
//! let twice = signer.presigned_download_url(&bucket, &key).param("x-cos-security-token", "token");
//! assert_eq!(twice.sign().unwrap_err().cause(), "token-twice");
//! # Ok(())
//! # }
//! ```
//!
//! With a token of the caller's, as the documentation has it: the credentials carry none then.
//!
//! ```python
//! url = client.get_presigned_url(
//!     Method='GET', Bucket=bucket, Key=key, Expired=120, SignHost=False,
//!     Headers={'x-cos-traffic-limit': '819200'}, Params={'x-cos-security-token': token})
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer
//!     .presigned_url("GET", &bucket, &key)
//!     .header("x-cos-traffic-limit", "819200")
//!     .param("x-cos-security-token", "token")
//!     .sign_host(false)
//!     .expires(120)
//!     .sign()?;
//! assert!(signed.url().contains("&q-url-param-list=x-cos-security-token&"));
//! # Ok(())
//! # }
//! ```
//!
//! # The `Authorization` header
//!
//! `get_auth`: the text for a header, with whatever is signed. The URL to send it to comes with it.
//!
//! ```python
//! auth = client.get_auth(Method='PUT', Bucket=bucket, Key=key, Expired=120)
//! requests.put(url, data=data, headers={'Authorization': auth})
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer.authorization("PUT", &bucket, &key).expires(120).sign()?;
//! assert!(signed.authorization().starts_with("q-sign-algorithm=sha1&q-ak=AKIDEXAMPLE&"));
//! assert_eq!(signed.url(), "https://examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com/exampleobject");
//! # Ok(())
//! # }
//! ```
//!
//! With the default validity, to upload and to download.
//!
//! ```python
//! auth = client.get_auth(Method='PUT', Bucket=bucket, Key=key)
//! auth = client.get_auth(Method='GET', Bucket=bucket, Key=key)
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let upload = signer.authorization("PUT", &bucket, &key).sign()?;
//! let download = signer.authorization("GET", &bucket, &key).sign()?;
//! assert_ne!(upload.authorization(), download.authorization());
//! # Ok(())
//! # }
//! ```
//!
//! With headers and parameters.
//!
//! ```python
//! auth = client.get_auth(Method='PUT', Bucket=bucket, Key=key, Expired=300, Headers={
//!     'x-cos-storage-class': 'STANDARD_IA', 'x-cos-traffic-limit': '819200'})
//! auth = client.get_auth(Method='PUT', Bucket=bucket, Key=key, Expired=300,
//!                        Headers={'Content-MD5': md5})
//! auth = client.get_auth(Method='GET', Bucket=bucket, Key=key, Expired=120, Params={'acl': ''})
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let class = signer
//!     .authorization("PUT", &bucket, &key)
//!     .headers([("x-cos-storage-class", "STANDARD_IA"), ("x-cos-traffic-limit", "819200")])
//!     .expires(300)
//!     .sign()?;
//! assert!(class.authorization().contains("&q-header-list=host;x-cos-storage-class;x-cos-traffic-limit&"));
//!
//! let md5 = "mQ/fVh815F3k6TAUm8m0eg==";
//! let checked = signer.authorization("PUT", &bucket, &key).header("Content-MD5", md5).sign()?;
//! assert_eq!(checked.headers(), [("Content-MD5".to_owned(), md5.to_owned())]);
//!
//! let acl = signer.authorization("GET", &bucket, &key).param("acl", "").expires(120).sign()?;
//! assert!(acl.url().ends_with("/exampleobject?acl="));
//! # Ok(())
//! # }
//! ```
//!
//! Without signing the host.
//!
//! ```python
//! auth = client.get_auth(Method='PUT', Bucket=bucket, Key=key, Expired=120, SignHost=False)
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer.authorization("PUT", &bucket, &key).sign_host(false).expires(120).sign()?;
//! assert!(signed.authorization().contains("&q-header-list=&"));
//! # Ok(())
//! # }
//! ```
//!
//! With temporary credentials: the token is a header here, signed and among those to send.
//!
//! ```python
//! auth = client.get_auth(
//!     Method='GET', Bucket=bucket, Key=key, Params={'x-cos-security-token': token})
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let temporary = Credentials::new("AKIDEXAMPLE", "secret").with_token("token");
//! let signer = Signer::new(temporary, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! let signed = signer.authorization("GET", &bucket, &key).sign()?;
//! assert_eq!(signed.headers(), [("x-cos-security-token".to_owned(), "token".to_owned())]);
//! # Ok(())
//! # }
//! ```
//!
//! # Beyond the documentation
//!
//! Another domain: global acceleration, a custom origin domain, a host and port of one's own. A CDN domain is refused.
//!
//! ```python
//! CosConfig(Endpoint='cos.accelerate.myqcloud.com', …)
//! CosConfig(Domain='img.example.com', …)
//! CosConfig(Endpoint='cos.localhost:9000', Scheme='http', …)
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Scheme, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let accelerated = Endpoint::accelerate();
//! let custom = Endpoint::custom_domain("img.example.com")?;
//! let local = Endpoint::explicit("cos.localhost:9000")?;
//! let signer = Signer::new(Credentials::new("AKIDEXAMPLE", "secret"), local);
//! let signed = signer.presigned_url("GET", &bucket, &key).scheme(Scheme::Http).sign()?;
//! assert!(signed.url().starts_with("http://examplebucket-1250000000.cos.localhost:9000/exampleobject?"));
//! assert!(Endpoint::custom_domain("examplebucket-1250000000.file.myqcloud.com").is_err());
//! # Ok(())
//! # }
//! ```
//!
//! Signing for one host while connecting to another: the host to sign is a header, and to be sent.
//!
//! ```python
//! client.get_presigned_url(Method='GET', Bucket=bucket, Key=key, Headers={'Host': 'img.example.com'})
//! ```
//!
//! ```
//! # use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! # let signer = Signer::new(credentials, Endpoint::default_domain(Region::new("ap-guangzhou")?));
//! # let bucket = Bucket::new("examplebucket-1250000000")?;
//! # let key = ObjectKey::new("exampleobject")?;
//! let signed = signer.presigned_url("GET", &bucket, &key).header("Host", "img.example.com").sign()?;
//! assert_eq!(signed.headers(), [("Host".to_owned(), "img.example.com".to_owned())]);
//! # Ok(())
//! # }
//! ```
