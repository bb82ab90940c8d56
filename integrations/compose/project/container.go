package project

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/moby/api/types/blkiodev"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// labels are Compose's own; docker compose finds its things by them.
const (
	projectLabel     = "com.docker.compose.project"
	workingDirLabel  = "com.docker.compose.project.working_dir"
	configFilesLabel = "com.docker.compose.project.config_files"
	networkLabel     = "com.docker.compose.network"
	volumeLabel      = "com.docker.compose.volume"
	dependsLabel     = "com.docker.compose.depends_on"
)

// container is what the engine is asked for in a service's name.
func (p *project) container(s types.ServiceConfig) (*config.Container, error) {
	c := &config.Container{
		Image: s.Image, Project: p.Name, Service: s.Name, Name: s.ContainerName, Healthy: true, Files: p.files, Pull: pull(s.PullPolicy), Platform: s.Platform,
		Labels: map[string]string{workingDirLabel: p.WorkingDir, configFilesLabel: strings.Join(p.files, ","), dependsLabel: depends(s)},
	}
	for _, f := range s.EnvFiles {
		c.Files = append(slices.Clip(c.Files), f.Path)
	}
	if c.Hash = hash(s); s.Build != nil {
		c.Build = build(s.Build)
		if c.Build.Platform == "" {
			c.Build.Platform = s.Platform
		}
		secrets, err := p.buildSecrets(s.Build)
		if err != nil {
			return nil, err
		}
		c.Build.Secrets, c.Build.Agents = secrets, agents(s.Build)
		if c.Image == "" {
			c.Image = p.Name + "-" + s.Name
		}
	}
	host := &container.HostConfig{
		CapAdd: s.CapAdd, CapDrop: s.CapDrop, DNSOptions: s.DNSOpts, DNSSearch: s.DNSSearch,
		ExtraHosts: s.ExtraHosts.AsList(":"), GroupAdd: s.GroupAdd, IpcMode: container.IpcMode(p.ref(s.Ipc)), OomScoreAdj: int(s.OomScoreAdj),
		PidMode: container.PidMode(p.ref(s.Pid)), Privileged: s.Privileged, ReadonlyRootfs: s.ReadOnly, SecurityOpt: s.SecurityOpt,
		StorageOpt: s.StorageOpt, UTSMode: container.UTSMode(s.Uts), UsernsMode: container.UsernsMode(s.UserNSMode), ShmSize: int64(s.ShmSize),
		Sysctls: s.Sysctls, Runtime: s.Runtime, Init: s.Init, Isolation: container.Isolation(s.Isolation), Annotations: s.Annotations,
		CgroupnsMode: container.CgroupnsMode(s.Cgroup), Resources: resources(s), PortBindings: network.PortMap{},
	}
	for _, d := range s.DNS {
		if a, err := netip.ParseAddr(d); err == nil {
			host.DNS = append(host.DNS, a)
		}
	}
	if s.Logging != nil {
		host.LogConfig = container.LogConfig{Type: s.Logging.Driver, Config: s.Logging.Options}
	}
	for _, t := range s.Tmpfs {
		at, options, _ := strings.Cut(t, ":")
		if host.Tmpfs == nil {
			host.Tmpfs = map[string]string{}
		}
		host.Tmpfs[at] = options
	}
	for _, from := range s.VolumesFrom {
		host.VolumesFrom = append(host.VolumesFrom, strings.TrimPrefix(p.ref("service:"+strings.TrimPrefix(from, "container:")), "container:"))
	}
	create := container.CreateRequest{
		Config: &container.Config{
			Hostname: s.Hostname, Domainname: s.DomainName, User: s.User, Tty: s.Tty, OpenStdin: s.StdinOpen, Env: environment(s.Environment),
			Cmd: []string(s.Command), Entrypoint: []string(s.Entrypoint), WorkingDir: s.WorkingDir, Labels: maps.Clone(map[string]string(s.Labels)),
			StopSignal: s.StopSignal, ExposedPorts: network.PortSet{}, Healthcheck: health(s.HealthCheck),
		},
		HostConfig: host,
	}
	if s.StopGracePeriod != nil {
		seconds := int(time.Duration(*s.StopGracePeriod).Seconds())
		create.StopTimeout = &seconds
	}
	if err := ports(s, create.Config, host); err != nil {
		return nil, err
	}
	if err := p.mounts(s, c, host); err != nil {
		return nil, err
	}
	p.networks(s, c, &create)
	maps.Copy(c.Labels, s.CustomLabels)
	raw, err := json.Marshal(create)
	if err != nil {
		return nil, err
	}
	c.Create = string(raw)
	return c, nil
}

