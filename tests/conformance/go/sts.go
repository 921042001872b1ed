package main

import (
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	api "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/sts/v20180813"
	cos "github.com/tencentyun/cos-go-sdk-v5"
	sts "github.com/tencentyun/qcloud-cos-sts-sdk/go"
)

// Temporary keys.
type keys struct {
	id, key, token string
}

func (k keys) client() *cos.Client {
	return client(difference{id: k.id, key: k.key, token: k.token, port: settings.STS.Port})
}

func callsTo() string {
	return fmt.Sprintf("127.0.0.1:%d", settings.STS.Calls)
}

// Keys from qcloud-cos-sts-sdk.
func ofSTS() keys {
	asking := sts.NewClient(
		settings.SecretID, settings.SecretKey, nil, sts.Host(callsTo()), sts.Scheme("http"),
	)
	policy := &sts.CredentialPolicy{}
	must(json.Unmarshal(settings.STS.Policy, policy))
	options := &sts.CredentialOptions{Policy: policy, Region: settings.Region, DurationSeconds: 1800}
	issued, err := asking.GetCredential(options)
	must(err)
	equal(issued.ExpiredTime-issued.StartTime, 1800)
	options.DurationSeconds = 7201
	_, err = asking.GetCredential(options)
	refusal, ok := err.(*sts.CredentialError)
	check(ok, err)
	equal(refusal.Code, "InvalidParameter.OverTimeError")
	return keys{issued.Credentials.TmpSecretID, issued.Credentials.TmpSecretKey, issued.Credentials.SessionToken}
}

// Keys from tencentcloud-sdk-go with each of its signatures.
func ofSTSAPI() []keys {
	var all []keys
	for _, method := range []string{"TC3-HMAC-SHA256", "HmacSHA1", "HmacSHA256"} {
		settled := profile.NewClientProfile()
		settled.SignMethod = method
		settled.HttpProfile.Scheme = "http"
		settled.HttpProfile.Endpoint = callsTo()
		credential := common.NewCredential(settings.SecretID, settings.SecretKey)
		asking, err := api.NewClient(credential, settings.Region, settled)
		must(err)
		request := api.NewGetFederationTokenRequest()
		request.Name = common.StringPtr("conformance")
		request.Policy = common.StringPtr(url.QueryEscape(string(settings.STS.Policy)))
		request.DurationSeconds = common.Uint64Ptr(1800)
		issued, err := asking.GetFederationToken(request)
		must(err)
		given := issued.Response.Credentials
		all = append(all, keys{*given.TmpSecretId, *given.TmpSecretKey, *given.Token})
		caller, err := asking.GetCallerIdentity(api.NewGetCallerIdentityRequest())
		must(err)
		equal(*caller.Response.Type, "CAMUser")
		request.DurationSeconds = common.Uint64Ptr(7201)
		_, err = asking.GetFederationToken(request)
		refusal, ok := err.(*errors.TencentCloudSDKError)
		check(ok, err)
		equal(refusal.Code, "InvalidParameter.OverTimeError")
	}
	return all
}
