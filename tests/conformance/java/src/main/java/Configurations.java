import com.qcloud.cos.exception.CosServiceException;
import com.qcloud.cos.http.HttpMethodName;
import com.qcloud.cos.model.AccessControlList;
import com.qcloud.cos.model.BucketCrossOriginConfiguration;
import com.qcloud.cos.model.BucketDomainConfiguration;
import com.qcloud.cos.model.BucketLifecycleConfiguration;
import com.qcloud.cos.model.BucketLoggingConfiguration;
import com.qcloud.cos.model.BucketRefererConfiguration;
import com.qcloud.cos.model.BucketReplicationConfiguration;
import com.qcloud.cos.model.BucketTaggingConfiguration;
import com.qcloud.cos.model.BucketVersioningConfiguration;
import com.qcloud.cos.model.BucketWebsiteConfiguration;
import com.qcloud.cos.model.CORSRule;
import com.qcloud.cos.model.COSVersionSummary;
import com.qcloud.cos.model.CannedAccessControlList;
import com.qcloud.cos.model.DeleteObjectTaggingRequest;
import com.qcloud.cos.model.DomainRule;
import com.qcloud.cos.model.GetObjectMetadataRequest;
import com.qcloud.cos.model.GetObjectTaggingRequest;
import com.qcloud.cos.model.Grant;
import com.qcloud.cos.model.ListVersionsRequest;
import com.qcloud.cos.model.ObjectTagging;
import com.qcloud.cos.model.Permission;
import com.qcloud.cos.model.PutObjectRequest;
import com.qcloud.cos.model.RedirectRule;
import com.qcloud.cos.model.ReplicationDestinationConfig;
import com.qcloud.cos.model.ReplicationRule;
import com.qcloud.cos.model.ReplicationRuleStatus;
import com.qcloud.cos.model.RoutingRule;
import com.qcloud.cos.model.RoutingRuleCondition;
import com.qcloud.cos.model.SetBucketLoggingConfigurationRequest;
import com.qcloud.cos.model.SetBucketVersioningConfigurationRequest;
import com.qcloud.cos.model.SetObjectTaggingRequest;
import com.qcloud.cos.model.StorageClass;
import com.qcloud.cos.model.Tag.Tag;
import com.qcloud.cos.model.TagSet;
import com.qcloud.cos.model.UinGrantee;
import com.qcloud.cos.model.VersionListing;
import com.qcloud.cos.model.inventory.InventoryConfiguration;
import com.qcloud.cos.model.inventory.InventoryCosBucketDestination;
import com.qcloud.cos.model.inventory.InventoryDestination;
import com.qcloud.cos.model.inventory.InventoryFilter;
import com.qcloud.cos.model.inventory.InventoryFormat;
import com.qcloud.cos.model.inventory.InventoryFrequency;
import com.qcloud.cos.model.inventory.InventoryIncludedObjectVersions;
import com.qcloud.cos.model.inventory.InventoryPrefixPredicate;
import com.qcloud.cos.model.inventory.InventorySchedule;
import com.qcloud.cos.model.lifecycle.LifecycleFilter;
import com.qcloud.cos.model.lifecycle.LifecyclePrefixPredicate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Access control, tags, versions, CORS, and what is stored for a bucket and comes back as it was. */
class Configurations extends Client {
    private static final String PAGE = "http://page.example";

    static void add(Map<String, Driver.Test> tests) {
        tests.put("bucket-acl", Configurations::bucketAcl);
        tests.put("object-acl", Configurations::objectAcl);
        tests.put("bucket-tagging", Configurations::bucketTagging);
        tests.put("object-tagging", Configurations::objectTagging);
        tests.put("versioning", versioned(Configurations::versioning));
        tests.put("versions-list", versioned(Configurations::versionsList));
        tests.put("delete-markers", versioned(Configurations::deleteMarkers));
        tests.put("cors", Configurations::cors);
        tests.put("preflight", absent("no call for OPTIONS Object"));
        tests.put("cross-origin", absent("no page"));
        tests.put("post-form", absent("no call for POST Object"));
        tests.put("policy", Configurations::policy);
        tests.put("referer", Configurations::referer);
        tests.put("lifecycle", Configurations::lifecycle);
        tests.put("website", Configurations::website);
        tests.put("logging", Configurations::logging);
        tests.put("encryption", absent("no call for the configuration"));
        tests.put("inventory", Configurations::inventory);
        tests.put("domain", Configurations::domain);
        tests.put("origin", absent("no call for the configuration"));
        tests.put("replication", Configurations::replication);
        tests.put("accelerate", absent("no call for the configuration"));
    }

