package main

import (
	"net/http"
	"sort"
	"strings"

	cos "github.com/tencentyun/cos-go-sdk-v5"
)

var configurations = []operation{
	{"bucket-acl", bucketACL},
	{"object-acl", objectACL},
	{"bucket-tagging", bucketTagging},
	{"object-tagging", objectTagging},
	{"versioning", versioned(versioning)},
	{"versions-list", versioned(versionsList)},
	{"delete-markers", versioned(deleteMarkers)},
	{"cors", cors},
	{"preflight", preflight},
	{"cross-origin", func() { panic(notOffered("no page")) }},
	{"post-form", func() { panic(notOffered("no call for POST Object")) }},
	{"policy", policy},
	{"referer", referer},
	{"lifecycle", lifecycle},
	{"website", website},
	{"logging", logging},
	{"encryption", encryption},
	{"inventory", inventory},
	{"domain", domain},
	{"origin", origin},
	{"replication", replication},
	{"accelerate", accelerate},
}

func permissions(grants []cos.ACLGrant) string {
	found := []string{}
	for _, grant := range grants {
		found = append(found, grant.Permission)
	}
	sort.Strings(found)
	return strings.Join(found, " ")
}

func bucketACL() {
	set := func(headers cos.ACLHeaderOptions) error {
		_, err := standard.Bucket.PutACL(background, &cos.BucketPutACLOptions{Header: &headers})
		return err
	}
	for _, expected := range [][2]string{
		{"public-read", "FULL_CONTROL READ"},
		{"public-read-write", "FULL_CONTROL READ WRITE"},
		{"private", "FULL_CONTROL"},
	} {
		must(set(cos.ACLHeaderOptions{XCosACL: expected[0]}))
		result, _, err := standard.Bucket.GetACL(background)
		must(err)
		equal(permissions(result.AccessControlList), expected[1])
	}
	must(set(cos.ACLHeaderOptions{XCosGrantRead: `id="qcs::cam::uin/1001:uin/1001"`}))
	result, _, err := standard.Bucket.GetACL(background)
	must(err)
	found := ""
	for _, grant := range result.AccessControlList {
		if grant.Permission == "READ" {
			found += grant.Grantee.ID
		}
	}
	equal(found, "qcs::cam::uin/1001:uin/1001")
	must(set(cos.ACLHeaderOptions{XCosACL: "private"}))
	refused(400, "InvalidArgument", set(cos.ACLHeaderOptions{XCosACL: "public"}))
}

func objectACL() {
	put("object-acl", "text")
	address := "http://" + hostOf(settings.Bucket) + "/object-acl"
	set := func(canned string) {
		_, err := standard.Object.PutACL(background, "object-acl", &cos.ObjectPutACLOptions{
			Header: &cos.ACLHeaderOptions{XCosACL: canned},
		})
		must(err)
	}
	equal(plain("GET", address, "").status, 403)
	set("public-read")
	equal(plain("GET", address, "").body, "text")
	set("private")
	result, _, err := standard.Object.GetACL(background, "object-acl")
	must(err)
	equal(permissions(result.AccessControlList), "FULL_CONTROL")
	equal(plain("GET", address, "").status, 403)
}

func bucketTagging() {
	tags := []cos.BucketTaggingTag{{Key: "colour", Value: "blue"}, {Key: "size", Value: "2"}}
	_, err := standard.Bucket.PutTagging(background, &cos.BucketPutTaggingOptions{TagSet: tags})
	must(err)
	result, _, err := standard.Bucket.GetTagging(background)
	must(err)
	equal(result.TagSet, tags)
	_, err = standard.Bucket.DeleteTagging(background)
	must(err)
	_, _, err = standard.Bucket.GetTagging(background)
	refused(404, "NoSuchTagSet", err)
}

