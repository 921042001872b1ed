package main

import (
	"context"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strings"

	cos "github.com/tencentyun/cos-go-sdk-v5"
)

var settings struct {
	Port          int
	TemporaryPort int    `json:"temporary_port"`
	SecretID      string `json:"secret_id"`
	SecretKey     string `json:"secret_key"`
	Token         string
	STS           struct {
		Port    int
		Calls   int
		Control int
		Policy  json.RawMessage
	}
	Bucket  string
	Region  string
	Folder  string
	Keys    []string
	DotKeys []string `json:"dot_keys"`
}

var _ = json.Unmarshal([]byte(os.Getenv("CONFORMANCE")), &settings)

var background = context.Background()

func hostOf(bucket string) string {
	return fmt.Sprintf("%s.cos.%s.myqcloud.com", bucket, settings.Region)
}

// What a client differs in from the ordinary one.
type difference struct {
	bucket, id, key, token string
	port                   int
	anonymous              bool
	through                func(http.RoundTripper) http.RoundTripper
}

func or(given, otherwise string) string {
	if given != "" {
		return given
	}
	return otherwise
}

func client(d difference) *cos.Client {
	if d.port == 0 {
		d.port = settings.Port
	}
	proxy := &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", d.port)}
	var transport http.RoundTripper = &http.Transport{Proxy: http.ProxyURL(proxy)}
	if d.through != nil {
		transport = d.through(transport)
	}
	if !d.anonymous {
		transport = &cos.AuthorizationTransport{
			SecretID:     or(d.id, settings.SecretID),
			SecretKey:    or(d.key, settings.SecretKey),
			SessionToken: d.token,
			Transport:    transport,
		}
	}
	bucket := &url.URL{Scheme: "http", Host: hostOf(or(d.bucket, settings.Bucket))}
	service := &url.URL{Scheme: "http", Host: "service.cos.myqcloud.com"}
	return cos.NewClient(
		&cos.BaseURL{BucketURL: bucket, ServiceURL: service}, &http.Client{Transport: transport},
	)
}

var standard = client(difference{})

type answer struct {
	status  int
	headers http.Header
	body    string
}

// A request by a client that knows nothing of COS; the path goes out to the letter.
func plainTo(port int, method, address, body string, headers ...string) answer {
	request, err := http.NewRequest(method, address, strings.NewReader(body))
	must(err)
	for ; len(headers) > 0; headers = headers[2:] {
		request.Header.Set(headers[0], headers[1])
	}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, fmt.Sprintf("127.0.0.1:%d", port))
		},
		DisableKeepAlives: true,
	}
	response, err := transport.RoundTrip(request)
	must(err)
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	must(err)
	return answer{response.StatusCode, response.Header, string(said)}
}

func plain(method, address, body string, headers ...string) answer {
	return plainTo(settings.Port, method, address, body, headers...)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func check(holds bool, what ...interface{}) {
	if !holds {
		panic(fmt.Sprint(append([]interface{}{"it does not hold: "}, what...)...))
	}
}

func equal(found, expected interface{}) {
	if !reflect.DeepEqual(found, expected) {
		panic(fmt.Sprintf("expected %#v, got %#v", expected, found))
	}
}

func refused(status int, code string, err error) *cos.ErrorResponse {
	if err == nil {
		panic(fmt.Sprintf("expected %d %s, it was accepted", status, code))
	}
	response, ok := cos.IsCOSError(err)
	check(ok, err)
	equal([]interface{}{response.Response.StatusCode, response.Code}, []interface{}{status, code})
	return response
}

func put(key, body string, options ...*cos.ObjectPutOptions) *cos.Response {
	var given *cos.ObjectPutOptions
	if len(options) > 0 {
		given = options[0]
	}
	response, err := standard.Object.Put(background, key, strings.NewReader(body), given)
	must(err)
	return response
}

func read(response *cos.Response) string {
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	must(err)
	return string(said)
}

func bodyFrom(from *cos.Client, key string, id ...string) (string, error) {
	response, err := from.Object.Get(background, key, nil, id...)
	if err != nil {
		return "", err
	}
	return read(response), nil
}

func body(key string, id ...string) string {
	said, err := bodyFrom(standard, key, id...)
	must(err)
	return said
}

func exists(key string) bool {
	there, err := standard.Object.IsExist(background, key)
	must(err)
	return there
}

func etag(body string) string {
	return fmt.Sprintf("%q", fmt.Sprintf("%x", md5.Sum([]byte(body))))
}
