package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	cos "github.com/tencentyun/cos-go-sdk-v5"
)

var transfers = []operation{
	{"upload", upload},
	{"upload-resumed", uploadResumed},
	{"download", download},
	{"download-resumed", downloadResumed},
	{"copy", copyObject},
	{"copy-parts", copyParts},
	{"append", appendObject},
	{"symlink", symlink},
	{"restore", restore},
	{"sse-c", sseC},
}

const megabyte = 1 << 20

// 20 MiB of which no part is like another.
var bytes20 = func() string {
	block, _ := aes.NewCipher(make([]byte, 16))
	body := make([]byte, 20*megabyte)
	cipher.NewCTR(block, make([]byte, 16)).XORKeyStream(body, body)
	return string(body)
}()

func path(name string) string {
	return filepath.Join(settings.Folder, name)
}

func write(name, body string) string {
	must(os.WriteFile(path(name), []byte(body), 0o600))
	return path(name)
}

func same(found, expected string) {
	check(found == expected, "other bytes came back")
}

func readFile(name string) string {
	said, err := os.ReadFile(path(name))
	must(err)
	return string(said)
}

func upload() {
	file := write("up", bytes20)
	options := &cos.MultiUploadOptions{PartSize: 1, ThreadPoolSize: 4}
	result, response, err := standard.Object.Upload(background, "上传/20 MiB", file, options)
	must(err)
	check(strings.HasSuffix(result.ETag, `-20"`), result.ETag)
	head, err := standard.Object.Head(background, "上传/20 MiB", nil)
	must(err)
	equal(head.Header.Get("x-cos-hash-crc64ecma"), response.Header.Get("x-cos-hash-crc64ecma"))
	same(body("上传/20 MiB"), bytes20)
}

// Counts the requests of a kind, and breaks off those after a limit.
type meter struct {
	next    http.RoundTripper
	counted func(*http.Request) bool
	limit   int
	lock    sync.Mutex
	count   int
}

func (m *meter) RoundTrip(request *http.Request) (*http.Response, error) {
	if m.counted(request) {
		m.lock.Lock()
		m.count++
		over := m.limit > 0 && m.count > m.limit
		m.lock.Unlock()
		if over {
			return nil, errors.New("interrupted")
		}
	}
	return m.next.RoundTrip(request)
}

// A client whose requests of a kind are counted, with that meter.
func metered(limit int, counted func(*http.Request) bool) (*cos.Client, *meter) {
	through := &meter{limit: limit, counted: counted}
	return client(difference{through: func(next http.RoundTripper) http.RoundTripper {
		through.next = next
		return through
	}}), through
}

func isPart(request *http.Request) bool {
	return request.Method == "PUT" && request.URL.Query().Has("partNumber")
}

func isRange(request *http.Request) bool {
	return request.Method == "GET" && request.Header.Get("Range") != ""
}

func uploadResumed() {
	key, file := "upload-resumed", write("up", bytes20)
	options := &cos.MultiUploadOptions{PartSize: 2, ThreadPoolSize: 1, CheckPoint: true}
	broken, _ := metered(4, isPart)
	_, _, err := broken.Object.Upload(background, key, file, options)
	check(err != nil, "it was not interrupted")
	uploads, _, err := standard.Bucket.ListMultipartUploads(background, &cos.ListMultipartUploadsOptions{Prefix: key})
	must(err)
	equal(len(uploads.Uploads), 1)
	parts, _, err := standard.Object.ListParts(background, key, uploads.Uploads[0].UploadID, nil)
	must(err)
	equal(len(parts.Parts), 4)
	whole, sent := metered(0, isPart)
	_, _, err = whole.Object.Upload(background, key, file, options)
	must(err)
	equal(sent.count, 6)
	same(body(key), bytes20)
}

func download() {
	put("download", bytes20+"more")
	options := &cos.MultiDownloadOptions{PartSize: 2, ThreadPoolSize: 4}
	_, err := standard.Object.Download(background, "download", path("down"), options)
	must(err)
	same(readFile("down"), bytes20+"more")
}

func downloadResumed() {
	put("download", bytes20+"more")
	options := &cos.MultiDownloadOptions{PartSize: 2, ThreadPoolSize: 1, CheckPoint: true}
	broken, _ := metered(3, isRange)
	_, err := broken.Object.Download(background, "download", path("resumed"), options)
	check(err != nil, "it was not interrupted")
	whole, sent := metered(0, isRange)
	_, err = whole.Object.Download(background, "download", path("resumed"), options)
	must(err)
	equal(sent.count, 8)
	same(readFile("resumed"), bytes20+"more")
}

func source(key string) string {
	return hostOf(settings.Bucket) + "/" + url.PathEscape(key)
}

func copyObject() {
	meta := func(name, value string) *http.Header {
		headers := http.Header{}
		headers.Set(name, value)
		return &headers
	}
	put("原文/a b+c", "text", &cos.ObjectPutOptions{
		ObjectPutHeaderOptions: &cos.ObjectPutHeaderOptions{XCosMetaXXX: meta("x-cos-meta-colour", "blue")},
	})
	from := hostOf(settings.Bucket) + "/原文/a b+c"
	result, _, err := standard.Object.Copy(background, "copy", from, nil)
	must(err)
	equal(result.ETag, etag("text"))
	head, err := standard.Object.Head(background, "copy", nil)
	must(err)
	equal(head.Header.Get("x-cos-meta-colour"), "blue")
	_, _, err = standard.Object.Copy(background, "copy", from, &cos.ObjectCopyOptions{
		ObjectCopyHeaderOptions: &cos.ObjectCopyHeaderOptions{
			XCosMetadataDirective: "Replaced", XCosMetaXXX: meta("x-cos-meta-size", "2"),
		},
	})
	must(err)
	head, err = standard.Object.Head(background, "copy", nil)
	must(err)
	equal(head.Header.Get("x-cos-meta-colour"), "")
	equal(head.Header.Get("x-cos-meta-size"), "2")
	equal(body("copy"), "text")
	_, _, err = standard.Object.Copy(background, "copy", hostOf(settings.Bucket)+"/absent", nil)
	refused(404, "NoSuchCopySource", err)
}