func objectTagging() {
	tags := &cos.ObjectPutTaggingOptions{TagSet: []cos.ObjectTaggingTag{{Key: "colour", Value: "blue"}}}
	put("object-tagging", "text")
	_, err := standard.Object.PutTagging(background, "object-tagging", tags)
	must(err)
	result, _, err := standard.Object.GetTagging(background, "object-tagging")
	must(err)
	equal(result.TagSet, tags.TagSet)
	head, err := standard.Object.Head(background, "object-tagging", nil)
	must(err)
	equal(head.Header.Get("x-cos-tagging-count"), "1")
	_, err = standard.Object.DeleteTagging(background, "object-tagging")
	must(err)
	result, _, err = standard.Object.GetTagging(background, "object-tagging")
	must(err)
	equal(len(result.TagSet), 0)
	_, err = standard.Object.PutTagging(background, "absent", tags)
	refused(404, "NoSuchKey", err)
}

func setVersioning(status string) {
	_, err := standard.Bucket.PutVersioning(background, &cos.BucketPutVersionOptions{Status: status})
	must(err)
}

// Between a bucket whose versioning is enabled and one whose is suspended.
func versioned(test func()) func() {
	return func() {
		setVersioning("Enabled")
		test()
		setVersioning("Suspended")
	}
}

func versioning() {
	result, _, err := standard.Bucket.GetVersioning(background)
	must(err)
	equal(result.Status, "Enabled")
	first := put("versioning", "one").Header.Get("x-cos-version-id")
	second := put("versioning", "two").Header.Get("x-cos-version-id")
	check(first != "" && second != "" && first != second, first, " ", second)
	equal(body("versioning"), "two")
	equal(body("versioning", first), "one")
	head, err := standard.Object.Head(background, "versioning", nil, first)
	must(err)
	equal(head.Header.Get("x-cos-version-id"), first)
	_, err = standard.Object.Delete(background, "versioning", &cos.ObjectDeleteOptions{VersionId: second})
	must(err)
	equal(body("versioning"), "one")
	_, err = bodyFrom(standard, "versioning")
	must(err)
	_, err = standard.Object.Get(background, "versioning", nil, second)
	refused(404, "NoSuchVersion", err)
}

func versionsOf(options cos.BucketGetObjectVersionsOptions) *cos.BucketGetObjectVersionsResult {
	result, _, err := standard.Bucket.GetObjectVersions(background, &options)
	must(err)
	return result
}

func versionsList() {
	put("versions-list", "one")
	put("versions-list", "two")
	result := versionsOf(cos.BucketGetObjectVersionsOptions{Prefix: "versions-list"})
	equal(len(result.Version), 2)
	equal([]bool{result.Version[0].IsLatest, result.Version[1].IsLatest}, []bool{true, false})
	first := versionsOf(cos.BucketGetObjectVersionsOptions{Prefix: "versions-list", MaxKeys: 1})
	check(first.IsTruncated, "it is not truncated")
	rest := versionsOf(cos.BucketGetObjectVersionsOptions{
		Prefix:          "versions-list",
		KeyMarker:       first.NextKeyMarker,
		VersionIdMarker: first.NextVersionIdMarker,
	})
	equal(len(rest.Version), 1)
	equal(rest.Version[0].VersionId, result.Version[1].VersionId)
}

func deleteMarkers() {
	put("delete-markers", "text")
	response, err := standard.Object.Delete(background, "delete-markers")
	must(err)
	equal(response.Header.Get("x-cos-delete-marker"), "true")
	_, err = bodyFrom(standard, "delete-markers")
	refused(404, "NoSuchKey", err)
	result := versionsOf(cos.BucketGetObjectVersionsOptions{Prefix: "delete-markers"})
	equal(len(result.DeleteMarker), 1)
	marker := result.DeleteMarker[0]
	check(marker.IsLatest, "it is not the latest")
	equal(marker.VersionId, response.Header.Get("x-cos-version-id"))
	options := &cos.ObjectDeleteOptions{VersionId: marker.VersionId}
	_, err = standard.Object.Delete(background, "delete-markers", options)
	must(err)
	equal(body("delete-markers"), "text")
}

const page = "http://page.example"