// hash is what Compose calls the config hash of a service.
func hash(s types.ServiceConfig) string {
	s.Build, s.PullPolicy, s.Scale, s.DependsOn, s.Profiles = nil, "", nil, nil, nil
	if s.Deploy != nil {
		d := *s.Deploy
		d.Replicas = nil
		s.Deploy = &d
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

func depends(s types.ServiceConfig) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(s.DependsOn)) {
		d := s.DependsOn[name]
		all = append(all, fmt.Sprintf("%s:%s:%v", name, d.Condition, d.Restart))
	}
	return strings.Join(all, ",")
}

func pull(policy string) config.Pull {
	switch policy {
	case "always":
		return config.PullAlways
	case "never":
		return config.PullNever
	}
	return config.PullMissing
}

func build(b *types.BuildConfig) *config.Build {
	c := &config.Build{
		Platform: strings.Join(b.Platforms, ""),
		Context:  b.Context, Dockerfile: b.Dockerfile, Target: b.Target, Inline: b.DockerfileInline, NoCache: b.NoCache, Fresh: b.Pull,
		Network: b.Network, Hosts: b.ExtraHosts.AsList(":"), CacheFrom: b.CacheFrom, Tags: b.Tags, Args: map[string]string{}, Labels: b.Labels,
	}
	for k, v := range b.Args {
		switch {
		case v != nil:
			c.Args[k] = *v
		default:
			if value, ok := os.LookupEnv(k); ok {
				c.Args[k] = value
			}
		}
	}
	return c
}

// buildSecrets are the secrets that a build may read.
func (p *project) buildSecrets(b *types.BuildConfig) ([]config.BuildSecret, error) {
	var all []config.BuildSecret
	for _, ref := range b.Secrets {
		s := config.BuildSecret{ID: ref.Target}
		if s.ID == "" {
			s.ID = ref.Source
		}
		switch o := p.Secrets[ref.Source]; {
		case bool(o.External):
			return nil, fmt.Errorf("secret %s is external, which needs Swarm", ref.Source)
		case o.File != "":
			s.File = o.File
		default:
			s.Variable = o.Environment
		}
		all = append(all, s)
	}
	return all, nil
}

// agents are the ssh agents that a build may ask.
func agents(b *types.BuildConfig) []config.Agent {
	var all []config.Agent
	for _, key := range b.SSH {
		all = append(all, config.Agent{ID: key.ID, Socket: key.Path})
	}
	slices.SortFunc(all, func(a, b config.Agent) int { return strings.Compare(a.ID, b.ID) }) // the parser goes through a map
	return all
}

func environment(m types.MappingWithEquals) []string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if v := m[k]; v != nil {
			all = append(all, k+"="+*v)
		}
	}
	return all
}

func health(h *types.HealthCheckConfig) *container.HealthConfig {
	if h == nil {
		return nil
	}
	if h.Disable {
		return &container.HealthConfig{Test: []string{"NONE"}}
	}
	c := &container.HealthConfig{Test: h.Test}
	for from, to := range map[*types.Duration]*time.Duration{h.Interval: &c.Interval, h.Timeout: &c.Timeout, h.StartPeriod: &c.StartPeriod, h.StartInterval: &c.StartInterval} {
		if from != nil {
			*to = time.Duration(*from)
		}
	}
	if h.Retries != nil {
		c.Retries = int(*h.Retries)
	}
	return c
}

func resources(s types.ServiceConfig) container.Resources {
	r := container.Resources{
		CgroupParent: s.CgroupParent, Memory: int64(s.MemLimit), MemoryReservation: int64(s.MemReservation), MemorySwap: int64(s.MemSwapLimit),
		CPUCount: s.CPUCount, CPUPeriod: s.CPUPeriod, CPUQuota: s.CPUQuota, CPURealtimePeriod: s.CPURTPeriod, CPURealtimeRuntime: s.CPURTRuntime,
		CPUShares: s.CPUShares, NanoCPUs: int64(s.CPUS * 1e9), CPUPercent: int64(s.CPUPercent * 100), CpusetCpus: s.CPUSet,
		BlkioWeightDevice: []*blkiodev.WeightDevice{},
	}
	if s.PidsLimit != 0 {
		r.PidsLimit = &s.PidsLimit
	}
	if s.OomKillDisable {
		r.OomKillDisable = &s.OomKillDisable
	}
	if s.MemSwappiness != 0 {
		swappiness := int64(s.MemSwappiness)
		r.MemorySwappiness = &swappiness
	}
	if s.Deploy != nil && s.Deploy.Resources.Limits != nil {
		l := s.Deploy.Resources.Limits
		if l.MemoryBytes != 0 {
			r.Memory = int64(l.MemoryBytes)
		}
		if l.NanoCPUs != 0 {
			r.NanoCPUs = int64(float64(l.NanoCPUs) * 1e9)
		}
		if l.Pids != 0 {
			r.PidsLimit = &l.Pids
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Ulimits)) {
		u := s.Ulimits[name]
		soft, hard := int64(u.Soft), int64(u.Hard)
		if u.Single != 0 {
			soft, hard = int64(u.Single), int64(u.Single)
		}
		r.Ulimits = append(r.Ulimits, &container.Ulimit{Name: name, Soft: soft, Hard: hard})
	}
	for _, d := range s.Devices {
		r.Devices = append(r.Devices, container.DeviceMapping{PathOnHost: d.Source, PathInContainer: d.Target, CgroupPermissions: d.Permissions})
	}
	return r
}