    private static Driver.Test absent(String reason) {
        return () -> {
            throw new Driver.NotOffered(reason);
        };
    }

    private static List<String> permissions(AccessControlList acl) {
        List<String> found = new ArrayList<>();
        for (Grant grant : acl.getGrantsAsList()) {
            found.add(grant.getPermission().toString());
        }
        Collections.sort(found);
        return found;
    }

    private static void bucketAcl() throws Exception {
        COS.setBucketAcl(BUCKET, CannedAccessControlList.PublicRead);
        equal(permissions(COS.getBucketAcl(BUCKET)), List.of("FULL_CONTROL", "READ"));
        equal(COS.getBucketAcl(BUCKET).getCannedAccessControl(), CannedAccessControlList.PublicRead);
        COS.setBucketAcl(BUCKET, CannedAccessControlList.PublicReadWrite);
        equal(permissions(COS.getBucketAcl(BUCKET)), List.of("FULL_CONTROL", "READ", "WRITE"));
        COS.setBucketAcl(BUCKET, CannedAccessControlList.Private);
        AccessControlList acl = COS.getBucketAcl(BUCKET);
        equal(permissions(acl), List.of("FULL_CONTROL"));
        acl.grantPermission(new UinGrantee("qcs::cam::uin/1001:uin/1001"), Permission.Read);
        COS.setBucketAcl(BUCKET, acl);
        String readers = "";
        for (Grant grant : COS.getBucketAcl(BUCKET).getGrantsAsList()) {
            readers += grant.getPermission() == Permission.Read ? grant.getGrantee().getIdentifier() : "";
        }
        equal(readers, "qcs::cam::uin/1001:uin/1001");
        COS.setBucketAcl(BUCKET, CannedAccessControlList.Private);
    }

    private static void objectAcl() throws Exception {
        String url = "http://" + HOST + "/object-acl";
        put("object-acl", "text");
        equal(plain("GET", url, null).status, 403);
        COS.setObjectAcl(BUCKET, "object-acl", CannedAccessControlList.PublicRead);
        equal(plain("GET", url, null).body, "text");
        equal(COS.getObjectAcl(BUCKET, "object-acl").getCannedAccessControl(), CannedAccessControlList.PublicRead);
        COS.setObjectAcl(BUCKET, "object-acl", CannedAccessControlList.Private);
        equal(permissions(COS.getObjectAcl(BUCKET, "object-acl")), List.of("FULL_CONTROL"));
        equal(plain("GET", url, null).status, 403);
    }

    private static void bucketTagging() {
        TagSet tags = new TagSet(Map.of("colour", "blue", "size", "2"));
        COS.setBucketTaggingConfiguration(BUCKET, new BucketTaggingConfiguration().withTagSets(tags));
        equal(new java.util.TreeMap<>(COS.getBucketTaggingConfiguration(BUCKET).getTagSet().getAllTags()),
                "{colour=blue, size=2}");
        COS.deleteBucketTaggingConfiguration(BUCKET);
        equal(COS.getBucketTaggingConfiguration(BUCKET), null);
    }

    private static void objectTagging() throws Exception {
        put("object-tagging", "text");
        ObjectTagging tags = new ObjectTagging(List.of(new Tag("colour", "blue")));
        COS.setObjectTagging(new SetObjectTaggingRequest(BUCKET, "object-tagging", tags));
        GetObjectTaggingRequest get = new GetObjectTaggingRequest(BUCKET, "object-tagging");
        equal(COS.getObjectTagging(get).getTagSet().get(0).getValue(), "blue");
        equal(head("object-tagging").getRawMetadataValue("x-cos-tagging-count"), "1");
        COS.deleteObjectTagging(new DeleteObjectTaggingRequest(BUCKET, "object-tagging"));
        equal(COS.getObjectTagging(get).getTagSet().size(), 0);
        refused(404, "NoSuchKey", () -> COS.setObjectTagging(new SetObjectTaggingRequest(BUCKET, "absent", tags)));
    }

