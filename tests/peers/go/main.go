// The official Go SDK's side of `make bench-sign`: answers one line of JSON with one, as tests/python/bench.py says.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	cos "github.com/tencentyun/cos-go-sdk-v5"
)

type description struct {
	Name          string
	Authorization bool
	Arguments     struct {
		Method, Bucket  string
		Params, Headers map[string]string
		Expired         int64
	}
	Keys      []string
	Region    string
	SecretID  string `json:"secret_id"`
	SecretKey string `json:"secret_key"`
}

type workload struct {
	call func(key string) string
	keys []string
}

func prepare(of description) workload {
	given := of.Arguments
	base, err := url.Parse("https://" + given.Bucket + ".cos." + of.Region + ".myqcloud.com")
	check(err)
	client := cos.NewClient(&cos.BaseURL{BucketURL: base}, nil)
	expires := time.Duration(given.Expired) * time.Second
	params, headers := url.Values{}, http.Header{}
	for name, value := range given.Params {
		params.Set(name, value)
	}
	for name, value := range given.Headers {
		headers.Set(name, value)
	}
	options := &cos.PresignedURLOptions{Query: &params, Header: &headers}
	presigned := func(key string) string {
		url, err := client.Object.GetPresignedURL(
			context.Background(), given.Method, key, of.SecretID, of.SecretKey, expires, options)
		check(err)
		return url.String()
	}
	authorization := func(key string) string {
		request, err := http.NewRequest(given.Method, base.String()+"/"+key, nil)
		check(err)
		request.Header = headers.Clone()
		request.Header.Set("Host", base.Host)
		auth := cos.NewAuthTime(expires)
		cos.AddAuthorizationHeader(of.SecretID, of.SecretKey, "", request, auth)
		return request.Header.Get("Authorization")
	}
	if of.Authorization {
		return workload{authorization, of.Keys}
	}
	return workload{presigned, of.Keys}
}

func spent() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
}

func measure(of workload, seconds float64) any {
	start := spent()
	for urls := len(of.keys); ; urls += len(of.keys) {
		for _, key := range of.keys {
			of.call(key)
		}
		if now := spent() - start; now >= seconds {
			return map[string]any{"urls": urls, "seconds": now}
		}
	}
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/tencentyun/cos-go-sdk-v5" {
			return "cos-go-sdk-v5 " + module.Version + ", " + runtime.Version()
		}
	}
	return "cos-go-sdk-v5, " + runtime.Version()
}

func main() {
	workloads := map[string]workload{}
	lines, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var request struct {
			Do, Name, Key string
			Seconds       float64
			Workload      description
		}
		check(json.Unmarshal(lines.Bytes(), &request))
		var answer any = map[string]string{}
		switch request.Do {
		case "version":
			answer = map[string]string{"version": version()}
		case "prepare":
			workloads[request.Workload.Name] = prepare(request.Workload)
		case "output":
			answer = map[string]string{"output": workloads[request.Name].call(request.Key)}
		case "measure":
			answer = measure(workloads[request.Name], request.Seconds)
		}
		check(out.Encode(answer))
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
