import com.fasterxml.jackson.databind.ObjectMapper;
import com.qcloud.cos.utils.VersionInfoUtils;
import java.util.LinkedHashMap;
import java.util.Map;

/** Drives cos_api, configured as its documentation shows, by way of a proxy: the endpoint itself. */
public class Driver {
    /** The SDK has no call for it. */
    static class NotOffered extends RuntimeException {
        NotOffered(String reason) {
            super(reason);
        }
    }

    interface Test {
        void run() throws Exception;
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    static void say(String... namesAndValues) throws Exception {
        Map<String, String> what = new LinkedHashMap<>();
        for (int index = 0; index < namesAndValues.length; index += 2) {
            what.put(namesAndValues[index], namesAndValues[index + 1]);
        }
        System.out.println(JSON.writeValueAsString(what));
        System.out.flush();
    }

    /** The line of a test that failed, and why. */
    private static String detail(Throwable error) {
        String place = "";
        for (StackTraceElement frame : error.getStackTrace()) {
            if (frame.getFileName() != null && frame.getFileName().matches("(Objects|Transfers|Configurations|TemporaryKeys|Sts).java")) {
                place = frame.getFileName() + ":" + frame.getLineNumber() + ": ";
                break;
            }
        }
        String text = place + error;
        return text.length() > 600 ? text.substring(0, 600) : text;
    }

    public static void main(String[] arguments) throws Exception {
        // A plain client may say where it comes from.
        System.setProperty("sun.net.http.allowRestrictedHeaders", "true");
        say("sdk", "cos_api", "version", VersionInfoUtils.getVersion(), "runtime",
                "Java " + System.getProperty("java.version"), "sts", Sts.versions());
        Map<String, Test> tests = new LinkedHashMap<>();
        Objects.add(tests);
        Transfers.add(tests);
        Configurations.add(tests);
        for (Map.Entry<String, Test> test : tests.entrySet()) {
            try {
                test.getValue().run();
                say("operation", test.getKey(), "result", "pass");
            } catch (NotOffered reason) {
                say("operation", test.getKey(), "result", "not offered", "detail", reason.getMessage());
            } catch (Throwable error) {
                say("operation", test.getKey(), "result", "fail", "detail", detail(error));
            }
        }
        System.exit(0);
    }
}