func setCORS() cos.BucketCORSRule {
	rule := cos.BucketCORSRule{
		ID:             "page",
		AllowedOrigins: []string{page},
		AllowedMethods: []string{"PUT", "GET"},
		AllowedHeaders: []string{"x-cos-meta-*", "content-type"},
		ExposeHeaders:  []string{"ETag"},
		MaxAgeSeconds:  600,
	}
	options := &cos.BucketPutCORSOptions{Rules: []cos.BucketCORSRule{rule}}
	_, err := standard.Bucket.PutCORS(background, options)
	must(err)
	return rule
}

func cors() {
	rule := setCORS()
	result, _, err := standard.Bucket.GetCORS(background)
	must(err)
	equal(result.Rules, []cos.BucketCORSRule{rule})
	put("cors", "text")
	answer := plain("GET", presigned("GET", "cors"), "", "Origin", page)
	equal(answer.headers.Get("Access-Control-Allow-Origin"), page)
	equal(answer.headers.Get("Access-Control-Expose-Headers"), "ETag")
	other := plain("GET", presigned("GET", "cors"), "", "Origin", "http://other.example")
	equal(other.headers.Get("Access-Control-Allow-Origin"), "")
	_, err = standard.Bucket.DeleteCORS(background)
	must(err)
	_, _, err = standard.Bucket.GetCORS(background)
	refused(404, "NoSuchCORSConfiguration", err)
}

func preflight() {
	setCORS()
	ask := func(origin, method, headers string) (*cos.Response, error) {
		return standard.Object.Options(background, "preflight", &cos.ObjectOptionsOptions{
			Origin:                      origin,
			AccessControlRequestMethod:  method,
			AccessControlRequestHeaders: headers,
		})
	}
	response, err := ask(page, "PUT", "x-cos-meta-colour")
	must(err)
	equal(response.Header.Get("Access-Control-Allow-Origin"), page)
	check(strings.Contains(response.Header.Get("Access-Control-Allow-Methods"), "PUT"), "no method")
	for _, asked := range [][3]string{
		{"http://other.example", "PUT", "x-cos-meta-colour"},
		{page, "DELETE", "x-cos-meta-colour"},
		{page, "PUT", "x-other"},
	} {
		_, err = ask(asked[0], asked[1], asked[2])
		refused(403, "AccessForbidden", err)
	}
	_, err = standard.Bucket.DeleteCORS(background)
	must(err)
}

func policy() {
	put("policy/a", "text")
	statement := cos.BucketStatement{
		Principal: map[string][]string{"qcs": {"qcs::cam::anyone:anyone"}},
		Action:    []string{"name/cos:GetObject"},
		Effect:    "allow",
		Resource:  []string{"qcs::cos:" + settings.Region + ":uid/1250000000:" + settings.Bucket + "/policy/*"},
	}
	_, err := standard.Bucket.PutPolicy(background, &cos.BucketPutPolicyOptions{
		Version: "2.0", Statement: []cos.BucketStatement{statement},
	})
	must(err)
	result, _, err := standard.Bucket.GetPolicy(background)
	must(err)
	equal(result.Statement, []cos.BucketStatement{statement})
	address := "http://" + hostOf(settings.Bucket) + "/policy/a"
	equal(plain("GET", address, "").body, "text")
	equal(plain("GET", "http://"+hostOf(settings.Bucket)+"/other", "").status, 403)
	_, err = standard.Bucket.DeletePolicy(background)
	must(err)
	equal(plain("GET", address, "").status, 403)
}

func referer() {
	options := &cos.BucketPutRefererOptions{
		Status:                  "Enabled",
		RefererType:             "White-List",
		DomainList:              []string{"*.example.com", "page.example"},
		EmptyReferConfiguration: "Allow",
	}
	_, err := standard.Bucket.PutReferer(background, options)
	must(err)
	result, _, err := standard.Bucket.GetReferer(background)
	must(err)
	equal(result.DomainList, options.DomainList)
	equal([]string{result.Status, result.RefererType}, []string{"Enabled", "White-List"})
	put("referer", "text", &cos.ObjectPutOptions{ACLHeaderOptions: &cos.ACLHeaderOptions{XCosACL: "public-read"}})
	address := "http://" + hostOf(settings.Bucket) + "/referer"
	equal(plain("GET", address, "", "Referer", "http://www.example.com/page").status, 200)
	equal(plain("GET", address, "", "Referer", "http://other.example/").status, 403)
	_, err = standard.Bucket.DeleteReferer(background)
	must(err)
	equal(plain("GET", address, "", "Referer", "http://other.example/").status, 200)
}

