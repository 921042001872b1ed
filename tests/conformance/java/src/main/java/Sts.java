import com.fasterxml.jackson.databind.JsonNode;
import com.qcloud.cos.auth.BasicSessionCredentials;
import com.tencent.cloud.CosStsClient;
import com.tencent.cloud.Response;
import com.tencentcloudapi.common.Credential;
import com.tencentcloudapi.common.exception.TencentCloudSDKException;
import com.tencentcloudapi.common.profile.ClientProfile;
import com.tencentcloudapi.common.profile.HttpProfile;
import com.tencentcloudapi.sts.v20180813.StsClient;
import com.tencentcloudapi.sts.v20180813.models.Credentials;
import com.tencentcloudapi.sts.v20180813.models.GetCallerIdentityRequest;
import com.tencentcloudapi.sts.v20180813.models.GetFederationTokenRequest;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Paths;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Temporary keys, of each official client of STS. */
class Sts extends Client {
    private static final JsonNode STS = SETTINGS.get("sts");
    private static final String POLICY = STS.get("policy").toString();

    /** Keys from cos-sts_api, which speaks TLS alone. */
    static BasicSessionCredentials keys() throws Exception {
        trust(STS.get("certificate").asText());
        Response issued = CosStsClient.getCredential(asked(1800));
        equal(issued.expiredTime - issued.startTime, 1800L);
        try {
            CosStsClient.getCredential(asked(7201));
            throw new AssertionError("7201 seconds were granted");
        } catch (IOException refusal) {
            check(refusal.getMessage().contains("InvalidParameter.OverTimeError"), refusal.getMessage());
        }
        return new BasicSessionCredentials(
                issued.credentials.tmpSecretId,
                issued.credentials.tmpSecretKey,
                issued.credentials.sessionToken);
    }

    private static TreeMap<String, Object> asked(int seconds) {
        TreeMap<String, Object> config = new TreeMap<>();
        config.put("secretId", SECRET_ID);
        config.put("secretKey", SECRET_KEY);
        config.put("host", "127.0.0.1:" + STS.get("calls_by_tls").asInt());
        config.put("region", REGION);
        config.put("durationSeconds", seconds);
        config.put("policy", POLICY);
        return config;
    }

    /** Makes the connections of the JDK trust a certificate, as `javax.net.ssl.trustStore` would. */
    private static void trust(String certificate) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream pem = new FileInputStream(certificate)) {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            store.setCertificateEntry("endpoint", factory.generateCertificate(pem));
        }
        TrustManagerFactory managers =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        HttpsURLConnection.setDefaultSSLSocketFactory(context.getSocketFactory());
    }

    /** Keys from tencentcloud-sdk-java-sts with each of its signatures. */
    static List<BasicSessionCredentials> keysOfApi() throws Exception {
        List<BasicSessionCredentials> all = new ArrayList<>();
        String[] methods = {
            ClientProfile.SIGN_TC3_256, ClientProfile.SIGN_SHA1, ClientProfile.SIGN_SHA256
        };
        for (String method : methods) {
            HttpProfile http = new HttpProfile();
            http.setProtocol(HttpProfile.REQ_HTTP);
            http.setEndpoint("127.0.0.1:" + STS.get("calls").asInt());
            ClientProfile profile = new ClientProfile(method, http);
            StsClient asking = new StsClient(new Credential(SECRET_ID, SECRET_KEY), REGION, profile);
            GetFederationTokenRequest request = new GetFederationTokenRequest();
            request.setName("conformance");
            request.setPolicy(URLEncoder.encode(POLICY, StandardCharsets.UTF_8));
            request.setDurationSeconds(1800L);
            Credentials given = asking.GetFederationToken(request).getCredentials();
            all.add(new BasicSessionCredentials(
                    given.getTmpSecretId(), given.getTmpSecretKey(), given.getToken()));
            equal(asking.GetCallerIdentity(new GetCallerIdentityRequest()).getType(), "CAMUser");
            request.setDurationSeconds(7201L);
            try {
                asking.GetFederationToken(request);
                throw new AssertionError("7201 seconds were granted");
            } catch (TencentCloudSDKException refusal) {
                equal(refusal.getErrorCode(), "InvalidParameter.OverTimeError");
            }
        }
        return all;
    }

    /** What the clients are, by the names of the files that they come in. */
    static String versions() {
        return fileOf(CosStsClient.class) + ", " + fileOf(StsClient.class);
    }

    private static String fileOf(Class<?> client) {
        URL place = client.getProtectionDomain().getCodeSource().getLocation();
        String name = Paths.get(place.getPath()).getFileName().toString();
        return name.replaceFirst("-([0-9.]+)\\.jar$", " $1");
    }
}
