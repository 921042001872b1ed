import com.qcloud.cos.COSClient;
import com.qcloud.cos.auth.BasicCOSCredentials;
import com.qcloud.cos.exception.CosServiceException;
import com.qcloud.cos.http.HttpMethodName;
import com.qcloud.cos.model.Bucket;
import com.qcloud.cos.model.COSObject;
import com.qcloud.cos.model.COSObjectSummary;
import com.qcloud.cos.model.DeleteObjectsRequest;
import com.qcloud.cos.model.GeneratePresignedUrlRequest;
import com.qcloud.cos.model.GetObjectRequest;
import com.qcloud.cos.model.ListObjectsRequest;
import com.qcloud.cos.model.ObjectListing;
import com.qcloud.cos.model.ObjectMetadata;
import com.qcloud.cos.model.PutObjectRequest;
import com.qcloud.cos.model.PutObjectResult;
import com.qcloud.cos.model.ResponseHeaderOverrides;
import com.qcloud.cos.model.StorageClass;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Buckets, objects, lists. */
class Objects extends Client {
    // The MD5 of "text", "{}" and "other".
    private static final String TEXT = "1cb251ec0d568de6a929b520c4aed8d1";
    private static final String BRACES = "99914b932bd37a50b983c5e7c90ae93b";
    private static final String OTHER = "795f3202b17cb6bc3d4b771d8c6c9eaf";

    static void add(Map<String, Driver.Test> tests) {
        tests.put("service", Objects::service);
        tests.put("bucket", Objects::bucket);
        tests.put("location", () -> equal(COS.getBucketLocation(BUCKET), REGION));
        tests.put("put", Objects::put);
        tests.put("get", Objects::get);
        tests.put("head", Objects::headObject);
        tests.put("delete", Objects::delete);
        tests.put("presigned-put", Objects::presignedPut);
        tests.put("presigned-get", Objects::presignedGet);
        tests.put("presigned-head", Objects::presignedHead);
        tests.put("presigned-delete", Objects::presignedDelete);
        tests.put("token", Objects::token);
        tests.put("token-presigned", Objects::tokenPresigned);
        TemporaryKeys.add(tests);
        tests.put("keys", () -> eachKey("keys"));
        tests.put("dot-keys", () -> eachKey("dot_keys"));
        tests.put("range", Objects::range);
        tests.put("conditions", Objects::conditions);
        tests.put("errors", Objects::errors);
        tests.put("list", Objects::list);
        tests.put("list-delimiter", Objects::listDelimiter);
        tests.put("list-pages", Objects::listPages);
        tests.put("delete-multiple", Objects::deleteMultiple);
    }

    private static void service() {
        for (Bucket bucket : COS.listBuckets()) {
            if (bucket.getName().equals(BUCKET)) {
                equal(bucket.getLocation(), REGION);
                check(bucket.getCreationDate() != null, "no date");
                return;
            }
        }
        throw new AssertionError("the bucket is not listed");
    }

    private static void bucket() throws Exception {
        String another = "another-1250000000";
        COS.createBucket(another);
        check(COS.doesBucketExist(another));
        refused(409, "BucketAlreadyOwnedByYou", () -> COS.createBucket(another));
        COS.putObject(another, "exampleobject", "text");
        refused(409, "BucketNotEmpty", () -> COS.deleteBucket(another));
        COS.deleteObject(another, "exampleobject");
        COS.deleteBucket(another);
        check(!COS.doesBucketExist(another));
        refused(404, "NoSuchBucket", () -> COS.getObject(another, "exampleobject"));
    }

    private static void put() {
        PutObjectRequest request = request("put", "{}");
        request.getMetadata().setContentType("application/json; charset=utf-8");
        request.getMetadata().setCacheControl("max-age=600");
        request.getMetadata().addUserMetadata("colour", "light blue");
        request.setStorageClass(StorageClass.Standard_IA);
        PutObjectResult result = COS.putObject(request);
        equal(result.getETag(), BRACES);
        check(result.getCrc64Ecma() != null && result.getRequestId() != null, "no CRC or id");
        ObjectMetadata head = head("put");
        equal(head.getContentType(), "application/json; charset=utf-8");
        equal(head.getCacheControl(), "max-age=600");
        equal(head.getUserMetaDataOf("colour"), "light blue");
        equal(head.getStorageClass(), "STANDARD_IA");
        equal(head.getCrc64Ecma(), result.getCrc64Ecma());
    }

    private static void get() throws Exception {
        put("get", "text");
        GetObjectRequest request = new GetObjectRequest(BUCKET, "get");
        ResponseHeaderOverrides overrides = new ResponseHeaderOverrides();
        overrides.setContentType("text/html");
        request.setResponseHeaders(overrides);
        COSObject object = COS.getObject(request);
        equal(text(object), "text");
        equal(object.getObjectMetadata().getContentType(), "text/html");
        equal(object.getObjectMetadata().getETag(), TEXT);
    }

