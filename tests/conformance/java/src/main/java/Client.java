import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.qcloud.cos.COSClient;
import com.qcloud.cos.ClientConfig;
import com.qcloud.cos.auth.AnonymousCOSCredentials;
import com.qcloud.cos.auth.BasicCOSCredentials;
import com.qcloud.cos.auth.BasicSessionCredentials;
import com.qcloud.cos.auth.COSCredentials;
import com.qcloud.cos.exception.CosServiceException;
import com.qcloud.cos.http.HttpMethodName;
import com.qcloud.cos.http.HttpProtocol;
import com.qcloud.cos.model.COSObject;
import com.qcloud.cos.model.GetObjectRequest;
import com.qcloud.cos.model.ObjectMetadata;
import com.qcloud.cos.model.PutObjectRequest;
import com.qcloud.cos.model.PutObjectResult;
import com.qcloud.cos.region.Region;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.Objects;

/** The clients under test, a plain HTTP client, and what is asserted. */
class Client {
    static final JsonNode SETTINGS = settings();
    static final String BUCKET = SETTINGS.get("bucket").asText();
    static final String REGION = SETTINGS.get("region").asText();
    static final String HOST = BUCKET + ".cos." + REGION + ".myqcloud.com";
    static final int PORT = SETTINGS.get("port").asInt();
    static final int TEMPORARY_PORT = SETTINGS.get("temporary_port").asInt();
    static final String SECRET_ID = SETTINGS.get("secret_id").asText();
    static final String SECRET_KEY = SETTINGS.get("secret_key").asText();
    static final String TOKEN = SETTINGS.get("token").asText();

    static final COSClient COS = client(new BasicCOSCredentials(SECRET_ID, SECRET_KEY), PORT);

    private static JsonNode settings() {
        try {
            return new ObjectMapper().readTree(System.getenv("CONFORMANCE"));
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    static ClientConfig config(int port) {
        ClientConfig config = new ClientConfig(new Region(REGION));
        config.setHttpProtocol(HttpProtocol.http);
        config.setHttpProxyIp("127.0.0.1");
        config.setHttpProxyPort(port);
        return config;
    }

    static COSClient client(COSCredentials credentials, int port) {
        return new COSClient(credentials, config(port));
    }

    static COSClient temporary(String token) {
        COSCredentials credentials = token == null
                ? new BasicCOSCredentials(SECRET_ID, SECRET_KEY)
                : new BasicSessionCredentials(SECRET_ID, SECRET_KEY, token);
        return client(credentials, TEMPORARY_PORT);
    }

    static COSClient anonymous() {
        return client(new AnonymousCOSCredentials(), PORT);
    }

    static class Answer {
        int status;
        HttpURLConnection connection;
        String body;

        String header(String name) {
            return connection.getHeaderField(name);
        }
    }

    /** A request by a client that knows nothing of COS. */
    static Answer plainTo(int port, String method, String url, String body, String... headers) throws Exception {
        Proxy proxy = new Proxy(Proxy.Type.HTTP, new InetSocketAddress("127.0.0.1", port));
        Answer answer = new Answer();
        answer.connection = (HttpURLConnection) new URL(url).openConnection(proxy);
        answer.connection.setRequestMethod(method);
        for (int index = 0; index < headers.length; index += 2) {
            answer.connection.setRequestProperty(headers[index], headers[index + 1]);
        }
        if (body != null) {
            answer.connection.setDoOutput(true);
            answer.connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        }
        answer.status = answer.connection.getResponseCode();
        InputStream said = answer.status < 400
                ? answer.connection.getInputStream() : answer.connection.getErrorStream();
        answer.body = said == null ? "" : new String(said.readAllBytes(), StandardCharsets.UTF_8);
        return answer;
    }

    static Answer plain(String method, String url, String body, String... headers) throws Exception {
        return plainTo(PORT, method, url, body, headers);
    }

    static InputStream stream(byte[] body) {
        return new ByteArrayInputStream(body);
    }

    static PutObjectResult put(String key, String body) {
        return put(key, body.getBytes(StandardCharsets.UTF_8));
    }

    static PutObjectResult put(String key, byte[] body) {
        return COS.putObject(request(BUCKET, key, body));
    }

    static PutObjectRequest request(String bucket, String key, byte[] body) {
        ObjectMetadata metadata = new ObjectMetadata();
        metadata.setContentLength(body.length);
        return new PutObjectRequest(bucket, key, stream(body), metadata);
    }

    static PutObjectRequest request(String key, String body) {
        return request(BUCKET, key, body.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] read(COSObject object) throws Exception {
        try (InputStream body = object.getObjectContent()) {
            return body.readAllBytes();
        }
    }

    static String text(COSObject object) throws Exception {
        return new String(read(object), StandardCharsets.UTF_8);
    }

    static String body(COSClient from, String key) throws Exception {
        return text(from.getObject(BUCKET, key));
    }

    static String body(String key) throws Exception {
        return body(COS, key);
    }

    static String body(String key, String version) throws Exception {
        return text(COS.getObject(new GetObjectRequest(BUCKET, key, version)));
    }

    static ObjectMetadata head(String key) {
        return COS.getObjectMetadata(BUCKET, key);
    }

    static Date soon() {
        return new Date(System.currentTimeMillis() + 600_000);
    }

    static String presigned(HttpMethodName method, String key) {
        return COS.generatePresignedUrl(BUCKET, key, soon(), method).toString();
    }

    static void check(boolean holds, Object... what) {
        if (!holds) {
            throw new AssertionError("it does not hold " + java.util.Arrays.toString(what));
        }
    }

    static void equal(Object found, Object expected) {
        if (!Objects.equals(String.valueOf(found), String.valueOf(expected))) {
            throw new AssertionError("expected " + expected + ", got " + found);
        }
    }

    static CosServiceException refused(int status, String code, Driver.Test test) throws Exception {
        try {
            test.run();
        } catch (CosServiceException error) {
            equal(error.getStatusCode() + " " + error.getErrorCode(), status + " " + code);
            return error;
        }
        throw new AssertionError("expected " + status + " " + code + ", it was accepted");
    }
}
