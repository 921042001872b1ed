import com.fasterxml.jackson.databind.JsonNode;
import com.qcloud.cos.COSClient;
import com.qcloud.cos.auth.BasicSessionCredentials;
import com.qcloud.cos.http.HttpMethodName;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.Map;

/** Keys that STS issued for one prefix. */
class TemporaryKeys extends Client {
    private static final JsonNode STS = SETTINGS.get("sts");
    private static final int STS_PORT = STS.get("port").asInt();

    static void add(Map<String, Driver.Test> tests) {
        tests.put("sts", () -> insideAlone(ofSts()));
        tests.put("sts-presigned", TemporaryKeys::presigned);
        tests.put("sts-ended", TemporaryKeys::ended);
    }

    private static COSClient ofSts() {
        JsonNode keys = STS.get("keys");
        String id = keys.get("secret_id").asText();
        String key = keys.get("secret_key").asText();
        return client(new BasicSessionCredentials(id, key, keys.get("token").asText()), STS_PORT);
    }

    private static void insideAlone(COSClient temporary) throws Exception {
        for (String key : new String[] {"inside/a", "inside/b c"}) {
            temporary.putObject(BUCKET, key, "text");
            equal(body(temporary, key), "text");
        }
        for (String key : new String[] {"outside", "insider", "inside"}) {
            refused(403, "AccessDenied", () -> temporary.putObject(BUCKET, key, "text"));
        }
        refused(403, "AccessDenied", () -> temporary.deleteObject(BUCKET, "inside/a"));
    }

    private static String url(HttpMethodName method, String key) {
        Date tomorrow = new Date(System.currentTimeMillis() + 86_400_000L);
        return ofSts().generatePresignedUrl(BUCKET, key, tomorrow, method).toString();
    }

    private static void presigned() throws Exception {
        equal(plainTo(STS_PORT, "PUT", url(HttpMethodName.PUT, "inside/p"), "text").status, 200);
        equal(plainTo(STS_PORT, "GET", url(HttpMethodName.GET, "inside/p"), null).body, "text");
        equal(plainTo(STS_PORT, "PUT", url(HttpMethodName.PUT, "outside"), "text").status, 403);
    }

    private static void advance(String by) throws Exception {
        URL clock = new URL("http://127.0.0.1:" + STS.get("control").asInt() + "/clock");
        HttpURLConnection connection = (HttpURLConnection) clock.openConnection(Proxy.NO_PROXY);
        connection.setRequestMethod("POST");
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setDoOutput(true);
        String body = "{\"advance\":\"" + by + "\"}";
        connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        equal(connection.getResponseCode(), 200);
    }

    private static void ended() throws Exception {
        String url = url(HttpMethodName.PUT, "inside/e");
        insideAlone(ofSts());
        advance("1801s");
        try {
            refused(403, "InvalidAccessKeyId", () -> ofSts().putObject(BUCKET, "inside/e", "text"));
            Answer answer = plainTo(STS_PORT, "PUT", url, "text");
            equal(answer.status, 403);
            check(answer.body.contains("<Code>InvalidAccessKeyId</Code>"), answer.body);
        } finally {
            advance("-1801s");
        }
    }
}
