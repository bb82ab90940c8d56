package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// supported are the keys of a service that are brought up here.
func supported() []string {
	return strings.Fields(`
annotations attach build cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count cpu_percent
cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpus cpu_shares cpuset depends_on deploy develop devices dns dns_opt
dns_search domainname entrypoint env_file environment expose extends extra_hosts group_add healthcheck hostname image
init ipc isolation labels label_file links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit
network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports privileged profiles pull_policy read_only
restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs
tty ulimits user userns_mode uts volumes volumes_from working_dir`)
}

// supportedBuild are those of build: which the engine's own builder does.
func supportedBuild() []string {
	return strings.Fields(`
args cache_from context dockerfile dockerfile_inline extra_hosts labels network no_cache platforms pull secrets ssh
tags target`)
}

// unsupported names every key that says what can't be done here, with its place.
func (p *project) unsupported() config.Problems {
	var all config.Problems
	say := func(file string, line int, what, hint string) {
		all = append(all, config.Problem{Pos: config.Position{File: p.rel(file), Line: line, Column: 1}, Length: 1, Message: what, Hint: hint})
	}
	const hint = "remove it, or write via: cli, which hands the file to docker compose"
	for _, file := range p.files {
		for _, s := range p.texts[file].Get("services").Entries {
			for _, e := range s.Value.Entries {
				if strings.HasPrefix(e.Key, "x-") || e.Key == "<<" {
					continue
				}
				if !slices.Contains(supported(), e.Key) {
					say(file, e.Line, fmt.Sprintf("%s of the service %s is not supported", e.Key, s.Key), hint)
				}
				if e.Key == "build" {
					for _, b := range e.Value.Entries {
						if b.Key == "platforms" && len(b.Value.Items) > 1 {
							say(file, b.Line, fmt.Sprintf("build.platforms of the service %s: an engine builds for one platform at a time", s.Key), hint)
						}
						if !slices.Contains(supportedBuild(), b.Key) && !strings.HasPrefix(b.Key, "x-") && b.Key != "<<" {
							say(file, b.Line, fmt.Sprintf("build.%s of the service %s is not supported", b.Key, s.Key), hint)
						}
					}
				}
			}
		}
	}
	return all
}