    private static void headObject() throws Exception {
        put("head", "text");
        ObjectMetadata head = head("head");
        equal(head.getContentLength() + " " + head.getETag(), "4 " + TEXT);
        check(head.getLastModified() != null, "no Last-Modified");
        try {
            head("absent");
        } catch (CosServiceException error) {
            equal(error.getStatusCode(), 404);
            return;
        }
        throw new AssertionError("it is there");
    }

    private static void delete() {
        put("delete", "text");
        COS.deleteObject(BUCKET, "delete");
        check(!COS.doesObjectExist(BUCKET, "delete"));
        COS.deleteObject(BUCKET, "delete");
    }

    private static void presignedPut() throws Exception {
        Answer answer = plain("PUT", presigned(HttpMethodName.PUT, "presigned-put"), "text");
        equal(answer.status + " " + answer.header("ETag"), "200 \"" + TEXT + "\"");
        equal(body("presigned-put"), "text");
        GeneratePresignedUrlRequest request =
                new GeneratePresignedUrlRequest(BUCKET, "presigned-put", HttpMethodName.PUT);
        request.setExpiration(soon());
        request.putCustomRequestHeader("x-cos-meta-colour", "blue");
        String url = COS.generatePresignedUrl(request).toString();
        equal(plain("PUT", url, "text", "x-cos-meta-colour", "blue").status, 200);
        Answer changed = plain("PUT", url, "text", "x-cos-meta-colour", "red");
        equal(changed.status, 403);
        check(changed.body.contains("<Code>SignatureDoesNotMatch</Code>"), changed.body);
    }

    private static void presignedGet() throws Exception {
        put("presigned-get", "text");
        String url = presigned(HttpMethodName.GET, "presigned-get");
        equal(plain("GET", url, null).body, "text");
        equal(plain("GET", url, null, "Range", "bytes=1-2").body, "ex");
        GeneratePresignedUrlRequest request =
                new GeneratePresignedUrlRequest(BUCKET, "presigned-get", HttpMethodName.GET);
        request.setExpiration(soon());
        ResponseHeaderOverrides overrides = new ResponseHeaderOverrides();
        overrides.setContentDisposition("attachment; filename=a b.txt");
        request.setResponseHeaders(overrides);
        Answer named = plain("GET", COS.generatePresignedUrl(request).toString(), null);
        equal(named.header("Content-Disposition"), "attachment; filename=a b.txt");
        equal(plain("PUT", url, "other").status, 403);
        equal(plain("GET", url.replace("presigned-get", "other"), null).status, 403);
    }

    private static void presignedHead() throws Exception {
        put("presigned-head", "text");
        Answer answer = plain("HEAD", presigned(HttpMethodName.HEAD, "presigned-head"), null);
        equal(answer.status + " " + answer.header("Content-Length"), "200 4");
        equal(plain("HEAD", presigned(HttpMethodName.HEAD, "absent"), null).status, 404);
    }

    private static void presignedDelete() throws Exception {
        put("presigned-delete", "text");
        equal(plain("DELETE", presigned(HttpMethodName.DELETE, "presigned-delete"), null).status, 204);
        check(!COS.doesObjectExist(BUCKET, "presigned-delete"));
    }

    private static void token() throws Exception {
        COSClient temporary = temporary(TOKEN);
        temporary.putObject(BUCKET, "token", "text");
        equal(body(temporary, "token"), "text");
        refused(403, "InvalidAccessKeyId", () -> body(temporary("another"), "token"));
        refused(403, "InvalidAccessKeyId", () -> body(temporary(null), "token"));
    }

    private static void tokenPresigned() throws Exception {
        COSClient temporary = temporary(TOKEN);
        URL put = temporary.generatePresignedUrl(BUCKET, "token-presigned", soon(), HttpMethodName.PUT);
        equal(plainTo(TEMPORARY_PORT, "PUT", put.toString(), "text").status, 200);
        URL get = temporary.generatePresignedUrl(BUCKET, "token-presigned", soon(), HttpMethodName.GET);
        equal(plainTo(TEMPORARY_PORT, "GET", get.toString(), null).body, "text");
        URL without = temporary(null).generatePresignedUrl(BUCKET, "token-presigned", soon(), HttpMethodName.GET);
        equal(plainTo(TEMPORARY_PORT, "GET", without.toString(), null).status, 403);
    }

    private static void eachKey(String list) throws Exception {
        int number = 0;
        for (com.fasterxml.jackson.databind.JsonNode entry : SETTINGS.get(list)) {
            String key = entry.asText();
            String said = number++ + " " + key;
            try {
                oneKey(key, said);
            } catch (Exception | AssertionError error) {
                throw new AssertionError("key " + key + ": " + error, error);
            }
        }
    }

