import com.qcloud.cos.COSClient;
import com.qcloud.cos.auth.BasicCOSCredentials;
import com.qcloud.cos.exception.CosClientException;
import com.qcloud.cos.exception.CosServiceException;
import com.qcloud.cos.model.AppendObjectRequest;
import com.qcloud.cos.model.CASJobParameters;
import com.qcloud.cos.model.COSObject;
import com.qcloud.cos.model.CopyObjectRequest;
import com.qcloud.cos.model.CopyResult;
import com.qcloud.cos.model.GetObjectRequest;
import com.qcloud.cos.model.GetSymlinkRequest;
import com.qcloud.cos.model.ListMultipartUploadsRequest;
import com.qcloud.cos.model.ListPartsRequest;
import com.qcloud.cos.model.MultipartUpload;
import com.qcloud.cos.model.ObjectMetadata;
import com.qcloud.cos.model.PutObjectRequest;
import com.qcloud.cos.model.PutSymlinkRequest;
import com.qcloud.cos.model.RestoreObjectRequest;
import com.qcloud.cos.model.SSECustomerKey;
import com.qcloud.cos.model.StorageClass;
import com.qcloud.cos.model.Tier;
import com.qcloud.cos.model.UploadPartRequest;
import com.qcloud.cos.model.UploadPartResult;
import com.qcloud.cos.model.UploadResult;
import com.qcloud.cos.region.Region;
import com.qcloud.cos.transfer.Download;
import com.qcloud.cos.transfer.TransferManager;
import com.qcloud.cos.transfer.TransferManagerConfiguration;
import com.qcloud.cos.transfer.Upload;
import java.io.File;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** What the SDK does in parts, what it copies, and the other ways in which objects come to be. */
class Transfers extends Client {
    private static final int MEGABYTE = 1 << 20;
    private static final byte[] BODY = new byte[20 * MEGABYTE];
    private static final Path FOLDER = Path.of(SETTINGS.get("folder").asText());

    static void add(Map<String, Driver.Test> tests) {
        new Random(1).nextBytes(BODY);
        tests.put("upload", Transfers::upload);
        tests.put("upload-resumed", Transfers::uploadResumed);
        tests.put("download", Transfers::download);
        tests.put("download-resumed", Transfers::downloadResumed);
        tests.put("copy", Transfers::copy);
        tests.put("copy-parts", Transfers::copyParts);
        tests.put("append", Transfers::append);
        tests.put("symlink", Transfers::symlink);
        tests.put("restore", Transfers::restore);
        tests.put("sse-c", Transfers::sseC);
    }

    /** The client of the SDK, whose parts and ranges are counted, and broken off after a limit. */
    private static class Metered extends COSClient {
        private final int limit;
        private final AtomicInteger count = new AtomicInteger();

        Metered(int limit) {
            super(new BasicCOSCredentials(SECRET_ID, SECRET_KEY), config(PORT));
            this.limit = limit;
        }

        private void one() {
            if (count.incrementAndGet() > limit && limit > 0) {
                throw new CosClientException("interrupted");
            }
        }

        @Override
        public UploadPartResult uploadPart(UploadPartRequest request) {
            one();
            return super.uploadPart(request);
        }

        @Override
        public COSObject getObject(GetObjectRequest request) {
            one();
            return super.getObject(request);
        }
    }

    private static TransferManager manager(COSClient client, int threads) {
        TransferManager manager = new TransferManager(client, Executors.newFixedThreadPool(threads));
        TransferManagerConfiguration configuration = new TransferManagerConfiguration();
        configuration.setMultipartUploadThreshold(5 * MEGABYTE);
        configuration.setMinimumUploadPartSize(2 * MEGABYTE);
        configuration.setMultipartCopyThreshold(5 * MEGABYTE);
        configuration.setMultipartCopyPartSize(8 * MEGABYTE);
        manager.setConfiguration(configuration);
        return manager;
    }