func ports(s types.ServiceConfig, c *container.Config, host *container.HostConfig) error {
	for _, e := range s.Expose {
		text := e
		if !strings.Contains(text, "/") {
			text += "/tcp"
		}
		r, err := network.ParsePortRange(text)
		if err != nil {
			return fmt.Errorf("expose %s: %w", e, err)
		}
		for at := range r.All() {
			c.ExposedPorts[at] = struct{}{}
		}
	}
	for _, port := range s.Ports {
		proto := port.Protocol
		if proto == "" {
			proto = "tcp"
		}
		at, ok := network.PortFrom(uint16(port.Target), network.IPProtocol(proto))
		if !ok {
			return fmt.Errorf("port %d/%s is none", port.Target, proto)
		}
		c.ExposedPorts[at] = struct{}{}
		b := network.PortBinding{HostPort: port.Published}
		if port.HostIP != "" {
			ip, err := netip.ParseAddr(port.HostIP)
			if err != nil {
				return fmt.Errorf("ports: %w", err)
			}
			b.HostIP = ip
		}
		host.PortBindings[at] = append(host.PortBindings[at], b)
	}
	return nil
}

// ref turns "service:db" into the container of that service.
func (p *project) ref(mode string) string {
	name, ok := strings.CutPrefix(mode, "service:")
	if !ok {
		return mode
	}
	if s, known := p.Services[name]; known && s.ContainerName != "" {
		return "container:" + s.ContainerName
	}
	return "container:" + p.Name + "-" + name + "-1"
}

func (p *project) mounts(s types.ServiceConfig, c *config.Container, host *container.HostConfig) error {
	for _, v := range s.Volumes {
		switch v.Type {
		case types.VolumeTypeBind:
			if v.Bind != nil && bool(v.Bind.CreateHostPath) || v.Bind == nil {
				// As a bind, since the engine then makes a directory that is not there.
				text := v.Source + ":" + v.Target + ":rw"
				if v.ReadOnly {
					text = v.Source + ":" + v.Target + ":ro"
				}
				if v.Bind != nil && v.Bind.SELinux != "" {
					text += "," + v.Bind.SELinux
				}
				if v.Bind != nil && v.Bind.Propagation != "" {
					text += "," + v.Bind.Propagation
				}
				host.Binds = append(host.Binds, text)
				continue
			}
			host.Mounts = append(host.Mounts, mount.Mount{Type: mount.TypeBind, Source: v.Source, Target: v.Target, ReadOnly: v.ReadOnly})
		case types.VolumeTypeVolume:
			m := mount.Mount{Type: mount.TypeVolume, Target: v.Target, ReadOnly: v.ReadOnly}
			if v.Source != "" {
				declared := p.Volumes[v.Source]
				m.Source = declared.Name
				if !slices.ContainsFunc(c.Named, func(n config.NamedVolume) bool { return n.Key == v.Source }) {
					labels := maps.Clone(map[string]string(declared.Labels))
					if labels == nil {
						labels = map[string]string{}
					}
					labels[projectLabel], labels[volumeLabel] = p.Name, v.Source
					c.Named = append(c.Named, config.NamedVolume{
						Key: v.Source, Name: declared.Name, External: bool(declared.External), Driver: declared.Driver,
						DriverOpts: declared.DriverOpts, Labels: labels,
					})
				}
			}
			if v.Volume != nil {
				m.VolumeOptions = &mount.VolumeOptions{NoCopy: v.Volume.NoCopy, Subpath: v.Volume.Subpath}
			}
			host.Mounts = append(host.Mounts, m)
		case types.VolumeTypeTmpfs:
			m := mount.Mount{Type: mount.TypeTmpfs, Target: v.Target}
			if v.Tmpfs != nil {
				m.TmpfsOptions = &mount.TmpfsOptions{SizeBytes: int64(v.Tmpfs.Size), Mode: os.FileMode(v.Tmpfs.Mode)}
			}
			host.Mounts = append(host.Mounts, m)
		default:
			return fmt.Errorf("a volume of type %s is not supported", v.Type)
		}
	}
	for _, secret := range s.Secrets {
		target := secret.Target
		if target == "" {
			target = secret.Source
		}
		if !path.IsAbs(target) {
			target = "/run/secrets/" + target
		}
		if err := p.file("secret", types.FileObjectConfig(p.Secrets[secret.Source]), types.FileReferenceConfig(secret), target, c, host); err != nil {
			return err
		}
	}
	for _, conf := range s.Configs {
		target := conf.Target
		if target == "" {
			target = "/" + conf.Source
		}
		if err := p.file("config", types.FileObjectConfig(p.Configs[conf.Source]), types.FileReferenceConfig(conf), target, c, host); err != nil {
			return err
		}
	}
	return nil
}

