package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	cos "github.com/tencentyun/cos-go-sdk-v5"
)

var objects = []operation{
	{"service", service},
	{"bucket", bucket},
	{"location", location},
	{"put", putObject},
	{"get", getObject},
	{"head", headObject},
	{"delete", deleteObject},
	{"presigned-put", presignedPut},
	{"presigned-get", presignedGet},
	{"presigned-head", presignedHead},
	{"presigned-delete", presignedDelete},
	{"token", token},
	{"token-presigned", tokenPresigned},
	{"sts", func() { insideAlone(ofSTS().client()) }},
	{"sts-api", stsAPI},
	{"sts-presigned", stsPresigned},
	{"sts-ended", stsEnded},
	{"keys", func() { eachKey(settings.Keys) }},
	{"dot-keys", func() { eachKey(settings.DotKeys) }},
	{"range", ranges},
	{"conditions", conditions},
	{"errors", errorsAsRead},
	{"list", list},
	{"list-delimiter", listDelimiter},
	{"list-pages", listPages},
	{"delete-multiple", deleteMultiple},
}

func service() {
	result, _, err := standard.Service.Get(background)
	must(err)
	for _, bucket := range result.Buckets {
		if bucket.Name == settings.Bucket {
			equal(bucket.Region, settings.Region)
			check(strings.HasPrefix(result.Owner.ID, "qcs::cam::uin/"), result.Owner.ID)
			return
		}
	}
	panic("the bucket is not listed")
}

func bucket() {
	another := client(difference{bucket: "another-1250000000"})
	_, err := another.Bucket.Put(background, nil)
	must(err)
	_, err = another.Bucket.Head(background)
	must(err)
	_, err = another.Bucket.Put(background, nil)
	refused(409, "BucketAlreadyOwnedByYou", err)
	_, err = another.Object.Put(background, "exampleobject", strings.NewReader("text"), nil)
	must(err)
	_, err = another.Bucket.Delete(background)
	refused(409, "BucketNotEmpty", err)
	_, err = another.Object.Delete(background, "exampleobject")
	must(err)
	_, err = another.Bucket.Delete(background)
	must(err)
	there, err := another.Bucket.IsExist(background)
	must(err)
	check(!there)
	_, err = bodyFrom(another, "exampleobject")
	refused(404, "NoSuchBucket", err)
}

func location() {
	result, _, err := standard.Bucket.GetLocation(background)
	must(err)
	equal(result.Location, settings.Region)
}

func putObject() {
	response := put("put", "{}", &cos.ObjectPutOptions{
		ObjectPutHeaderOptions: &cos.ObjectPutHeaderOptions{
			ContentType:      "application/json; charset=utf-8",
			CacheControl:     "max-age=600",
			XCosStorageClass: "STANDARD_IA",
			XCosMetaXXX:      &http.Header{"X-Cos-Meta-Colour": {"light blue"}},
		},
	})
	equal(response.Header.Get("ETag"), etag("{}"))
	check(response.Header.Get("x-cos-hash-crc64ecma") != "", "no CRC")
	check(response.Header.Get("x-cos-request-id") != "", "no request id")
	head, err := standard.Object.Head(background, "put", nil)
	must(err)
	for name, value := range map[string]string{
		"Content-Type":        "application/json; charset=utf-8",
		"Cache-Control":       "max-age=600",
		"x-cos-storage-class": "STANDARD_IA",
		"x-cos-meta-colour":   "light blue",
	} {
		equal(head.Header.Get(name), value)
	}
}

func getObject() {
	put("get", "text")
	response, err := standard.Object.Get(background, "get", &cos.ObjectGetOptions{
		ResponseContentType: "text/html",
	})
	must(err)
	equal(read(response), "text")
	equal(response.Header.Get("Content-Type"), "text/html")
	equal(response.Header.Get("ETag"), etag("text"))
}

func headObject() {
	put("head", "text")
	response, err := standard.Object.Head(background, "head", nil)
	must(err)
	equal(response.ContentLength, int64(4))
	equal(response.Header.Get("x-cos-object-type"), "normal")
	_, err = standard.Object.Head(background, "absent", nil)
	check(cos.IsNotFoundError(err), err)
}

func deleteObject() {
	put("delete", "text")
	response, err := standard.Object.Delete(background, "delete")
	must(err)
	equal(response.StatusCode, 204)
	check(!exists("delete"))
	_, err = standard.Object.Delete(background, "delete")
	must(err)
}

func presignedOf(
	from *cos.Client, method, key string, options *cos.PresignedURLOptions,
) string {
	var given interface{}
	if options != nil {
		given = options
	}
	id, secret := settings.SecretID, settings.SecretKey
	result, err := from.Object.GetPresignedURL(background, method, key, id, secret, time.Hour, given)
	must(err)
	return result.String()
}

