module github.com/sawhorse-dev/sawhorse/integrations/github/githubtest/testdata/gitea

go 1.26

require (
	code.gitea.io/actions-proto-go v0.4.1
	connectrpc.com/connect v1.19.1
	github.com/goccy/go-yaml v1.19.2
	google.golang.org/protobuf v1.36.11
)