    private static File file(String name) {
        return FOLDER.resolve(name).toFile();
    }

    private static File written() throws Exception {
        Files.write(file("up").toPath(), BODY);
        return file("up");
    }

    private static void same(byte[] found, byte[] expected) {
        check(Arrays.equals(found, expected), "other bytes came back");
    }

    private static void upload() throws Exception {
        TransferManager manager = manager(COS, 4);
        UploadResult result = manager.upload(BUCKET, "上传/20 MiB", written()).waitForUploadResult();
        manager.shutdownNow(false);
        check(result.getETag().endsWith("-10"), result.getETag());
        equal(head("上传/20 MiB").getCrc64Ecma(), result.getCrc64Ecma());
        same(read(COS.getObject(BUCKET, "上传/20 MiB")), BODY);
    }

    private static void uploadResumed() throws Exception {
        String key = "upload-resumed";
        TransferManager broken = manager(new Metered(4), 1);
        Upload upload = broken.upload(new PutObjectRequest(BUCKET, key, written()));
        try {
            upload.waitForUploadResult();
            throw new AssertionError("it was not interrupted");
        } catch (CosClientException expected) {
            check(upload.isResumeableMultipartUploadAfterFailed(), expected);
        }
        ListMultipartUploadsRequest request = new ListMultipartUploadsRequest(BUCKET);
        request.setPrefix(key);
        List<MultipartUpload> begun = COS.listMultipartUploads(request).getMultipartUploads();
        equal(begun.size(), 1);
        int there = COS.listParts(new ListPartsRequest(BUCKET, key, begun.get(0).getUploadId())).getParts().size();
        check(there > 0, "no part was kept");
        Metered whole = new Metered(0);
        TransferManager manager = manager(whole, 1);
        manager.resumeUpload(upload.getResumeableMultipartUploadId()).waitForUploadResult();
        manager.shutdownNow(true);
        broken.shutdownNow(true);
        equal(whole.count.get(), 10 - there);
        same(read(COS.getObject(BUCKET, key)), BODY);
    }

    private static void download() throws Exception {
        put("download", BODY);
        TransferManager manager = manager(COS, 4);
        manager.download(BUCKET, "download", file("down")).waitForCompletion();
        manager.shutdownNow(false);
        same(Files.readAllBytes(file("down").toPath()), BODY);
    }

    private static Download resumable(TransferManager manager) {
        GetObjectRequest request = new GetObjectRequest(BUCKET, "download");
        String record = file("record").getPath();
        return manager.download(request, file("resumed"), true, record, 4 * MEGABYTE, 2 * MEGABYTE);
    }

    private static void downloadResumed() throws Exception {
        put("download", BODY);
        TransferManager broken = manager(new Metered(3), 1);
        try {
            resumable(broken).waitForCompletion();
            throw new AssertionError("it was not interrupted");
        } catch (CosClientException expected) {
            check(file("record").exists(), "there is no record");
        }
        broken.shutdownNow(true);
        Metered whole = new Metered(0);
        TransferManager manager = manager(whole, 1);
        resumable(manager).waitForCompletion();
        manager.shutdownNow(true);
        check(whole.count.get() < 10, whole.count.get());
        same(Files.readAllBytes(file("resumed").toPath()), BODY);
    }

    private static CopyObjectRequest copying(String source, String key) {
        return new CopyObjectRequest(new Region(REGION), BUCKET, source, BUCKET, key);
    }

