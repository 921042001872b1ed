// Drives cos-go-sdk-v5, configured as its documentation shows, by way of a proxy: the endpoint itself.
package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	cos "github.com/tencentyun/cos-go-sdk-v5"
)

type notOffered string

type operation struct {
	name string
	test func()
}

func say(what map[string]string) {
	line, _ := json.Marshal(what)
	fmt.Println(string(line))
}

// Where a test failed, of the call stack in a panic.
func place() string {
	for depth := 2; depth < 20; depth++ {
		_, file, line, ok := runtime.Caller(depth)
		name := file[strings.LastIndex(file, "/")+1:]
		if ok && (name == "objects.go" || name == "temporary_keys.go" || name == "sts.go" || name == "transfers.go" || name == "configurations.go") {
			return fmt.Sprintf("%s:%d: ", name, line)
		}
	}
	return ""
}

func run(operation operation) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
			say(map[string]string{"operation": operation.name, "result": "pass"})
		case notOffered:
			say(map[string]string{
				"operation": operation.name, "result": "not offered", "detail": string(cause),
			})
		default:
			detail := fmt.Sprintf("%s%v", place(), cause)
			if len(detail) > 600 {
				detail = detail[:600]
			}
			say(map[string]string{"operation": operation.name, "result": "fail", "detail": detail})
		}
	}()
	operation.test()
}

// The version of the module whose path ends so.
func module(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if strings.HasSuffix(module.Path, path) {
				return strings.TrimPrefix(module.Version, "v")
			}
		}
	}
	return "of an unknown version"
}

func main() {
	say(map[string]string{
		"sdk":     "cos-go-sdk-v5",
		"version": strings.TrimPrefix(cos.Version, "v"),
		"runtime": "Go " + strings.TrimPrefix(runtime.Version(), "go"),
		"sts":     "qcloud-cos-sts-sdk " + module("qcloud-cos-sts-sdk") + ", tencentcloud-sdk-go/tencentcloud/sts " + module("tencentcloud/sts"),
	})
	for _, operations := range [][]operation{objects, transfers, configurations} {
		for _, operation := range operations {
			run(operation)
		}
	}
}