func presigned(method, key string) string {
	return presignedOf(standard, method, key, nil)
}

func presignedPut() {
	answer := plain("PUT", presigned("PUT", "presigned-put"), "text")
	equal([]interface{}{answer.status, answer.headers.Get("ETag")}, []interface{}{200, etag("text")})
	equal(body("presigned-put"), "text")
	address := presignedOf(standard, "PUT", "presigned-put", &cos.PresignedURLOptions{
		Header: &http.Header{"Content-Type": {"text/plain"}},
	})
	equal(plain("PUT", address, "text", "Content-Type", "text/plain").status, 200)
	changed := plain("PUT", address, "text", "Content-Type", "text/html")
	equal(changed.status, 403)
	check(strings.Contains(changed.body, "<Code>SignatureDoesNotMatch</Code>"), changed.body)
}

func presignedGet() {
	put("presigned-get", "text")
	address := presigned("GET", "presigned-get")
	answer := plain("GET", address, "")
	equal([]interface{}{answer.status, answer.body}, []interface{}{200, "text"})
	equal(plain("GET", address, "", "Range", "bytes=1-2").body, "ex")
	disposition := "attachment; filename=a b.txt"
	named := presignedOf(standard, "GET", "presigned-get", &cos.PresignedURLOptions{
		Query: &url.Values{"response-content-disposition": {disposition}},
	})
	equal(plain("GET", named, "").headers.Get("Content-Disposition"), disposition)
	merged := presignedOf(standard, "GET", "presigned-get", &cos.PresignedURLOptions{SignMerged: true})
	equal(plain("GET", merged, "").body, "text")
	equal(plain("PUT", address, "other").status, 403)
	equal(plain("GET", strings.Replace(address, "presigned-get", "other", 1), "").status, 403)
}

func presignedHead() {
	put("presigned-head", "text")
	answer := plain("HEAD", presigned("HEAD", "presigned-head"), "")
	equal([]interface{}{answer.status, answer.headers.Get("Content-Length")}, []interface{}{200, "4"})
	absent := plain("HEAD", presigned("HEAD", "absent"), "")
	equal([]interface{}{absent.status, absent.body}, []interface{}{404, ""})
}

func presignedDelete() {
	put("presigned-delete", "text")
	equal(plain("DELETE", presigned("DELETE", "presigned-delete"), "").status, 204)
	check(!exists("presigned-delete"))
}

func token() {
	temporary := client(difference{token: settings.Token, port: settings.TemporaryPort})
	_, err := temporary.Object.Put(background, "token", strings.NewReader("text"), nil)
	must(err)
	said, err := bodyFrom(temporary, "token")
	must(err)
	equal(said, "text")
	for _, wrong := range []string{"", "another"} {
		_, err = bodyFrom(client(difference{token: wrong, port: settings.TemporaryPort}), "token")
		refused(403, "InvalidAccessKeyId", err)
	}
}

func tokenPresigned() {
	temporary := client(difference{token: settings.Token, port: settings.TemporaryPort})
	options := &cos.PresignedURLOptions{Query: &url.Values{"x-cos-security-token": {settings.Token}}}
	address := func(method string) string {
		return presignedOf(temporary, method, "token-presigned", options)
	}
	equal(plainTo(settings.TemporaryPort, "PUT", address("PUT"), "text").status, 200)
	equal(plainTo(settings.TemporaryPort, "GET", address("GET"), "").body, "text")
	without := presignedOf(temporary, "GET", "token-presigned", nil)
	equal(plainTo(settings.TemporaryPort, "GET", without, "").status, 403)
}

func eachKey(keys []string) {
	for number, key := range keys {
		said := fmt.Sprint(number, " ", key)
		put(key, said)
		equal(body(key), said)
		equal(plain("GET", presigned("GET", key), "").body, said)
		equal(plain("PUT", presigned("PUT", key), "other").status, 200)
		head, err := standard.Object.Head(background, key, nil)
		must(err)
		equal(head.Header.Get("ETag"), etag("other"))
		listed, _, err := standard.Bucket.Get(background, &cos.BucketGetOptions{
			Prefix: key, EncodingType: "url",
		})
		must(err)
		found := false
		for _, entry := range listed.Contents {
			decoded, err := url.QueryUnescape(entry.Key)
			must(err)
			found = found || decoded == key
		}
		check(found, key, " is not listed")
		_, err = standard.Object.Delete(background, key)
		must(err)
		check(!exists(key), key)
	}
}