// MultiCopy copies in parts what is over 5 GB; for less, its parts are made one by one.
func copyParts() {
	put("copy-source", bytes20)
	result, _, err := standard.Object.MultiCopy(background, "copy-whole", source("copy-source"), nil)
	must(err)
	equal(result.ETag, etag(bytes20))
	begun, _, err := standard.Object.InitiateMultipartUpload(background, "copy-parts", nil)
	must(err)
	complete := &cos.CompleteMultipartUploadOptions{}
	for number, bounds := range []string{"bytes=0-10485759", "bytes=10485760-20971519"} {
		part, _, err := standard.Object.CopyPart(
			background, "copy-parts", begun.UploadID, number+1, source("copy-source"),
			&cos.ObjectCopyPartOptions{XCosCopySourceRange: bounds},
		)
		must(err)
		complete.Parts = append(complete.Parts, cos.Object{PartNumber: number + 1, ETag: part.ETag})
	}
	_, _, err = standard.Object.CompleteMultipartUpload(background, "copy-parts", begun.UploadID, complete)
	must(err)
	same(body("copy-parts"), bytes20)
}

func appendObject() {
	next, _, err := standard.Object.Append(background, "append", 0, strings.NewReader("first "), nil)
	must(err)
	equal(next, 6)
	_, _, err = standard.Object.Append(background, "append", 6, strings.NewReader("second"), nil)
	must(err)
	equal(body("append"), "first second")
	_, _, err = standard.Object.Append(background, "append", 6, strings.NewReader("third"), nil)
	refused(409, "AppendPositionErr", err)
	put("normal", "text")
	_, _, err = standard.Object.Append(background, "normal", 4, strings.NewReader("more"), nil)
	refused(409, "ObjectNotAppendable", err)
}

func symlink() {
	put("symlink-目标", "text")
	options := &cos.ObjectPutSymlinkOptions{SymlinkTarget: "symlink-目标"}
	_, err := standard.Object.PutSymlink(background, "symlink", options)
	must(err)
	target, _, err := standard.Object.GetSymlink(background, "symlink", nil)
	must(err)
	if decoded, err := url.QueryUnescape(target); err == nil {
		target = decoded
	}
	equal(target, "symlink-目标")
	equal(body("symlink"), "text")
	_, _, err = standard.Object.GetSymlink(background, "absent", nil)
	refused(404, "NoSuchKey", err)
}

func restore() {
	put("restore", "text", &cos.ObjectPutOptions{
		ObjectPutHeaderOptions: &cos.ObjectPutHeaderOptions{XCosStorageClass: "ARCHIVE"},
	})
	_, err := bodyFrom(standard, "restore")
	refused(403, "InvalidObjectState", err)
	options := &cos.ObjectRestoreOptions{Days: 1, Tier: &cos.CASJobParameters{Tier: "Expedited"}}
	_, err = standard.Object.PostRestore(background, "restore", options)
	must(err)
	head, err := standard.Object.Head(background, "restore", nil)
	must(err)
	check(strings.Contains(head.Header.Get("x-cos-restore"), "ongoing-request="), "not restored")
	put("restore", "text")
	_, err = standard.Object.PostRestore(background, "restore", options)
	refused(405, "RestoreNonArchiveObject", err)
}

func sseC() {
	put := func(key string) *cos.ObjectPutHeaderOptions {
		sum := md5.Sum([]byte(key))
		return &cos.ObjectPutHeaderOptions{
			XCosSSECustomerAglo:   "AES256",
			XCosSSECustomerKey:    base64.StdEncoding.EncodeToString([]byte(key)),
			XCosSSECustomerKeyMD5: base64.StdEncoding.EncodeToString(sum[:]),
		}
	}
	get := func(key string) *cos.ObjectGetOptions {
		headers := put(key)
		return &cos.ObjectGetOptions{
			XCosSSECustomerAglo:   headers.XCosSSECustomerAglo,
			XCosSSECustomerKey:    headers.XCosSSECustomerKey,
			XCosSSECustomerKeyMD5: headers.XCosSSECustomerKeyMD5,
		}
	}
	right, wrong := strings.Repeat("0123456789abcdef", 2), strings.Repeat("another key here", 2)
	_, err := standard.Object.Put(background, "sse-c", strings.NewReader("text"),
		&cos.ObjectPutOptions{ObjectPutHeaderOptions: put(right)})
	must(err)
	response, err := standard.Object.Get(background, "sse-c", get(right))
	must(err)
	equal(read(response), "text")
	for _, other := range []*cos.ObjectGetOptions{get(wrong), nil} {
		_, err = standard.Object.Get(background, "sse-c", other)
		failed, ok := cos.IsCOSError(err)
		check(ok, "another key was accepted")
		check(failed.Response.StatusCode == 400 || failed.Response.StatusCode == 403, failed)
	}
}