func lifecycle() {
	rule := cos.BucketLifecycleRule{
		ID:         "logs",
		Status:     "Enabled",
		Filter:     &cos.BucketLifecycleFilter{Prefix: "logs/"},
		Transition: []cos.BucketLifecycleTransition{{Days: 30, StorageClass: "STANDARD_IA"}},
		Expiration: &cos.BucketLifecycleExpiration{Days: 365},
	}
	options := &cos.BucketPutLifecycleOptions{Rules: []cos.BucketLifecycleRule{rule}}
	_, err := standard.Bucket.PutLifecycle(background, options)
	must(err)
	result, _, err := standard.Bucket.GetLifecycle(background)
	must(err)
	equal(result.Rules, options.Rules)
	_, err = standard.Bucket.DeleteLifecycle(background)
	must(err)
	_, _, err = standard.Bucket.GetLifecycle(background)
	refused(404, "NoSuchLifecycleConfiguration", err)
}

func website() {
	options := &cos.BucketPutWebsiteOptions{
		Index: "index.html",
		Error: &cos.ErrorDocument{Key: "error.html"},
		RoutingRules: &cos.WebsiteRoutingRules{Rules: []cos.WebsiteRoutingRule{{
			ConditionErrorCode: "404", RedirectProtocol: "https", RedirectReplaceKey: "404.html",
		}}},
	}
	_, err := standard.Bucket.PutWebsite(background, options)
	must(err)
	result, _, err := standard.Bucket.GetWebsite(background)
	must(err)
	equal([]string{result.Index, result.Error.Key}, []string{"index.html", "error.html"})
	equal(result.RoutingRules, options.RoutingRules)
	_, err = standard.Bucket.DeleteWebsite(background)
	must(err)
	_, _, err = standard.Bucket.GetWebsite(background)
	refused(404, "NoSuchWebsiteConfiguration", err)
}

func logging() {
	enabled := &cos.BucketLoggingEnabled{TargetBucket: settings.Bucket, TargetPrefix: "logs/"}
	_, err := standard.Bucket.PutLogging(background, &cos.BucketPutLoggingOptions{LoggingEnabled: enabled})
	must(err)
	result, _, err := standard.Bucket.GetLogging(background)
	must(err)
	equal(result.LoggingEnabled, enabled)
	_, err = standard.Bucket.PutLogging(background, &cos.BucketPutLoggingOptions{})
	must(err)
	result, _, err = standard.Bucket.GetLogging(background)
	must(err)
	check(result.LoggingEnabled == nil, "it is still enabled")
}

func encryption() {
	rule := &cos.BucketEncryptionConfiguration{SSEAlgorithm: "AES256"}
	_, err := standard.Bucket.PutEncryption(background, &cos.BucketPutEncryptionOptions{Rule: rule})
	must(err)
	result, _, err := standard.Bucket.GetEncryption(background)
	must(err)
	equal(result.Rule.SSEAlgorithm, "AES256")
	equal(put("encryption", "text").Header.Get("x-cos-server-side-encryption"), "AES256")
	_, err = standard.Bucket.DeleteEncryption(background)
	must(err)
	_, _, err = standard.Bucket.GetEncryption(background)
	refused(404, "NoSuchEncryptionConfiguration", err)
}

