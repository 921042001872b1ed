package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	cos "github.com/tencentyun/cos-go-sdk-v5"
)

func insideAlone(temporary *cos.Client) {
	for _, key := range []string{"inside/a", "inside/b c"} {
		_, err := temporary.Object.Put(background, key, strings.NewReader("text"), nil)
		must(err)
		said, err := bodyFrom(temporary, key)
		must(err)
		equal(said, "text")
	}
	for _, key := range []string{"outside", "insider", "inside"} {
		_, err := temporary.Object.Put(background, key, strings.NewReader("text"), nil)
		refused(403, "AccessDenied", err)
	}
	_, err := temporary.Object.Delete(background, "inside/a")
	refused(403, "AccessDenied", err)
}

func stsAPI() {
	for _, keys := range ofSTSAPI() {
		insideAlone(keys.client())
	}
}

func (k keys) presigned(method, key string) string {
	options := &cos.PresignedURLOptions{Query: &url.Values{"x-cos-security-token": {k.token}}}
	address, err := k.client().Object.GetPresignedURL(
		background, method, key, k.id, k.key, 24*time.Hour, options,
	)
	must(err)
	return address.String()
}

func stsPresigned() {
	port, keys := settings.STS.Port, ofSTS()
	equal(plainTo(port, "PUT", keys.presigned("PUT", "inside/p"), "text").status, 200)
	equal(plainTo(port, "GET", keys.presigned("GET", "inside/p"), "").body, "text")
	equal(plainTo(port, "PUT", keys.presigned("PUT", "outside"), "text").status, 403)
}

func advance(by string) {
	address := fmt.Sprintf("http://127.0.0.1:%d/clock", settings.STS.Control)
	body := strings.NewReader(fmt.Sprintf(`{"advance":"%s"}`, by))
	direct := &http.Client{Transport: &http.Transport{}}
	response, err := direct.Post(address, "application/json", body)
	must(err)
	response.Body.Close()
	equal(response.StatusCode, 200)
}

func stsEnded() {
	keys := ofSTS()
	address := keys.presigned("PUT", "inside/e")
	insideAlone(keys.client())
	advance("1801s")
	defer advance("-1801s")
	_, err := keys.client().Object.Put(background, "inside/e", strings.NewReader("text"), nil)
	refused(403, "InvalidAccessKeyId", err)
	answer := plainTo(settings.STS.Port, "PUT", address, "text")
	equal(answer.status, 403)
	check(strings.Contains(answer.body, "<Code>InvalidAccessKeyId</Code>"), answer.body)
}
