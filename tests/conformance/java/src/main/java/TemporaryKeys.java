import com.qcloud.cos.COSClient;
import com.qcloud.cos.auth.BasicSessionCredentials;
import com.qcloud.cos.http.HttpMethodName;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.Map;

/** What may be done with keys that STS issued for one prefix. */
class TemporaryKeys extends Client {
    private static final int STS_PORT = SETTINGS.get("sts").get("port").asInt();

    static void add(Map<String, Driver.Test> tests) {
        tests.put("sts", () -> insideAlone(client(Sts.keys(), STS_PORT)));
        tests.put("sts-api", () -> {
            for (BasicSessionCredentials keys : Sts.keysOfApi()) {
                insideAlone(client(keys, STS_PORT));
            }
        });
        tests.put("sts-presigned", TemporaryKeys::presigned);
        tests.put("sts-ended", TemporaryKeys::ended);
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

    private static String url(COSClient temporary, HttpMethodName method, String key) {
        Date tomorrow = new Date(System.currentTimeMillis() + 86_400_000L);
        return temporary.generatePresignedUrl(BUCKET, key, tomorrow, method).toString();
    }

    private static void presigned() throws Exception {
        COSClient temporary = client(Sts.keys(), STS_PORT);
        String put = url(temporary, HttpMethodName.PUT, "inside/p");
        equal(plainTo(STS_PORT, "PUT", put, "text").status, 200);
        String get = url(temporary, HttpMethodName.GET, "inside/p");
        equal(plainTo(STS_PORT, "GET", get, null).body, "text");
        String outside = url(temporary, HttpMethodName.PUT, "outside");
        equal(plainTo(STS_PORT, "PUT", outside, "text").status, 403);
    }

    private static void advance(String by) throws Exception {
        URL clock = new URL("http://127.0.0.1:" + SETTINGS.get("sts").get("control").asInt() + "/clock");
        HttpURLConnection connection = (HttpURLConnection) clock.openConnection(Proxy.NO_PROXY);
        connection.setRequestMethod("POST");
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setDoOutput(true);
        String body = "{\"advance\":\"" + by + "\"}";
        connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        equal(connection.getResponseCode(), 200);
    }

    private static void ended() throws Exception {
        COSClient temporary = client(Sts.keys(), STS_PORT);
        String url = url(temporary, HttpMethodName.PUT, "inside/e");
        insideAlone(temporary);
        advance("1801s");
        try {
            refused(403, "InvalidAccessKeyId", () -> temporary.putObject(BUCKET, "inside/e", "text"));
            Answer answer = plainTo(STS_PORT, "PUT", url, "text");
            equal(answer.status, 403);
            check(answer.body.contains("<Code>InvalidAccessKeyId</Code>"), answer.body);
        } finally {
            advance("-1801s");
        }
    }
}