func inventory() {
	options := &cos.BucketPutInventoryOptions{
		ID:                     "list1",
		IsEnabled:              "true",
		IncludedObjectVersions: "All",
		Filter:                 &cos.BucketInventoryFilter{Prefix: "logs/"},
		OptionalFields:         &cos.BucketInventoryOptionalFields{BucketInventoryFields: []string{"Size", "ETag"}},
		Schedule:               &cos.BucketInventorySchedule{Frequency: "Daily"},
		Destination: &cos.BucketInventoryDestination{
			Bucket:    "qcs::cos:" + settings.Region + "::" + settings.Bucket,
			AccountId: "100000000001",
			Prefix:    "inventory",
			Format:    "CSV",
		},
	}
	_, err := standard.Bucket.PutInventory(background, "list1", options)
	must(err)
	result, _, err := standard.Bucket.GetInventory(background, "list1")
	must(err)
	equal(result.Destination, options.Destination)
	equal(result.OptionalFields, options.OptionalFields)
	equal([]string{result.ID, result.IsEnabled}, []string{"list1", "true"})
	listed, _, err := standard.Bucket.ListInventoryConfigurations(background, "")
	must(err)
	equal(len(listed.InventoryConfigurations), 1)
	_, err = standard.Bucket.DeleteInventory(background, "list1")
	must(err)
	_, _, err = standard.Bucket.GetInventory(background, "list1")
	check(cos.IsNotFoundError(err), err)
}

func domain() {
	rule := cos.BucketDomainRule{Status: "ENABLED", Name: "www.page.example", Type: "REST"}
	options := &cos.BucketPutDomainOptions{Rules: []cos.BucketDomainRule{rule}}
	_, err := standard.Bucket.PutDomain(background, options)
	must(err)
	result, _, err := standard.Bucket.GetDomain(background)
	must(err)
	equal(result.Rules, options.Rules)
	_, err = standard.Bucket.DeleteDomain(background)
	must(err)
	_, _, err = standard.Bucket.GetDomain(background)
	refused(404, "DomainConfigNotFoundError", err)
}

func origin() {
	follow := true
	rule := cos.BucketOriginRule{
		RulePriority:    1,
		OriginType:      "Mirror",
		OriginCondition: &cos.BucketOriginCondition{HTTPStatusCode: "404", Prefix: "mirror/"},
		OriginParameter: &cos.BucketOriginParameter{Protocol: "HTTP", FollowQueryString: &follow},
		OriginInfo:      &cos.BucketOriginInfo{HostInfo: &cos.BucketOriginHostInfo{HostName: "page.example"}},
	}
	_, err := standard.Bucket.PutOrigin(background, &cos.BucketPutOriginOptions{Rule: []cos.BucketOriginRule{rule}})
	must(err)
	result, _, err := standard.Bucket.GetOrigin(background)
	must(err)
	equal(result.Rule[0].OriginCondition, rule.OriginCondition)
	equal(result.Rule[0].OriginInfo.HostInfo.HostName, "page.example")
	equal(*result.Rule[0].OriginParameter.FollowQueryString, true)
	_, err = standard.Bucket.DeleteOrigin(background)
	must(err)
	_, _, err = standard.Bucket.GetOrigin(background)
	check(cos.IsNotFoundError(err), err)
}

func replication() {
	rule := cos.BucketReplicationRule{
		ID:          "elsewhere",
		Status:      "Enabled",
		Prefix:      "replicated/",
		Destination: &cos.ReplicationDestination{Bucket: "qcs::cos:ap-beijing::elsewhere-1250000000"},
	}
	options := &cos.PutBucketReplicationOptions{
		Role: "qcs::cam::uin/100000000001:uin/100000000001",
		Rule: []cos.BucketReplicationRule{rule},
	}
	setVersioning("Enabled")
	_, err := standard.Bucket.PutBucketReplication(background, options)
	must(err)
	result, _, err := standard.Bucket.GetBucketReplication(background)
	must(err)
	equal(result.Role, options.Role)
	equal(result.Rule[0].Destination, rule.Destination)
	_, err = standard.Bucket.DeleteBucketReplication(background)
	must(err)
	_, _, err = standard.Bucket.GetBucketReplication(background)
	refused(http.StatusNotFound, "ReplicationConfigurationNotFoundError", err)
	setVersioning("Suspended")
}

func accelerate() {
	for _, status := range []string{"Enabled", "Suspended"} {
		options := &cos.BucketPutAccelerateOptions{Status: status, Type: "COS"}
		_, err := standard.Bucket.PutAccelerate(background, options)
		must(err)
		result, _, err := standard.Bucket.GetAccelerate(background)
		must(err)
		equal([]string{result.Status, result.Type}, []string{status, "COS"})
	}
}