    private static void oneKey(String key, String said) throws Exception {
        put(key, said);
        equal(body(key), said);
        equal(plain("GET", presigned(HttpMethodName.GET, key), null).body, said);
        equal(plain("PUT", presigned(HttpMethodName.PUT, key), "other").status, 200);
        equal(head(key).getETag(), OTHER);
        // The SDK asks for encoded keys and decodes them.
        List<String> found = names(COS.listObjects(BUCKET, key));
        check(found.contains(key), key, found);
        COS.deleteObject(BUCKET, key);
        check(!COS.doesObjectExist(BUCKET, key), key);
    }

    private static void range() throws Exception {
        put("range", "0123456789");
        GetObjectRequest request = new GetObjectRequest(BUCKET, "range");
        request.setRange(2, 4);
        COSObject object = COS.getObject(request);
        equal(text(object), "234");
        equal(object.getObjectMetadata().getInstanceLength(), 10);
        request.setRange(8, 99);
        equal(text(COS.getObject(request)), "89");
        request.setRange(10, 11);
        refused(416, "InvalidRange", () -> COS.getObject(request));
    }

    private static void conditions() throws Exception {
        put("conditions", "text");
        GetObjectRequest same = new GetObjectRequest(BUCKET, "conditions").withMatchingETagConstraint("\"" + TEXT + "\"");
        equal(text(COS.getObject(same)), "text");
        // The SDK gives nothing for 412 and 304.
        GetObjectRequest other = new GetObjectRequest(BUCKET, "conditions").withMatchingETagConstraint("\"other\"");
        equal(COS.getObject(other), null);
        GetObjectRequest known = new GetObjectRequest(BUCKET, "conditions").withNonmatchingETagConstraint("\"" + TEXT + "\"");
        equal(COS.getObject(known), null);
    }

    private static void errors() throws Exception {
        CosServiceException error = refused(404, "NoSuchKey", () -> COS.getObject(BUCKET, "absent"));
        equal(error.getErrorMessage(), "The specified key does not exist.");
        check(error.getRequestId() != null && error.getTraceId() != null, "no ids");
        COSClient wrong = client(new BasicCOSCredentials(SECRET_ID, "another"), PORT);
        refused(403, "SignatureDoesNotMatch", () -> body(wrong, "absent"));
        COSClient unknown = client(new BasicCOSCredentials("AKIDUNKNOWN", SECRET_KEY), PORT);
        refused(403, "InvalidAccessKeyId", () -> body(unknown, "absent"));
        refused(403, "AccessDenied", () -> body(anonymous(), "absent"));
    }

    static List<String> names(ObjectListing listing) {
        List<String> found = new ArrayList<>();
        for (COSObjectSummary entry : listing.getObjectSummaries()) {
            found.add(entry.getKey());
        }
        return found;
    }

    private static void list() {
        for (String key : List.of("list/b", "list/a", "list/照片")) {
            put(key, key);
        }
        ObjectListing listing = COS.listObjects(BUCKET, "list/");
        equal(names(listing), List.of("list/a", "list/b", "list/照片"));
        equal(listing.getBucketName() + listing.isTruncated(), BUCKET + false);
        equal(listing.getObjectSummaries().get(0).getSize(), 6);
    }

    private static ListObjectsRequest listing(String prefix, String delimiter, Integer maxKeys) {
        return new ListObjectsRequest(BUCKET, prefix, null, delimiter, maxKeys);
    }

    private static void listDelimiter() {
        for (String key : List.of("tree/a/1", "tree/a/2", "tree/b/3", "tree/c")) {
            put(key, "");
        }
        ObjectListing listing = COS.listObjects(listing("tree/", "/", null));
        equal(listing.getCommonPrefixes(), List.of("tree/a/", "tree/b/"));
        equal(names(listing), List.of("tree/c"));
    }

    private static void listPages() {
        List<String> expected = new ArrayList<>();
        for (int number = 0; number < 7; number++) {
            expected.add("pages/" + number);
            put("pages/" + number, "");
        }
        ObjectListing listing = COS.listObjects(listing("pages/", null, 3));
        List<String> found = names(listing);
        int pages = 1;
        for (; listing.isTruncated(); pages++) {
            listing = COS.listNextBatchOfObjects(listing);
            found.addAll(names(listing));
        }
        equal(found, expected);
        equal(pages, 3);
    }

    private static void deleteMultiple() {
        List<DeleteObjectsRequest.KeyVersion> keys = new ArrayList<>();
        for (String key : List.of("multiple/a b", "multiple/照片", "multiple/<&>")) {
            put(key, "");
            keys.add(new DeleteObjectsRequest.KeyVersion(key));
        }
        keys.add(new DeleteObjectsRequest.KeyVersion("multiple/absent"));
        DeleteObjectsRequest request = new DeleteObjectsRequest(BUCKET);
        request.setKeys(keys);
        equal(COS.deleteObjects(request).getDeletedObjects().size(), 4);
        equal(names(COS.listObjects(BUCKET, "multiple/")), List.of());
    }
}