    private static void set(String status) {
        COS.setBucketVersioningConfiguration(new SetBucketVersioningConfigurationRequest(
                BUCKET, new BucketVersioningConfiguration(status)));
    }

    /** Between a bucket whose versioning is enabled and one whose is suspended. */
    private static Driver.Test versioned(Driver.Test test) {
        return () -> {
            set("Enabled");
            try {
                test.run();
            } finally {
                set("Suspended");
            }
        };
    }

    private static void versioning() throws Exception {
        equal(COS.getBucketVersioningConfiguration(BUCKET).getStatus(), "Enabled");
        String first = put("versioning", "one").getVersionId();
        String second = put("versioning", "two").getVersionId();
        check(first != null && second != null && !first.equals(second), first, second);
        equal(body("versioning"), "two");
        equal(body("versioning", first), "one");
        equal(COS.getObjectMetadata(new GetObjectMetadataRequest(BUCKET, "versioning", first)).getVersionId(), first);
        COS.deleteVersion(BUCKET, "versioning", second);
        equal(body("versioning"), "one");
        refused(404, "NoSuchVersion", () -> body("versioning", second));
    }

    private static VersionListing versions(String prefix, Integer maxKeys) {
        return COS.listVersions(new ListVersionsRequest(BUCKET, prefix, null, null, null, maxKeys));
    }

    private static void versionsList() {
        put("versions-list", "one");
        put("versions-list", "two");
        List<COSVersionSummary> found = versions("versions-list", null).getVersionSummaries();
        equal(found.size(), 2);
        equal(found.get(0).isLatest() + " " + found.get(1).isLatest(), "true false");
        VersionListing first = versions("versions-list", 1);
        check(first.isTruncated(), "it is not truncated");
        List<COSVersionSummary> rest = COS.listNextBatchOfVersions(first).getVersionSummaries();
        equal(rest.size(), 1);
        equal(rest.get(0).getVersionId(), found.get(1).getVersionId());
    }

    private static void deleteMarkers() throws Exception {
        put("delete-markers", "text");
        COS.deleteObject(BUCKET, "delete-markers");
        refused(404, "NoSuchKey", () -> body("delete-markers"));
        COSVersionSummary marker = versions("delete-markers", null).getVersionSummaries().get(0);
        equal(marker.isDeleteMarker() + " " + marker.isLatest(), "true true");
        COS.deleteVersion(BUCKET, "delete-markers", marker.getVersionId());
        equal(body("delete-markers"), "text");
    }

    private static void cors() throws Exception {
        CORSRule rule = new CORSRule();
        rule.setId("page");
        rule.setAllowedOrigins(PAGE);
        rule.setAllowedMethods(CORSRule.AllowedMethods.PUT, CORSRule.AllowedMethods.GET);
        rule.setAllowedHeaders("x-cos-meta-*", "content-type");
        rule.setExposedHeaders("ETag");
        rule.setMaxAgeSeconds(600);
        BucketCrossOriginConfiguration configuration = new BucketCrossOriginConfiguration(List.of(rule));
        COS.setBucketCrossOriginConfiguration(BUCKET, configuration);
        CORSRule found = COS.getBucketCrossOriginConfiguration(BUCKET).getRules().get(0);
        equal(found.getId() + found.getAllowedOrigins() + found.getAllowedMethods(), "page[" + PAGE + "][PUT, GET]");
        equal(found.getAllowedHeaders() + " " + found.getMaxAgeSeconds(), "[x-cos-meta-*, content-type] 600");
        put("cors", "text");
        String url = presigned(HttpMethodName.GET, "cors");
        Answer answer = plain("GET", url, null, "Origin", PAGE);
        equal(answer.header("Access-Control-Allow-Origin"), PAGE);
        equal(answer.header("Access-Control-Expose-Headers"), "ETag");
        equal(plain("GET", url, null, "Origin", "http://other.example").header("Access-Control-Allow-Origin"), null);
        COS.deleteBucketCrossOriginConfiguration(BUCKET);
        equal(COS.getBucketCrossOriginConfiguration(BUCKET), null);
    }