func ranges() {
	put("range", "0123456789")
	for _, expected := range [][3]string{
		{"bytes=2-4", "bytes 2-4/10", "234"},
		{"bytes=7-", "bytes 7-9/10", "789"},
		{"bytes=-2", "bytes 8-9/10", "89"},
		{"bytes=8-99", "bytes 8-9/10", "89"},
	} {
		options := &cos.ObjectGetOptions{Range: expected[0]}
		response, err := standard.Object.Get(background, "range", options)
		must(err)
		equal([2]string{response.Header.Get("Content-Range"), read(response)}, [2]string{expected[1], expected[2]})
	}
	_, err := standard.Object.Get(background, "range", &cos.ObjectGetOptions{Range: "bytes=10-"})
	refused(416, "InvalidRange", err)
}

func conditions() {
	put("conditions", "text")
	get := func(name, value string) (*cos.Response, error) {
		headers := http.Header{}
		headers.Set(name, value)
		return standard.Object.Get(background, "conditions", &cos.ObjectGetOptions{XOptionHeader: &headers})
	}
	response, err := get("If-Match", etag("text"))
	must(err)
	equal(read(response), "text")
	_, err = get("If-Match", `"other"`)
	refused(412, "PreconditionFailed", err)
	response, err = get("If-None-Match", `"other"`)
	must(err)
	equal(read(response), "text")
	_, err = get("If-None-Match", etag("text"))
	failed, ok := cos.IsCOSError(err)
	check(ok, err)
	equal(failed.Response.StatusCode, 304)
}

func errorsAsRead() {
	_, err := bodyFrom(standard, "absent")
	response := refused(404, "NoSuchKey", err)
	equal(response.Message, "The specified key does not exist.")
	equal(response.Resource, hostOf(settings.Bucket)+"/absent")
	check(response.RequestID != "" && response.TraceID != "", "no ids")
	_, err = bodyFrom(client(difference{key: "another"}), "absent")
	refused(403, "SignatureDoesNotMatch", err)
	_, err = bodyFrom(client(difference{id: "AKIDUNKNOWN"}), "absent")
	refused(403, "InvalidAccessKeyId", err)
	_, err = bodyFrom(client(difference{anonymous: true}), "absent")
	refused(403, "AccessDenied", err)
}

func names(result *cos.BucketGetResult) []string {
	found := []string{}
	for _, entry := range result.Contents {
		found = append(found, entry.Key)
	}
	return found
}

func listed(options *cos.BucketGetOptions) *cos.BucketGetResult {
	result, _, err := standard.Bucket.Get(background, options)
	must(err)
	return result
}

func list() {
	for _, key := range []string{"list/b", "list/a", "list/照片"} {
		put(key, key)
	}
	result := listed(&cos.BucketGetOptions{Prefix: "list/"})
	equal(names(result), []string{"list/a", "list/b", "list/照片"})
	equal([]interface{}{result.Name, result.IsTruncated}, []interface{}{settings.Bucket, false})
	equal(result.Contents[0].Size, int64(6))
	equal(result.Contents[0].ETag, etag("list/a"))
}

func listDelimiter() {
	for _, key := range []string{"tree/a/1", "tree/a/2", "tree/b/3", "tree/c"} {
		put(key, "")
	}
	result := listed(&cos.BucketGetOptions{Prefix: "tree/", Delimiter: "/"})
	equal(result.CommonPrefixes, []string{"tree/a/", "tree/b/"})
	equal(names(result), []string{"tree/c"})
}

func listPages() {
	expected := []string{}
	for number := 0; number < 7; number++ {
		expected = append(expected, fmt.Sprint("pages/", number))
		put(expected[number], "")
	}
	found, pages, marker := []string{}, 0, ""
	for more := true; more; pages++ {
		result := listed(&cos.BucketGetOptions{Prefix: "pages/", MaxKeys: 3, Marker: marker})
		found = append(found, names(result)...)
		more, marker = result.IsTruncated, result.NextMarker
	}
	equal(found, expected)
	equal(pages, 3)
}

func deleteMultiple() {
	keys := []string{"multiple/a b", "multiple/照片", "multiple/<&>"}
	for _, key := range keys {
		put(key, "")
	}
	options := &cos.ObjectDeleteMultiOptions{}
	for _, key := range append(keys, "multiple/absent") {
		options.Objects = append(options.Objects, cos.Object{Key: key})
	}
	result, _, err := standard.Object.DeleteMulti(background, options)
	must(err)
	equal(len(result.DeletedObjects), 4)
	equal(names(listed(&cos.BucketGetOptions{Prefix: "multiple/"})), []string{})
}