// file gives a config or a secret to a container: a file of this machine is
// mounted, anything else is put there before it starts.
func (p *project) file(what string, o types.FileObjectConfig, ref types.FileReferenceConfig, target string, c *config.Container, host *container.HostConfig) error {
	mode := int64(0o444)
	if ref.Mode != nil {
		mode = int64(*ref.Mode)
	}
	switch {
	case bool(o.External):
		return fmt.Errorf("%s %s is external, which needs Swarm", what, ref.Source)
	case o.File != "":
		host.Mounts = append(host.Mounts, mount.Mount{Type: mount.TypeBind, Source: o.File, Target: target, ReadOnly: true})
	case o.Environment != "":
		c.Inject = append(c.Inject, config.Injected{Path: target, Variable: o.Environment, Mode: mode})
	default:
		c.Inject = append(c.Inject, config.Injected{Path: target, Content: o.Content, Mode: mode})
	}
	return nil
}

func (p *project) networks(s types.ServiceConfig, c *config.Container, create *container.CreateRequest) {
	if s.NetworkMode != "" {
		create.HostConfig.NetworkMode = container.NetworkMode(p.ref(s.NetworkMode))
		return
	}
	// The one of the highest priority is the first.
	names := slices.Sorted(maps.Keys(s.Networks))
	slices.SortStableFunc(names, func(a, b string) int { return priority(s.Networks[b]) - priority(s.Networks[a]) })
	create.NetworkingConfig = &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{}}
	for i, key := range names {
		n, at := p.Networks[key], s.Networks[key]
		labels := maps.Clone(map[string]string(n.Labels))
		if labels == nil {
			labels = map[string]string{}
		}
		labels[projectLabel], labels[networkLabel] = p.Name, key
		o := client.NetworkCreateOptions{
			Driver: n.Driver, Options: n.DriverOpts, Internal: n.Internal, Attachable: n.Attachable, Labels: labels, EnableIPv4: n.EnableIPv4, EnableIPv6: n.EnableIPv6,
		}
		if len(n.Ipam.Config) > 0 || n.Ipam.Driver != "" {
			o.IPAM = ipam(n.Ipam)
		}
		raw, err := json.Marshal(o)
		if err != nil {
			continue // strings, numbers and maps of them only
		}
		c.Networks = append(c.Networks, config.Network{Key: key, Name: n.Name, External: bool(n.External), Create: string(raw)})
		e := &network.EndpointSettings{Aliases: []string{s.Name}}
		for _, link := range s.Links {
			service, alias, given := strings.Cut(link, ":")
			if given {
				e.Links = append(e.Links, strings.TrimPrefix(p.ref("service:"+service), "container:")+":"+alias)
			}
		}
		if at != nil {
			e.Aliases = append(e.Aliases, at.Aliases...)
			e.DriverOpts = at.DriverOpts
			e.IPAMConfig = addresses(at)
		}
		if i == 0 {
			create.HostConfig.NetworkMode = container.NetworkMode(n.Name)
		}
		create.NetworkingConfig.EndpointsConfig[n.Name] = e
	}
	if len(names) == 0 {
		create.HostConfig.NetworkMode, create.NetworkingConfig = "none", nil
	}
}

func priority(n *types.ServiceNetworkConfig) int {
	if n == nil {
		return 0
	}
	return n.Priority
}

func addresses(at *types.ServiceNetworkConfig) *network.EndpointIPAMConfig {
	c := &network.EndpointIPAMConfig{}
	c.IPv4Address, _ = netip.ParseAddr(at.Ipv4Address)
	c.IPv6Address, _ = netip.ParseAddr(at.Ipv6Address)
	if !c.IPv4Address.IsValid() && !c.IPv6Address.IsValid() {
		return nil
	}
	return c
}

func ipam(from types.IPAMConfig) *network.IPAM {
	to := &network.IPAM{Driver: from.Driver}
	for _, pool := range from.Config {
		c := network.IPAMConfig{}
		c.Subnet, _ = netip.ParsePrefix(pool.Subnet)
		c.Gateway, _ = netip.ParseAddr(pool.Gateway)
		c.IPRange, _ = netip.ParsePrefix(pool.IPRange)
		to.Config = append(to.Config, c)
	}
	return to
}