    private static void policy() throws Exception {
        put("policy/a", "text");
        COS.setBucketPolicy(BUCKET, "{\"version\":\"2.0\",\"Statement\":[{\"Effect\":\"Allow\","
                + "\"Principal\":{\"qcs\":[\"qcs::cam::anyone:anyone\"]},\"Action\":[\"name/cos:GetObject\"],"
                + "\"Resource\":[\"qcs::cos:" + REGION + ":uid/1250000000:" + BUCKET + "/policy/*\"]}]}");
        check(COS.getBucketPolicy(BUCKET).getPolicyText().contains("/policy/*"), "another policy");
        String url = "http://" + HOST + "/policy/a";
        equal(plain("GET", url, null).body, "text");
        equal(plain("GET", "http://" + HOST + "/other", null).status, 403);
        COS.deleteBucketPolicy(BUCKET);
        equal(plain("GET", url, null).status, 403);
        equal(COS.getBucketPolicy(BUCKET).getPolicyText(), null);
    }

    private static void referer() throws Exception {
        BucketRefererConfiguration configuration = new BucketRefererConfiguration();
        configuration.setStatus("Enabled");
        configuration.setRefererType("White-List");
        configuration.setDomainList(List.of("*.example.com", "page.example"));
        configuration.setEmptyReferConfiguration("Allow");
        COS.setBucketRefererConfiguration(BUCKET, configuration);
        BucketRefererConfiguration found = COS.getBucketRefererConfiguration(BUCKET);
        equal(found.getStatus() + found.getRefererType() + found.getDomainList(),
                "EnabledWhite-List[*.example.com, page.example]");
        PutObjectRequest request = request("referer", "text");
        request.setCannedAcl(CannedAccessControlList.PublicRead);
        COS.putObject(request);
        String url = "http://" + HOST + "/referer";
        equal(plain("GET", url, null, "Referer", "http://www.example.com/page").status, 200);
        equal(plain("GET", url, null, "Referer", "http://other.example/").status, 403);
        configuration.setStatus("Disabled");
        COS.setBucketRefererConfiguration(BUCKET, configuration);
        equal(plain("GET", url, null, "Referer", "http://other.example/").status, 200);
    }

    private static void lifecycle() {
        BucketLifecycleConfiguration.Transition transition = new BucketLifecycleConfiguration.Transition();
        transition.setDays(30);
        transition.setStorageClass("STANDARD_IA");
        BucketLifecycleConfiguration.Rule rule = new BucketLifecycleConfiguration.Rule();
        rule.setId("logs");
        rule.setFilter(new LifecycleFilter(new LifecyclePrefixPredicate("logs/")));
        rule.setStatus(BucketLifecycleConfiguration.ENABLED);
        rule.setTransitions(List.of(transition));
        rule.setExpirationInDays(365);
        COS.setBucketLifecycleConfiguration(BUCKET, new BucketLifecycleConfiguration(List.of(rule)));
        BucketLifecycleConfiguration.Rule found = COS.getBucketLifecycleConfiguration(BUCKET).getRules().get(0);
        equal(found.getId() + found.getStatus() + found.getExpirationInDays(), "logsEnabled365");
        equal(((LifecyclePrefixPredicate) found.getFilter().getPredicate()).getPrefix(), "logs/");
        equal(found.getTransitions().get(0).getDays(), 30);
        COS.deleteBucketLifecycleConfiguration(BUCKET);
        equal(COS.getBucketLifecycleConfiguration(BUCKET), null);
    }

    private static void website() {
        RoutingRule rule = new RoutingRule();
        rule.setCondition(new RoutingRuleCondition().withHttpErrorCodeReturnedEquals("404"));
        rule.setRedirect(new RedirectRule().withProtocol("https").withReplaceKeyWith("404.html"));
        BucketWebsiteConfiguration configuration = new BucketWebsiteConfiguration("index.html", "error.html");
        configuration.setRoutingRules(List.of(rule));
        COS.setBucketWebsiteConfiguration(BUCKET, configuration);
        BucketWebsiteConfiguration found = COS.getBucketWebsiteConfiguration(BUCKET);
        equal(found.getIndexDocumentSuffix() + " " + found.getErrorDocument(), "index.html error.html");
        equal(found.getRoutingRules().get(0).getRedirect().getReplaceKeyWith(), "404.html");
        COS.deleteBucketWebsiteConfiguration(BUCKET);
        equal(COS.getBucketWebsiteConfiguration(BUCKET), null);
    }