    private static void copy() throws Exception {
        PutObjectRequest original = request("原文/a b+c", "text");
        original.getMetadata().addUserMetadata("colour", "blue");
        COS.putObject(original);
        equal(COS.copyObject(copying("原文/a b+c", "copy")).getETag(), "1cb251ec0d568de6a929b520c4aed8d1");
        equal(head("copy").getUserMetaDataOf("colour"), "blue");
        CopyObjectRequest replacing = copying("原文/a b+c", "copy");
        ObjectMetadata metadata = new ObjectMetadata();
        metadata.addUserMetadata("size", "2");
        replacing.setNewObjectMetadata(metadata);
        replacing.setMetadataDirective("Replaced");
        COS.copyObject(replacing);
        equal(head("copy").getUserMetaDataOf("colour") + " " + head("copy").getUserMetaDataOf("size"), "null 2");
        equal(body("copy"), "text");
        refused(404, "NoSuchCopySource", () -> COS.copyObject(copying("absent", "copy")));
    }

    /** The manager copies in parts what goes to another region or class and is large; the source is asked for first. */
    private static void copyParts() throws Exception {
        put("copy-source", BODY);
        TransferManager manager = manager(COS, 2);
        CopyObjectRequest request = copying("copy-source", "copy-parts");
        request.setStorageClass(StorageClass.Standard_IA);
        CopyResult result = manager.copy(request, COS, null).waitForCopyResult();
        manager.shutdownNow(false);
        check(result.getETag().endsWith("-3"), result.getETag());
        same(read(COS.getObject(BUCKET, "copy-parts")), BODY);
    }

    private static Long append(String key, long position, String text) {
        ObjectMetadata metadata = new ObjectMetadata();
        metadata.setContentLength(text.length());
        InputStream body = stream(text.getBytes());
        AppendObjectRequest request = new AppendObjectRequest(BUCKET, key, body, metadata);
        return COS.appendObject(request.withPosition(position)).getNextAppendPosition();
    }

    private static void append() throws Exception {
        equal(append("append", 0, "first "), 6);
        equal(append("append", 6, "second"), 12);
        equal(body("append"), "first second");
        refused(409, "AppendPositionErr", () -> append("append", 6, "third"));
        put("normal", "text");
        refused(409, "ObjectNotAppendable", () -> append("normal", 4, "more"));
    }

    private static void symlink() throws Exception {
        put("symlink-target", "text");
        COS.putSymlink(new PutSymlinkRequest(BUCKET, "symlink", "symlink-target"));
        equal(COS.getSymlink(new GetSymlinkRequest(BUCKET, "symlink", null)).getTarget(), "symlink-target");
        equal(body("symlink"), "text");
        refused(404, "NoSuchKey", () -> COS.getSymlink(new GetSymlinkRequest(BUCKET, "absent", null)));
    }

    private static void restore() throws Exception {
        PutObjectRequest request = request("restore", "text");
        request.setStorageClass(StorageClass.Archive);
        COS.putObject(request);
        refused(403, "InvalidObjectState", () -> body("restore"));
        RestoreObjectRequest restore = new RestoreObjectRequest(BUCKET, "restore", 1);
        restore.setCASJobParameters(new CASJobParameters().withTier(Tier.Expedited));
        COS.restoreObject(restore);
        check(head("restore").getOngoingRestore() != null, head("restore").getRawMetadata());
        put("restore", "text");
        refused(405, "RestoreNonArchiveObject", () -> COS.restoreObject(restore));
    }

    private static void sseC() throws Exception {
        SSECustomerKey right = new SSECustomerKey("0123456789abcdef0123456789abcdef".getBytes());
        SSECustomerKey wrong = new SSECustomerKey("another key hereanother key here".getBytes());
        PutObjectRequest request = request("sse-c", "text");
        request.setSSECustomerKey(right);
        COS.putObject(request);
        GetObjectRequest get = new GetObjectRequest(BUCKET, "sse-c");
        get.setSSECustomerKey(right);
        equal(text(COS.getObject(get)), "text");
        for (SSECustomerKey other : new SSECustomerKey[] {wrong, null}) {
            get.setSSECustomerKey(other);
            try {
                COS.getObject(get);
            } catch (CosServiceException error) {
                check(error.getStatusCode() == 400 || error.getStatusCode() == 403, error);
                continue;
            }
            throw new AssertionError("another key was accepted");
        }
    }
}
