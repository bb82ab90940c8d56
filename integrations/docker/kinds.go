package docker

import "github.com/sawhorse-dev/sawhorse/tasks"

// The kinds of resource.
const (
	containerKind = "container"
	imageKind     = "image"
	volumeKind    = "volume"
)

// The operations, and the queries that tabs and questions ask.
const (
	opStart   = "start"
	opStop    = "stop"
	opRestart = "restart"
	opPause   = "pause"
	opUnpause = "unpause"
	opKill    = "kill"
	opRemove  = "remove"
	opPrune   = "prune"

	infoQuery    = "info"
	topQuery     = "top"
	healthQuery  = "health"
	inspectQuery = "inspect"
	layersQuery  = "layers"
	pruneQuery   = "prune.preview"
	removeQuery  = "remove.preview"
)

// Kinds are the sorts of resources that an engine has.
func (p *Provider) Kinds() []tasks.Kind {
	return []tasks.Kind{
		{
			Name: containerKind, Title: "CONTAINERS", Usage: true, Terminal: true,
			Unused: "There are no containers. `image:` or `build:` in a service makes one, and so does `docker run`.",
			Operations: []tasks.Operation{
				{Name: opStart, Title: "Start", Key: "s"},
				{Name: opStop, Title: "Stop", Key: "s"},
				{Name: opRestart, Title: "Restart", Key: "r"},
				{Name: opPause, Title: "Pause", Key: "p"},
				{Name: opUnpause, Title: "Resume", Key: "p"},
				{
					Name: opKill, Title: "Kill", Key: "K", Dangerous: true,
					Confirm: "Sends KILL to {name}: it can't clean up behind itself.",
				},
				{
					Name: opRemove, Title: "Remove", Key: "X", Dangerous: true, Preview: removeQuery,
					Confirm: "Removes the container {name} and all that was written inside of it. Volumes with names stay.",
				},
				{
					Name: opPrune, Title: "Remove all stopped containers", Key: "P", Dangerous: true, Whole: true, Preview: pruneQuery,
					Confirm: "Removes every container that is not running, of all projects on this engine. They are listed below.",
				},
			},
			Views: []tasks.View{
				{Title: "Info", Query: infoQuery},
				{Title: "Top", Query: topQuery, Every: 2},
				{Title: "Health", Query: healthQuery},
				{Title: "Inspect", Query: inspectQuery},
			},
		},
		{
			Name: imageKind, Title: "IMAGES", Unused: "There are no images on this engine.",
			Operations: []tasks.Operation{
				{
					Name: opRemove, Title: "Remove", Key: "X", Dangerous: true,
					Confirm: "Removes the image {name}. It is pulled or built anew when something needs it.",
				},
				{
					Name: opPrune, Title: "Remove all images without a name", Key: "P", Dangerous: true, Whole: true, Preview: pruneQuery,
					Confirm: "Removes images that have no name and that no container uses. They are listed below.",
				},
			},
			Views: []tasks.View{{Title: "Info", Query: infoQuery}, {Title: "Layers", Query: layersQuery}, {Title: "Inspect", Query: inspectQuery}},
		},
		{
			Name: volumeKind, Title: "VOLUMES", Unused: "There are no volumes on this engine.",
			Operations: []tasks.Operation{
				{
					Name: opRemove, Title: "Remove", Key: "X", Dangerous: true,
					Confirm: "Removes the volume {name} with all data in it. It can't be brought back.",
				},
				{
					Name: opPrune, Title: "Remove all unused volumes", Key: "P", Dangerous: true, Whole: true, Preview: pruneQuery,
					Confirm: "Removes every volume that no container uses, with all data in them. It can't be brought back. They are listed below.",
				},
			},
			Views: []tasks.View{{Title: "Info", Query: infoQuery}, {Title: "Inspect", Query: inspectQuery}},
		},
	}
}