    private static void log(BucketLoggingConfiguration configuration) {
        COS.setBucketLoggingConfiguration(new SetBucketLoggingConfigurationRequest(BUCKET, configuration));
    }

    private static void logging() {
        log(new BucketLoggingConfiguration(BUCKET, "logs/"));
        BucketLoggingConfiguration found = COS.getBucketLoggingConfiguration(BUCKET);
        equal(found.getDestinationBucketName() + " " + found.getLogFilePrefix(), BUCKET + " logs/");
        log(new BucketLoggingConfiguration());
        check(!COS.getBucketLoggingConfiguration(BUCKET).isLoggingEnabled(), "it is still enabled");
    }

    private static void inventory() throws Exception {
        InventoryConfiguration configuration = new InventoryConfiguration();
        InventoryCosBucketDestination bucket = new InventoryCosBucketDestination();
        bucket.setAccountId("100000000001");
        bucket.setBucketArn("qcs::cos:" + REGION + "::" + BUCKET);
        bucket.setFormat(InventoryFormat.CSV);
        bucket.setPrefix("inventory");
        InventoryDestination destination = new InventoryDestination();
        destination.setCosBucketDestination(bucket);
        configuration.setId("list1");
        configuration.setEnabled(true);
        configuration.setDestination(destination);
        configuration.setInventoryFilter(new InventoryFilter(new InventoryPrefixPredicate("logs/")));
        configuration.setIncludedObjectVersions(InventoryIncludedObjectVersions.All);
        configuration.setOptionalFields(new ArrayList<>(List.of("Size", "ETag")));
        configuration.setSchedule(new InventorySchedule().withFrequency(InventoryFrequency.Daily));
        COS.setBucketInventoryConfiguration(BUCKET, configuration);
        InventoryConfiguration found =
                COS.getBucketInventoryConfiguration(BUCKET, "list1").getInventoryConfiguration();
        equal(found.getId() + found.isEnabled() + found.getOptionalFields(), "list1true[Size, ETag]");
        equal(found.getDestination().getCosBucketDestination().getBucketArn(), bucket.getBucketArn());
        COS.deleteBucketInventoryConfiguration(BUCKET, "list1");
        try {
            COS.getBucketInventoryConfiguration(BUCKET, "list1");
        } catch (CosServiceException error) {
            equal(error.getStatusCode(), 404);
            return;
        }
        throw new AssertionError("it is still there");
    }

    private static void domain() {
        DomainRule rule = new DomainRule();
        rule.setStatus(DomainRule.ENABLED);
        rule.setName("www.page.example");
        rule.setType(DomainRule.REST);
        BucketDomainConfiguration configuration = new BucketDomainConfiguration();
        configuration.setDomainRules(List.of(rule));
        COS.setBucketDomainConfiguration(BUCKET, configuration);
        BucketDomainConfiguration found = COS.getBucketDomainConfiguration(BUCKET);
        equal(found.getDomainRules().get(0).getName(), "www.page.example");
        check(found.getDomainTxtVerification() != null, "no verification");
        COS.deleteBucketDomainConfiguration(BUCKET);
    }

    private static void replication() throws Exception {
        ReplicationDestinationConfig destination = new ReplicationDestinationConfig();
        destination.setBucketQCS("qcs::cos:ap-beijing::elsewhere-1250000000");
        destination.setStorageClass(StorageClass.Standard);
        ReplicationRule rule = new ReplicationRule();
        rule.setID("elsewhere");
        rule.setStatus(ReplicationRuleStatus.Enabled);
        rule.setPrefix("replicated/");
        rule.setDestinationConfig(destination);
        BucketReplicationConfiguration configuration = new BucketReplicationConfiguration();
        configuration.setRoleName("qcs::cam::uin/100000000001:uin/100000000001");
        configuration.addRule(rule);
        set("Enabled");
        COS.setBucketReplicationConfiguration(BUCKET, configuration);
        BucketReplicationConfiguration found = COS.getBucketReplicationConfiguration(BUCKET);
        equal(found.getRoleName(), configuration.getRoleName());
        equal(found.getRules().get(0).getDestinationConfig().getBucketQCS(), destination.getBucketQCS());
        COS.deleteBucketReplicationConfiguration(BUCKET);
        refused(404, "ReplicationConfigurationNotFoundError", () -> COS.getBucketReplicationConfiguration(BUCKET));
        set("Suspended");
    }
}
